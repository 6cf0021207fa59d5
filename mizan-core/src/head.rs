use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::OnceLock;

use cookie::Cookie;
use http::{HeaderMap, HeaderName, Method, Uri, request};
use tokio_util::sync::CancellationToken;

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
#[derive(Clone, Default)]
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
