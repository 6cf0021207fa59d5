use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cookie::Cookie;
use http::{HeaderName, HeaderValue};
use tokio_util::sync::CancellationToken;

use crate::{App, Principal, ReplyHead, RequestHead, StateKey, Uploads};

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

    /// Returns the request's cookie with this name, as [`RequestHead::cookie`] does.
    ///
    /// Its value is what the client sent: check it before you rely on it.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<Cookie<'_>> {
        self.head.cookie(name)
    }

    /// Adds a cookie to the reply. Its value is percent-encoded; its name must be a token (RFC 9110,
    /// section 5.6.2), or the cookie is left out and an error is logged.
    ///
    /// A cookie that is worthless later, such as that of a session, needs [`forbid_replay`](Self::forbid_replay).
    ///
    /// A batch has no cookies: it answers while its calls still run. Set them in mutations, which
    /// are never batched.
    pub fn set_cookie(&self, cookie: Cookie<'static>) {
        self.reply().cookies.push(cookie);
    }

    /// Forbids storing the reply for later requests with the same `Idempotency-Key`.
    ///
    /// The call then runs again for such a request, as after a failure. Use it for a reply that opens or
    /// ends a session: its cookie may be worthless minutes later. Requests that already wait for the
    /// reply still get it.
    pub fn forbid_replay(&self) {
        self.reply().forbids_replay = true;
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
