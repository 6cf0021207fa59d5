//! Calls that run once: the lease of a run, and the replies to earlier runs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use mizan_core::adapter::{CallReply, ReplyHead};
use mizan_core::shared_store::{KeyHash, LeaseReply, Operation, SharedStore, SharedStoreError};
use mizan_core::{Error, ErrorCode};
use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

use super::stored_reply;

/// The time by which a lease outlasts the deadline of a call.
const LEASE_MARGIN: Duration = Duration::from_secs(5);

/// The first and the longest interval at which the run of another process is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The interval at which a change of the store is repeated that failed.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Runs calls once, and replays the replies of successful calls.
///
/// The shared store decides between processes. Requests that reach the same process wait for its reply
/// without asking the store again.
pub(crate) struct IdempotentCalls {
    store: Arc<dyn SharedStore>,
    lease: Duration,
    /// The calls that run or are claimed in this process.
    running: Mutex<HashMap<KeyHash, RunningCall>>,
}

struct RunningCall {
    payload: KeyHash,
    /// Closes when the call ends. Before that, the reply to a successful call is sent.
    reply: watch::Receiver<Option<SuccessReply>>,
}

#[derive(Clone)]
struct SuccessReply {
    output: Bytes,
    head: ReplyHead,
}

/// The right to run a call, or the reply to an earlier call.
pub(crate) enum Claim {
    /// The request runs the call.
    Run(PendingCall),
    /// The call has already run.
    Replay(Box<CallReply>),
}

impl IdempotentCalls {
    /// Creates the calls of a service whose calls end by `deadline`.
    pub(crate) fn new(store: Arc<dyn SharedStore>, deadline: Duration) -> Self {
        Self {
            store,
            lease: deadline.saturating_add(LEASE_MARGIN),
            running: Mutex::default(),
        }
    }

    /// Claims a call, or waits for its reply while another request runs it.
    ///
    /// # Errors
    ///
    /// Returns `invalid` if the key was used with another payload, `outcome_unknown` if an earlier run has
    /// ended without an outcome, `rate_limited` if the caller has too many calls, and `unavailable` if the
    /// store is.
    pub(crate) async fn claim(self: &Arc<Self>, operation: Operation) -> Result<Claim, Error> {
        let pending = loop {
            let mut reply = {
                let mut running = self.running.lock();
                match running.get(&operation.key) {
                    None => break PendingCall::insert(self, operation, &mut running),
                    Some(call) if call.payload != operation.payload => return Err(key_reused()),
                    Some(call) => call.reply.clone(),
                }
            };
            // An error means that the call ended without a reply.
            let _ = reply.changed().await;
            if let Some(reply) = &*reply.borrow() {
                return Ok(Claim::Replay(Box::new(reply.to_reply())));
            }
        };
        pending.acquire().await
    }

    /// Returns whether a call with this key has succeeded or is running, with any payload.
    pub(crate) async fn contains(&self, operation: &Operation) -> Result<bool, Error> {
        Ok(self.store.contains(operation).await?)
    }
}

/// The right to run a call. If it is dropped before the call succeeds, a retry may run the call.
pub(crate) struct PendingCall {
    calls: Arc<IdempotentCalls>,
    operation: Operation,
    expires_at: Instant,
    reply: watch::Sender<Option<SuccessReply>>,
    state: LeaseState,
}

#[derive(Clone, Copy, PartialEq)]
enum LeaseState {
    /// The lease has been requested, and its reply has not arrived.
    Requested,
    Granted,
    /// There is no lease, or it has an outcome.
    Ended,
}

impl PendingCall {
    fn insert(
        calls: &Arc<IdempotentCalls>,
        operation: Operation,
        running: &mut HashMap<KeyHash, RunningCall>,
    ) -> Self {
        let (sender, receiver) = watch::channel(None);
        let call = RunningCall {
            payload: operation.payload,
            reply: receiver,
        };
        running.insert(operation.key, call);
        Self {
            calls: Arc::clone(calls),
            operation,
            expires_at: Instant::now() + calls.lease,
            reply: sender,
            state: LeaseState::Ended,
        }
    }

