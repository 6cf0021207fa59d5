//! Execution of calls within the limits of concurrency and time.

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
use mizan_core::function::{CallError, FunctionKind};
use mizan_core::{App, Error, ErrorCode, Principal, RequestHead, ServerFunction};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::idempotency::{Claim, IdempotencyKey, IdempotentCalls, PendingCall, operation};
use super::refusal;
use super::resources::{BackgroundRunner, CallResources, StreamResources};
use crate::body::payload::Payload;
use crate::client_budget::{Budget, ClientKey, Exhausted, Share};
use crate::response::busy::busy;
use crate::service::limits::HttpLimits;
use crate::timeout::LazyTimeout;

/// Runs the functions of an app, with a limit of concurrent calls and a deadline for each call.
pub(crate) struct CallRunner {
    app: App,
    deadline: Duration,
    background_deadline: Duration,
    max_concurrent: u32,
    permits: Arc<Semaphore>,
    per_client: Budget,
    idempotent: Arc<IdempotentCalls>,
}

impl CallRunner {
    pub(crate) fn new(app: App, limits: &HttpLimits) -> Self {
        let max_concurrent = u32::try_from(limits.max_concurrent_calls.min(Semaphore::MAX_PERMITS))
            .unwrap_or(u32::MAX);
        let store = Arc::clone(app.shared_store());
        Self {
            app,
            idempotent: Arc::new(IdempotentCalls::new(store, limits.call_deadline)),
            deadline: limits.call_deadline,
            background_deadline: limits.background_deadline,
            max_concurrent,
            permits: Arc::new(Semaphore::new(max_concurrent as usize)),
            per_client: Budget::per_client(limits.max_concurrent_calls_per_client),
        }
    }

    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// Waits until no call is running, including mutations whose clients have disconnected.
    pub(crate) async fn wait_idle(&self) {
        // The semaphore is never closed, so this returns once all permits are available.
        let _ = self.permits.acquire_many(self.max_concurrent).await;
    }

    /// Checks the policy of a function, without calling it.
    pub(crate) async fn check_policy(
        &self,
        function: &FunctionEntry,
        principal: &Principal,
        head: &Arc<RequestHead>,
    ) -> Result<(), Error> {
        let cx = self.app.context(principal.clone(), Arc::clone(head));
        let admitted = pin!(AssertUnwindSafe(function.check_policy(&cx)).catch_unwind());
        match LazyTimeout::new(self.deadline, admitted).await {
            Some(Ok(admitted)) => admitted.map_err(|error| error.logged_in(function.name(), head)),
            Some(Err(_)) => {
                Err(Error::internal("the policy panicked").logged_in(function.name(), head))
            }
            None => Err(deadline_exceeded()),
        }
    }

    /// Returns whether a call with this key has succeeded or is running, with any payload.
    ///
    /// While the shared store is unavailable, every key counts as used.
    pub(crate) async fn is_key_used(
        &self,
        function: &FunctionEntry,
        principal: &Principal,
        key: &IdempotencyKey,
    ) -> bool {
        let operation = operation(key, function.name(), principal, None, []);
        self.idempotent.contains(&operation).await.unwrap_or(true)
    }

    /// Runs a query or a context whose output becomes a part of a response: of a batch or a page.
    pub(crate) async fn run_read(
        &self,
        function: Result<&FunctionEntry, Error>,
        principal: Principal,
        head: RequestHead,
        input: Bytes,
    ) -> Result<Bytes, Error> {
        let function = function?;
        if !function.kind().is_safe() {
            return Err(Error::new(
                ErrorCode::MethodNotAllowed,
                "a batch or a page can call only queries and contexts: send a mutation as a separate call",
            ));
        }
        if function.is_download() || function.is_stream() {
            return Err(refusal::refuse_embedding(function));
        }
        let payload = Payload::json(input);
        let reply = self
            .run(function, principal, Arc::new(head), payload, None)
            .await;
        if !reply.head.cookies.is_empty() || !reply.head.headers.is_empty() {
            tracing::warn!(
                function = function.name(),
                "ignoring cookies and headers of a query in a batch or a page"
            );
        }
        reply.result
    }

    /// Runs a call, or returns the reply of an earlier call with the same idempotency key.
    ///
    /// Dropping the future cancels a query. A mutation continues in the background.
    pub(crate) fn run(
        &self,
        function: &FunctionEntry,
        principal: Principal,
        head: Arc<RequestHead>,
        payload: Payload,
        key: Option<&IdempotencyKey>,
    ) -> impl Future<Output = CallReply> {
        self.try_run(function, principal, head, payload, key)
            .map(|ran| match ran {
                Ok((reply, _)) => reply,
                Err(error) => CallReply::new(Err(error)),
            })
    }

    /// Runs a function that returns a stream until the stream begins. The stream holds the resources of the call
    /// until it ends.
    ///
    /// Dropping the future cancels a query. A mutation continues to the beginning of its stream.
    pub(crate) async fn run_stream(
        &self,
        function: &FunctionEntry,
        principal: Principal,
        head: Arc<RequestHead>,
        payload: Payload,
    ) -> (CallReply, Option<StreamResources>) {
        match self.try_run(function, principal, head, payload, None).await {
            Ok(ran) => ran,
            Err(error) => (CallReply::new(Err(error)), None),
        }
    }

