//! One call: from its input to its outcome, within the limits.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use mizan_core::adapter::{CallReply, FunctionEntry};
use mizan_core::function::FunctionKind;
use mizan_core::{App, Error, ErrorCode, Principal, RequestHead};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::body_budget::{HeldShare, busy};
use crate::config::Limits;
use crate::idempotency::{Claim, Key, Once, Replies};
use crate::payload::Payload;
use crate::share::{Budget, ClientKey, Exhausted, Share};
use crate::within::Within;

/// Runs calls, so many at once and each so long.
pub(crate) struct Calls {
    app: App,
    deadline: Duration,
    most: u32,
    free: Arc<Semaphore>,
    by_client: Budget,
    replies: Arc<Replies>,
}

impl Calls {
    pub(crate) fn new(app: App, limits: &Limits) -> Self {
        let most =
            u32::try_from(limits.concurrent_calls.min(Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        Self {
            app,
            deadline: limits.deadline,
            most,
            free: Arc::new(Semaphore::new(most as usize)),
            by_client: Budget::new(u64::MAX, limits.concurrent_calls_per_client as u64),
            replies: Arc::default(),
        }
    }

    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// Waits until no call runs, also none whose caller is gone.
    pub(crate) async fn idle(&self) {
        // Nobody closes the semaphore, so this ends with the permits.
        let _ = self.free.acquire_many(self.most).await;
    }

    /// Finds the function that a path or a batch names.
    pub(crate) fn find(&self, name: &str) -> Result<&FunctionEntry, Error> {
        self.app.function(name).ok_or_else(|| {
            Error::new(
                ErrorCode::UnknownFunction,
                "there is no function of this name",
            )
        })
    }

    /// Asks the function's policy, before files are received for it.
    pub(crate) async fn admit(
        &self,
        function: &FunctionEntry,
        principal: &Principal,
        head: &Arc<RequestHead>,
    ) -> Result<(), Error> {
        let cx = self.app.context(principal.clone(), Arc::clone(head));
        let admitted = pin!(AssertUnwindSafe(function.check_policy(&cx)).catch_unwind());
        match Within::new(self.deadline, admitted).await {
            Some(Ok(admitted)) => admitted,
            Some(Err(_)) => Err(Error::internal("the policy panicked").logged(function.name())),
            None => Err(late()),
        }
    }

    /// Whether a call has run under this key, or runs: it may have been another one.
    pub(crate) fn has_run(
        &self,
        function: &FunctionEntry,
        principal: &Principal,
        key: &Key,
    ) -> bool {
        self.replies
            .has(&Once::new(key, function.name(), principal, None, []))
    }

    /// Runs a query or a context as one of several things that go into one response, whose head is
    /// not this call's to write: in a batch, or in a page.
    pub(crate) async fn read(
        &self,
        name: &str,
        principal: Principal,
        head: RequestHead,
        input: Bytes,
    ) -> Result<Bytes, Error> {
        let function = self.find(name)?;
        if !function.kind().is_safe() {
            return Err(Error::new(
                ErrorCode::MethodNotAllowed,
                "batches and pages hold queries and contexts; call a mutation by itself",
            ));
        }
        let head = Arc::new(head);
        let payload = Payload::json(input);
        let reply = self.run(function, principal, head, payload, None).await;
        if !reply.head.cookies.is_empty() || !reply.head.headers.is_empty() {
            tracing::warn!(
                function = function.name(),
                "a query set a cookie or a header, which a batch or a page cannot send"
            );
        }
        reply.result
    }

    /// Runs the call, or takes the reply of the same call that came under the same key. A query ends with
    /// the future that this returns, a mutation goes on.
    pub(crate) async fn run(
        &self,
        function: &FunctionEntry,
        principal: Principal,
        head: Arc<RequestHead>,
        payload: Payload,
        key: Option<&Key>,
    ) -> CallReply {
        // A request that waits for the reply of another holds its place too.
        let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() else {
            return failed(busy(Exhausted::Total));
        };
        let client = head.client_addr().map(ClientKey::from);
        let share = match self.by_client.take(client, 1) {
            Ok(share) => share,
            Err(exhausted) => return failed(busy(exhausted)),
        };
        let slot = match key {
            None => None,
            Some(key) => {
                let once = Once::new(
                    key,
                    function.name(),
                    &principal,
                    head.client_addr(),
                    payload.identity(),
                );
                let claim = pin!(self.replies.claim(&once));
                match Within::new(self.deadline, claim).await {
                    Some(Ok(Claim::Run(slot))) => Some(slot),
                    // The caller may have lost the right since.
                    Some(Ok(Claim::Done(reply))) => {
                        return match self.admit(function, &principal, &head).await {
                            Ok(()) => reply,
                            Err(error) => failed(error),
                        };
                    }
                    Some(Err(error)) => return failed(error),
                    None => return failed(late()),
                }
            }
        };
        let room = Room {
            _permit: permit,
            _share: share,
            _body: payload.held,
        };
        let mut cx = self.app.context(principal, Arc::clone(&head));
        if let Some(uploads) = payload.uploads {
            cx = cx.with_uploads(uploads);
        }
        let mut call = function.dispatch(cx, payload.input);
        if let Some(slot) = slot {
            call = Box::pin(async move {
                let reply = call.await;
                slot.end(&reply);
                reply
            });
        }
        let call = Within::new(self.deadline, call);
        let running = Running {
            work: Some((call, room)),
            goes_on: function.kind() == FunctionKind::Mutation,
            head,
        };
        running.await.unwrap_or_else(|| failed(late()))
    }
}

fn late() -> Error {
    Error::new(
        ErrorCode::DeadlineExceeded,
        "the function did not finish in time",
    )
}

fn failed(error: Error) -> CallReply {
    CallReply::new(Err(error))
}

/// The shares of the limits that a call holds while it runs.
struct Room {
    _permit: OwnedSemaphorePermit,
    _share: Share,
    _body: Option<HeldShare>,
}

/// A call under way. Dropped before its end, it tells the function that nobody waits any more; a
/// mutation then goes on in a task of its own.
struct Running {
    work: Option<(Within<BoxFuture<'static, CallReply>>, Room)>,
    goes_on: bool,
    head: Arc<RequestHead>,
}

impl Future for Running {
    type Output = Option<CallReply>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<CallReply>> {
        let (call, _) = self.work.as_mut().expect("polled after its end");
        let reply = ready!(Pin::new(call).poll(cx));
        if reply.is_none() {
            self.head.cancellation().cancel();
        }
        self.work = None;
        Poll::Ready(reply)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some((call, room)) = self.work.take() else {
            return;
        };
        self.head.cancellation().cancel();
        // Outside a runtime, as when it shuts down, nothing can go on.
        if let Ok(runtime) = Handle::try_current()
            && self.goes_on
        {
            runtime.spawn(async move {
                let _room = room;
                call.await
            });
        }
    }
}