    /// Acquires the lease, or waits for the outcome of a run in another process.
    async fn acquire(mut self) -> Result<Claim, Error> {
        let mut interval = POLL_INTERVAL;
        loop {
            self.state = LeaseState::Requested;
            let reply = self
                .calls
                .store
                .acquire(&self.operation, self.calls.lease)
                .await;
            self.state = match &reply {
                Ok(LeaseReply::Granted) => LeaseState::Granted,
                Err(error) if !error.is_unsent() => LeaseState::Requested,
                Ok(_) | Err(_) => LeaseState::Ended,
            };
            match reply? {
                LeaseReply::Granted => return Ok(Claim::Run(self)),
                LeaseReply::Completed(outcome) => {
                    let reply = stored_reply::decode(&outcome)?;
                    return Ok(Claim::Replay(Box::new(reply)));
                }
                LeaseReply::Running => {
                    sleep(interval).await;
                    interval = (interval * 2).min(MAX_POLL_INTERVAL);
                }
                LeaseReply::Expired => return Err(outcome_unknown()),
                LeaseReply::PayloadMismatch => return Err(key_reused()),
                LeaseReply::QuotaExceeded => return Err(too_many_calls()),
            }
        }
    }

    /// Stores a successful reply, so that it can be replayed. A failure is not stored.
    ///
    /// A reply that forbids replay is sent to the requests that wait for it in this process, but not stored: the
    /// session of a sign-in may have ended when the next request arrives.
    pub(crate) fn complete(
        mut self,
        reply: &CallReply,
    ) -> impl Future<Output = ()> + Send + 'static + use<> {
        let outcome = self.send_to_waiting_requests(reply);
        async move {
            let Some(outcome) = outcome else {
                return;
            };
            self.state = LeaseState::Ended;
            let (store, operation) = (Arc::clone(&self.calls.store), self.operation);
            let complete = move || {
                let (store, outcome) = (Arc::clone(&store), outcome.clone());
                async move { store.complete(&operation, outcome).await }
            };
            if let Err(error) = complete().await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "storing the reply for an idempotency key failed; retrying"
                );
                spawn(retry_until(self.expires_at, complete));
            }
        }
    }

    /// Sends a successful reply to the requests that wait for it in this process. Returns the encoded reply if it
    /// has to be stored.
    fn send_to_waiting_requests(&self, reply: &CallReply) -> Option<Bytes> {
        let output = reply.result.as_ref().ok()?;
        self.reply.send_replace(Some(SuccessReply {
            output: output.clone(),
            head: reply.head.clone(),
        }));
        if reply.head.forbids_replay {
            return None;
        }
        let encoded = stored_reply::encode(output, &reply.head);
        let encoded = encoded.inspect_err(|error| {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "the reply for an idempotency key is not valid JSON, and is not stored"
            );
        });
        encoded.ok()
    }
}

/// Releases the lease, unless the call succeeded. A store that needs no I/O has released it before waiting requests
/// continue.
impl Drop for PendingCall {
    fn drop(&mut self) {
        let (store, operation) = (Arc::clone(&self.calls.store), self.operation);
        let state = self.state;
        let release = move || {
            let store = Arc::clone(&store);
            async move {
                match state {
                    LeaseState::Ended => Ok(()),
                    LeaseState::Granted => store.release(&operation).await,
                    LeaseState::Requested => store.cancel(&operation).await,
                }
            }
        };
        let mut first = Box::pin(release());
        let now = first.as_mut().now_or_never();
        self.calls.running.lock().remove(&self.operation.key);
        if !matches!(now, Some(Ok(()))) {
            let expires_at = self.expires_at;
            spawn(async move {
                if now.is_some() || first.await.is_err() {
                    retry_until(expires_at, release).await;
                }
            });
        }
    }
}

/// Spawns a task, unless there is no runtime, for example while it shuts down. The lease then expires.
fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(task);
    }
}

/// Repeats a change of the store until it succeeds, or until the lease has expired.
async fn retry_until<F>(end: Instant, change: impl Fn() -> F)
where
    F: Future<Output = Result<(), SharedStoreError>>,
{
    while Instant::now() < end {
        sleep(RETRY_INTERVAL).await;
        if let Ok(Ok(())) = timeout_at(end, change()).await {
            return;
        }
    }
}

impl SuccessReply {
    fn to_reply(&self) -> CallReply {
        CallReply::new(Ok(self.output.clone())).with_head(self.head.clone())
    }
}

/// A form uses its token as the key, so its users also see these messages.
fn key_reused() -> Error {
    Error::new(
        ErrorCode::Invalid,
        "this was already sent with different values: reload the page and send it again if you meant to \
         send both",
    )
}

