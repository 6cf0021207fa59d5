//! The context of a call.

use std::fmt;
use std::sync::Arc;

use cookie::Cookie;
use http::{HeaderName, HeaderValue};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::background::{BackgroundWork, RunsAfter};
use crate::error::Error;
use crate::invalidation::Invalidation;
use crate::principal::Principal;
use crate::reply_head::ReplyHead;
use crate::request_head::RequestHead;
use crate::shared_store::SharedStore;
use crate::state::{StateKey, StateMap};
use crate::upload::Uploads;

/// The context of one call: the caller, the application state, the request and the reply.
///
/// A function receives it as its first argument, `cx: &Cx`. An adapter creates it with
/// [`App::context`](crate::App::context).
///
/// ```
/// use mizan_core::{Cx, Error, client};
///
/// struct Greeting(String);
///
/// #[client(query, auth)]
/// async fn greet(cx: &Cx) -> Result<String, Error> {
///     let Greeting(greeting) = cx.state::<Greeting>();
///     let user = cx.principal().id().unwrap_or_default();
///     Ok(format!("{greeting}, {user}!"))
/// }
/// ```
pub struct Cx {
    state: Arc<StateMap>,
    principal: Principal,
    head: Arc<RequestHead>,
    uploads: Uploads,
    /// Shared with the stream of the call, if there is one.
    effects: Arc<Effects>,
}

/// The additions of a call to its reply, and the work that it leaves behind.
#[derive(Default)]
struct Effects {
    reply: Mutex<ReplyHead>,
    background: Mutex<BackgroundWork>,
}

impl Cx {
    pub(crate) fn new(state: Arc<StateMap>, principal: Principal, head: Arc<RequestHead>) -> Self {
        Self {
            state,
            principal,
            head,
            uploads: Uploads::default(),
            effects: Arc::default(),
        }
    }

    /// Adds the files that the client sent with the call. They live at least as long as the context.
    #[must_use]
    pub fn with_uploads(mut self, uploads: Uploads) -> Self {
        self.uploads = uploads;
        self
    }

    /// Returns the files that the client sent with the call.
    ///
    /// Only functions that decode part of their input themselves need this; an
    /// [`Upload`](crate::Upload) in the input is already decoded.
    #[must_use]
    pub fn uploads(&self) -> &Uploads {
        &self.uploads
    }

    /// Returns the caller.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Returns the application state of the type `T`.
    ///
    /// If the body of a `#[client]` function calls `cx.state::<Db>()`, building the application
    /// fails if the registry lacks this state. The check does not see inferred types
    /// (`let db: &Db = cx.state()`), calls in other functions that receive the `cx`, and bodies
    /// that contain items (`use`, `struct`). For these, name the type in `#[client(state(Db))]` or
    /// with [`Registry::require_state`](crate::Registry::require_state).
    ///
    /// # Panics
    ///
    /// Panics if the registry has no state of this type. Dispatch catches the panic and replies
    /// with an internal error. Use [`try_state`](Self::try_state) for optional state.
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> &T {
        match self.try_state() {
            Some(state) => state,
            None => panic!(
                "no application state of type `{}`: add it with `Registry::state(..)`",
                StateKey::of::<T>().type_name()
            ),
        }
    }

