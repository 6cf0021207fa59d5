use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use cookie::Cookie;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, request};
use tokio_util::sync::CancellationToken;

use crate::{App, Principal, StateKey, Uploads};

/// The context of one call: who makes it, with what, and what goes back besides the output.
pub struct Cx {
    app: App,
    principal: Principal,
    head: Arc<RequestHead>,
    uploads: Uploads,
    reply: Mutex<ReplyHead>,
}

impl Cx {
    /// The context of a call to `app` that `principal` makes with the request `head`.
    #[must_use]
    pub fn new(app: App, principal: Principal, head: Arc<RequestHead>) -> Self {
        Self {
            app,
            principal,
            head,
            uploads: Uploads::default(),
            reply: Mutex::default(),
        }
    }

    /// Adds the files that came with the call. They exist at least as long as the context.
    #[must_use]
    pub fn with_uploads(mut self, uploads: Uploads) -> Self {
        self.uploads = uploads;
        self
    }

    /// The files that came with the call, for a function that decodes a part of its input by itself.
    /// What it takes as an [`Upload`](crate::Upload) is decoded already.
    #[must_use]
    pub fn uploads(&self) -> &Uploads {
        &self.uploads
    }

    /// The app that was called, to call further functions of it.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Who makes the call.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The application state of the type `T`.
    ///
    /// What the body of a `#[client]` function asks for by type (`cx.state::<Db>()`) is required
    /// when the app is built. That misses a type that is inferred (`let db: &Db = cx.state()`),
    /// what other functions ask for with the `cx` that they are given, and bodies with items of
    /// their own (`use`, `struct`).
    ///
    /// # Panics
    ///
    /// When the registry was given no state of this type. Dispatch answers that with an internal
    /// error; use [`try_state`](Self::try_state) where the state is optional.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> &T {
        match self.try_state() {
            Some(state) => state,
            None => panic!(
                "there is no state of the type `{}`: add it with `Registry::state(..)`",
                StateKey::of::<T>().type_name()
            ),
        }
    }

    /// The application state of the type `T`, if there is any.
    #[must_use]
    pub fn try_state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.app.state()
    }

    /// The head of the request. Empty for a call that came without HTTP.
    #[must_use]
    pub fn head(&self) -> &RequestHead {
        &self.head
    }

    /// The request's cookie of this name.
    ///
    /// Its value is what the client sent: whoever reads it checks it.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<Cookie<'_>> {
        self.head.cookie(name)
    }

    /// Adds a cookie to the reply.
    ///
    /// A batch has no cookies: it answers while its calls still run. Set them in mutations, which
    /// are never batched.
    pub fn set_cookie(&self, cookie: Cookie<'static>) {
        self.reply().cookies.push(cookie);
    }

    /// Sets a header of the reply; like cookies, not in a batch.
    pub fn set_header(&self, name: HeaderName, value: HeaderValue) {
        self.reply().headers.insert(name, value);
    }

    /// Names a query or context that this call makes stale, besides those that the function
    /// declares with `affects`.
    pub fn affects(&self, name: impl Into<Cow<'static, str>>) {
        self.reply().affects.push(name.into());
    }

    /// Cancelled once nobody waits for the answer any more: the client went away or the deadline
    /// passed. A query is dropped then; a mutation runs on, and work that it gave away can watch
    /// this.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        self.head.cancellation()
    }

    pub(crate) fn into_reply(self) -> ReplyHead {
        self.reply
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn reply(&self) -> MutexGuard<'_, ReplyHead> {
        self.reply.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cx")
            .field("principal", &self.principal)
            .field("head", &self.head)
            .finish_non_exhaustive()
    }
}

/// What came before the body of a request.
pub struct RequestHead {
    parts: request::Parts,
    client_addr: Option<IpAddr>,
    for_page: bool,
    cancellation: OnceLock<CancellationToken>,
}

impl RequestHead {
    /// A head out of `http`'s parts; `client_addr` is where the request really came from, which
    /// behind a proxy is not the peer of the connection.
    #[must_use]
    pub fn new(parts: request::Parts, client_addr: Option<IpAddr>) -> Self {
        Self {
            parts,
            client_addr,
            for_page: false,
            cancellation: OnceLock::new(),
        }
    }

    /// Says that the request asks for a page, and that calls are made while the page is rendered.
    #[must_use]
    pub fn for_page(mut self) -> Self {
        self.for_page = true;
        self
    }

    /// The path and the query of the page that the call is made for. Nothing for a call that is a
    /// request by itself.
    #[must_use]
    pub fn page(&self) -> Option<&str> {
        let path = self.uri().path_and_query()?;
        self.for_page.then_some(path.as_str())
    }

    /// The head of a call that comes without HTTP.
    #[must_use]
    pub fn empty() -> Self {
        let (parts, ()) = http::Request::new(()).into_parts();
        Self::new(parts, None)
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.parts.method
    }

    /// The URI as it was asked for.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.parts.uri
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// What servers and middleware attached to the request.
    #[must_use]
    pub fn extensions(&self) -> &http::Extensions {
        &self.parts.extensions
    }

    /// The address of the client, where the server knows it.
    #[must_use]
    pub fn client_addr(&self) -> Option<IpAddr> {
        self.client_addr
    }

    /// The cookie of this name; the first, where the client sent several.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<Cookie<'_>> {
        self.headers()
            .get_all(http::header::COOKIE)
            .into_iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(Cookie::split_parse_encoded)
            .filter_map(Result::ok)
            .find(|cookie| cookie.name() == name)
    }

    /// Cancelled once nobody waits for the answer any more.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        self.cancellation.get_or_init(CancellationToken::new)
    }
}

/// The head of another call that came with the same request, as in a batch: what it carries is the
/// same, and it is cancelled by itself.
impl Clone for RequestHead {
    fn clone(&self) -> Self {
        Self {
            for_page: self.for_page,
            ..Self::new(self.parts.clone(), self.client_addr)
        }
    }
}

/// The request line alone: headers hold cookies and tokens.
impl fmt::Debug for RequestHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.parts.method, self.parts.uri.path())
    }
}

/// What goes back besides the output of a call.
#[derive(Default)]
pub struct ReplyHead {
    /// Cookies to set.
    pub cookies: Vec<Cookie<'static>>,
    /// Headers to set.
    pub headers: HeaderMap,
    /// What the call made stale, besides what its function declares.
    pub affects: Vec<Cow<'static, str>>,
}

/// The names of cookies and headers without their values, which may be secrets.
impl fmt::Debug for ReplyHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cookies: Vec<_> = self.cookies.iter().map(Cookie::name).collect();
        let headers: Vec<_> = self.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("ReplyHead")
            .field("cookies", &cookies)
            .field("headers", &headers)
            .field("affects", &self.affects)
            .finish()
    }
}