fn outcome_unknown() -> Error {
    Error::new(
        ErrorCode::OutcomeUnknown,
        "this was sent before, and the server stopped while it ran: check whether it took effect before you \
         send it again",
    )
}

fn too_many_calls() -> Error {
    let message = "too many calls are running: try again later";
    Error::new(ErrorCode::RateLimited, message).with_retry_after(Duration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use mizan_core::shared_store::MemorySharedStore;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(30);

    fn operation(key: &str) -> Operation {
        Operation::new([b"owner".as_slice()], [key.as_bytes()], [])
    }

    fn calls(store: &Arc<dyn SharedStore>) -> Arc<IdempotentCalls> {
        Arc::new(IdempotentCalls::new(Arc::clone(store), DEADLINE))
    }

    async fn claim(
        calls: &Arc<IdempotentCalls>,
        key: &str,
    ) -> Result<CallReply, Option<PendingCall>> {
        match calls.claim(operation(key)).await {
            Ok(Claim::Replay(reply)) => Ok(*reply),
            Ok(Claim::Run(call)) => Err(Some(call)),
            Err(_) => Err(None),
        }
    }

    fn reply(output: &'static str) -> CallReply {
        CallReply::new(Ok(output.into()))
    }

    /// Replaying a sign-in after the sign-out would return the cookie of an ended session.
    #[tokio::test]
    async fn sends_reply_that_forbids_replay_only_to_waiting_requests() {
        for forbids_replay in [true, false] {
            let store: Arc<dyn SharedStore> = Arc::new(MemorySharedStore::new());
            let calls = calls(&store);
            let Err(Some(run)) = claim(&calls, "key").await else {
                panic!("no call has run yet");
            };
            let waiting = [(); 3].map(|()| {
                let calls = Arc::clone(&calls);
                tokio::spawn(async move { claim(&calls, "key").await })
            });
            tokio::task::yield_now().await;
            let mut head = ReplyHead::default();
            head.cookies.push(cookie::Cookie::new("session", "secret"));
            head.forbids_replay = forbids_replay;
            run.complete(&reply("\"signed in\"").with_head(head)).await;
            for waiting in waiting {
                let Ok(reply) = waiting.await.unwrap() else {
                    panic!("the call ran twice");
                };
                assert_eq!(reply.result.unwrap(), "\"signed in\"");
                assert_eq!(reply.head.cookies[0].value(), "secret");
            }
            let contains = calls.contains(&operation("key")).await.unwrap();
            assert_eq!(contains, !forbids_replay);
            assert_eq!(claim(&calls, "key").await.is_ok(), !forbids_replay);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn retry_in_another_process_waits_for_the_reply() {
        let store: Arc<dyn SharedStore> = Arc::new(MemorySharedStore::new());
        let [one, two] = [calls(&store), calls(&store)];
        let Err(Some(run)) = claim(&one, "key").await else {
            panic!("no call has run yet");
        };
        let retry = tokio::spawn(async move { claim(&two, "key").await });
        sleep(Duration::from_secs(3)).await;
        assert!(!retry.is_finished());
        run.complete(&reply("1")).await;
        let Ok(replayed) = retry.await.unwrap() else {
            panic!("the call ran twice");
        };
        assert_eq!(replayed.result.unwrap(), "1");
    }

    #[tokio::test(start_paused = true)]
    async fn call_runs_again_after_a_failure() {
        let store: Arc<dyn SharedStore> = Arc::new(MemorySharedStore::new());
        let [one, two] = [calls(&store), calls(&store)];
        for calls in [&one, &one, &two] {
            let Err(Some(run)) = claim(calls, "key").await else {
                panic!("a failure was stored");
            };
            let error = Error::conflict("try again");
            run.complete(&CallReply::new(Err(error))).await;
        }
    }

    /// The process ended, so that nothing releases its lease.
    #[tokio::test(start_paused = true)]
    async fn retry_after_the_end_of_a_process_does_not_run_again() {
        let store: Arc<dyn SharedStore> = Arc::new(MemorySharedStore::new());
        let lease = DEADLINE + LEASE_MARGIN;
        let granted = store.acquire(&operation("key"), lease).await.unwrap();
        assert_eq!(granted, LeaseReply::Granted);
        let start = Instant::now();
        let Err(error) = calls(&store).claim(operation("key")).await else {
            panic!("the call ran again");
        };
        assert_eq!(error.code(), "outcome_unknown");
        assert!(start.elapsed() >= lease && start.elapsed() < lease + MAX_POLL_INTERVAL);
    }
}