    /// Returns the application state of the type `T`, or `None` if the registry has none.
    #[must_use]
    pub fn try_state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.state.get()
    }

    /// Returns the store that the processes of the application share, for counts and operations of your own.
    ///
    /// [`Registry::shared_store`](crate::Registry::shared_store) sets it.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use mizan_core::limits::RateLimit;
    /// use mizan_core::shared_store::{Counter, TakeReply};
    /// use mizan_core::{Cx, Error, ErrorCode, client};
    ///
    /// #[client]
    /// async fn invite(cx: &Cx, team: String) -> Result<(), Error> {
    ///     let rate = RateLimit::new(20, Duration::from_secs(60));
    ///     let counter = Counter::new("invitations of a team", &team, rate);
    ///     match cx.shared_store().take(&[counter]).await? {
    ///         TakeReply::Taken => Ok(()),
    ///         TakeReply::Exhausted { retry_after } => {
    ///             let error = Error::new(ErrorCode::RateLimited, "too many invitations");
    ///             Err(error.with_retry_after(retry_after))
    ///         }
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn shared_store(&self) -> &Arc<dyn SharedStore> {
        self.try_state()
            .expect("the registry sets the store of every application")
    }

    /// Returns the head of the request. It is empty for a call without HTTP.
    #[must_use]
    pub fn head(&self) -> &RequestHead {
        &self.head
    }

    /// Returns the request's cookie with this name, as [`RequestHead::cookie`] does.
    ///
    /// The client controls its value: verify it before you rely on it.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<Cookie<'_>> {
        self.head.cookie(name)
    }

    /// Adds a cookie to the reply.
    ///
    /// The value is percent-encoded. If the name is not a token (RFC 9110, section 5.6.2), the
    /// server logs an error and omits the cookie.
    ///
    /// Call [`forbid_replay`](Self::forbid_replay) as well if the cookie may be revoked before it
    /// expires, like a session cookie.
    ///
    /// The reply to a batch has no cookies, because it starts while the calls still run. Set cookies
    /// in mutations, which are never batched.
    pub fn set_cookie(&self, cookie: Cookie<'static>) {
        self.effects.reply.lock().cookies.push(cookie);
    }

    /// Forbids storing the reply for later requests with the same `Idempotency-Key`.
    ///
    /// A later request with the same key runs the call again, as it does after a failure. Use this
    /// for a reply that starts or ends a session, because its cookie may be invalid minutes later.
    /// Requests that already wait for the reply still receive it.
    pub fn forbid_replay(&self) {
        self.effects.reply.lock().forbids_replay = true;
    }

    /// Sets a header of the reply. As with cookies, the reply to a batch omits it.
    pub fn set_header(&self, name: HeaderName, value: HeaderValue) {
        self.effects.reply.lock().headers.insert(name, value);
    }

    /// Invalidates a query or context, in addition to those that the function declares with
    /// `affects`. See [`Invalidation`] for a query with certain arguments.
    pub fn affects(&self, invalidation: impl Into<Invalidation>) {
        self.effects.reply.lock().affects.push(invalidation.into());
    }

    /// Runs `work` after the reply of the call, whether the call succeeds or fails: for work that the
    /// caller does not wait for, such as updating a search index.
    ///
    /// The work of a call runs in the order in which it was added. Its errors and panics are logged. It does
    /// not run if the call is dropped: at its deadline, or because the client of a query disconnects.
    ///
    /// It lives in the memory of the process. mizan-http waits for it when the server shuts down, ends it
    /// after `HttpLimits::background_deadline`, and counts it towards the concurrent calls of its client. Work
    /// that must survive a crash belongs into a job queue with storage of its own, to which the
    /// function adds a job in its transaction. [`App::call_as`](crate::App::call_as) waits for the work, and
    /// so does the message of a channel.
    ///
    /// ```
    /// use mizan_core::{Cx, Error, client};
    ///
    /// # async fn update_index(_: u32) -> Result<(), std::io::Error> { Ok(()) }
    /// #[client]
    /// async fn rename(cx: &Cx, post: u32, title: String) -> Result<String, Error> {
    ///     cx.after_reply(async move {
    ///         update_index(post).await?;
    ///         Ok(())
    ///     });
    ///     Ok(title)
    /// }
    /// ```
    pub fn after_reply(&self, work: impl Future<Output = Result<(), Error>> + Send + 'static) {
        self.effects.background.lock().push(RunsAfter::Reply, work);
    }

    /// Runs `work` after the reply of the call, if the call succeeds: for effects that must not happen if the
    /// transaction of the call is rolled back, such as a mail.
    ///
    /// A function that commits its transaction before it returns `Ok`, or that runs in a
    /// [layer](crate::layer::CallLayer) that does, can add the work at any time before the commit. If the
    /// call fails, the work is dropped. Otherwise it runs like that of [`after_reply`](Self::after_reply).
    ///
    /// ```
    /// use mizan_core::{Cx, Error, client};
    ///
    /// # struct Transaction;
    /// # impl Transaction {
    /// #     async fn add_member(&mut self, _: &str) -> Result<(), std::io::Error> { Ok(()) }
    /// #     async fn commit(self) -> Result<(), std::io::Error> { Ok(()) }
    /// # }
    /// # async fn begin(_: &Cx) -> Result<Transaction, std::io::Error> { Ok(Transaction) }
    /// # async fn send_welcome_mail(_: String) -> Result<(), std::io::Error> { Ok(()) }
    /// #[client]
    /// async fn join(cx: &Cx, email: String) -> Result<(), Error> {
    ///     let mut transaction = begin(cx).await?;
    ///     transaction.add_member(&email).await?;
    ///     cx.after_commit(async move { Ok(send_welcome_mail(email).await?) });
    ///     transaction.commit().await?;
    ///     Ok(())
    /// }
    /// ```
    pub fn after_commit(&self, work: impl Future<Output = Result<(), Error>> + Send + 'static) {
        self.effects
            .background
            .lock()
            .push(RunsAfter::Success, work);
    }

    /// Takes the work that was added so far with [`after_reply`](Self::after_reply) and, if the call
    /// succeeded, with [`after_commit`](Self::after_commit).
    ///
    /// Dispatch does this for the calls of clients. Adapters that [`call`](Self::call) functions with Rust
    /// values do it themselves.
    pub fn take_background(&self, succeeded: bool) -> BackgroundWork {
        let mut work = std::mem::take(&mut *self.effects.background.lock());
        if !succeeded {
            work.call_failed();
        }
        work
    }

    /// Adds the work of another call that this call made.
    pub(crate) fn append_background(&self, work: BackgroundWork) {
        self.effects.background.lock().append(work);
    }

    /// Returns a token that is cancelled when the client disconnects or the deadline passes.
    ///
    /// A query is dropped at that point. A mutation continues to run; it and the tasks that it
    /// spawned can watch the token.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        self.head.cancellation()
    }

    /// Removes the principal, for a call whose reply is sent to every client.
    pub(crate) fn without_principal(mut self) -> Self {
        self.principal = Principal::anonymous();
        self
    }

    pub(crate) fn shared_state(&self) -> &Arc<StateMap> {
        &self.state
    }

    pub(crate) fn shared_head(&self) -> &Arc<RequestHead> {
        &self.head
    }

    /// Takes what the call added to its reply so far.
    pub(crate) fn take_reply_head(&self) -> ReplyHead {
        std::mem::take(&mut *self.effects.reply.lock())
    }

    /// Returns the same context for the stream of the call, which outlives the call.
    pub(crate) fn share(&self) -> Self {
        Self {
            state: Arc::clone(&self.state),
            principal: self.principal.clone(),
            head: Arc::clone(&self.head),
            uploads: self.uploads.clone(),
            effects: Arc::clone(&self.effects),
        }
    }

    /// Returns whether the context is shared with a call or a stream that has not ended.
    pub(crate) fn has_other_holders(&self) -> bool {
        Arc::strong_count(&self.effects) > 1
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