    /// Takes a place among the concurrent calls.
    fn admit(&self, head: &RequestHead) -> Result<(OwnedSemaphorePermit, Share), Error> {
        let permit = Arc::clone(&self.permits)
            .try_acquire_owned()
            .map_err(|_| busy(Exhausted::Total))?;
        let share = self
            .per_client
            .take(ClientKey::of_request(head), 1)
            .map_err(busy)?;
        Ok((permit, share))
    }

    /// Calls a function with Rust values, within the limits of calls.
    pub(crate) async fn run_function<F: ServerFunction>(
        &self,
        principal: Principal,
        head: Arc<RequestHead>,
        input: F,
    ) -> Result<F::Output, Error> {
        let (permit, share) = self.admit(&head)?;
        let resources = CallResources::new(permit, share, None);
        let cx = self.app.context(principal, head);
        let call = pin!(AssertUnwindSafe(cx.call(input)).catch_unwind());
        let result = match LazyTimeout::new(self.deadline, call).await {
            Some(Ok(result)) => result.map_err(CallError::into_error),
            Some(Err(_)) => Err(Error::internal("the function panicked")),
            None => {
                cx.cancellation().cancel();
                Err(deadline_exceeded())
            }
        };
        let work = cx.take_background(result.is_ok());
        if !work.is_empty() {
            let background = self.background(F::NAME);
            tokio::spawn(background.run(work, resources));
        }
        result.map_err(|error| error.logged(F::NAME))
    }

    fn background(&self, function: &'static str) -> BackgroundRunner {
        BackgroundRunner {
            function,
            deadline: self.background_deadline,
        }
    }

    async fn try_run(
        &self,
        function: &FunctionEntry,
        principal: Principal,
        head: Arc<RequestHead>,
        payload: Payload,
        key: Option<&IdempotencyKey>,
    ) -> Result<(CallReply, Option<StreamResources>), Error> {
        // A request that waits for the reply to another request also counts as a call.
        let (permit, share) = self.admit(&head)?;
        let entry = match key {
            None => None,
            Some(key) => match self
                .claim(function, &principal, &head, &payload, key)
                .await?
            {
                Claim::Run(entry) => Some(entry),
                Claim::Replay(reply) => {
                    // The caller may have lost its permission since the call ran.
                    self.check_policy(function, &principal, &head).await?;
                    return Ok((*reply, None));
                }
            },
        };
        let resources = CallResources::new(permit, share, payload.share);
        let mut cx = self.app.context(principal, Arc::clone(&head));
        if let Some(uploads) = payload.uploads {
            cx = cx.with_uploads(uploads);
        }
        let call = complete_entry(function.dispatch(cx, payload.input), entry);
        let running = RunningCall {
            work: Some((LazyTimeout::new(self.deadline, call), resources)),
            background: self.background(function.name()),
            continues_after_drop: function.kind() == FunctionKind::Mutation,
            head,
        };
        running.await.ok_or_else(deadline_exceeded)
    }

    async fn claim(
        &self,
        function: &FunctionEntry,
        principal: &Principal,
        head: &RequestHead,
        payload: &Payload,
        key: &IdempotencyKey,
    ) -> Result<Claim, Error> {
        let operation = operation(
            key,
            function.name(),
            principal,
            head.client_addr(),
            payload.fingerprint_parts(),
        );
        let claim = pin!(self.idempotent.claim(operation));
        LazyTimeout::new(self.deadline, claim)
            .await
            .ok_or_else(deadline_exceeded)?
    }
}

/// Stores the reply of `call` in its idempotency entry.
fn complete_entry(
    call: BoxFuture<'static, CallReply>,
    entry: Option<PendingCall>,
) -> BoxFuture<'static, CallReply> {
    match entry {
        None => call,
        Some(entry) => Box::pin(async move {
            let reply = call.await;
            entry.complete(&reply).await;
            reply
        }),
    }
}

fn deadline_exceeded() -> Error {
    Error::new(
        ErrorCode::DeadlineExceeded,
        "the call exceeded its deadline",
    )
}

/// A running call. Dropping it signals cancellation to the function; a mutation then continues in a
/// separate task.
struct RunningCall {
    work: Option<(LazyTimeout<BoxFuture<'static, CallReply>>, CallResources)>,
    background: BackgroundRunner,
    continues_after_drop: bool,
    head: Arc<RequestHead>,
}

impl Future for RunningCall {
    type Output = Option<(CallReply, Option<StreamResources>)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (call, _) = self
            .work
            .as_mut()
            .expect("a future is not polled after completion");
        let reply = ready!(Pin::new(call).poll(cx));
        let finished = self.work.take();
        let Some(mut reply) = reply else {
            self.head.cancellation().cancel();
            return Poll::Ready(None);
        };
        let resources = finished.map(|(_, resources)| StreamResources {
            resources,
            background: self.background,
            head: Arc::clone(&self.head),
        });
        if reply.stream.is_some() {
            return Poll::Ready(Some((reply, resources)));
        }
        if let Some(resources) = resources {
            resources.run_background(std::mem::take(&mut reply.background));
        }
        Poll::Ready(Some((reply, None)))
    }
}

impl Drop for RunningCall {
    fn drop(&mut self) {
        let Some((call, resources)) = self.work.take() else {
            return;
        };
        self.head.cancellation().cancel();
        // If there is no runtime, for example while it shuts down, no task can be spawned.
        if let Ok(runtime) = Handle::try_current()
            && self.continues_after_drop
        {
            let background = self.background;
            runtime.spawn(async move {
                if let Some(mut reply) = call.await {
                    let work = std::mem::take(&mut reply.background);
                    background.run(work, resources).await;
                }
            });
        }
    }
}
