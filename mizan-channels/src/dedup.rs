//! Deduplication of clients' messages: a message runs once, and a repeated one gets the stored reply.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::future::BoxFuture;
use mizan_core::adapter::DynSubscription;
use mizan_core::shared_store::{LeaseReply, Operation, SharedStore, SharedStoreError};
use mizan_core::{Cx, Error, ErrorCode};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::backoff::Backoff;
use crate::server::ServerState;
use crate::session::Refusal;

/// The time by which a lease outlasts the timeout of the channel's code.
const LEASE_MARGIN: Duration = Duration::from_secs(5);

/// The first and the longest interval at which the lease of another run is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
const MAX_POLL_INTERVAL: Duration = Duration::from_secs(1);

tokio::task_local! {
    /// True if the message that runs in this task has published, or may have published.
    static HAS_PUBLISHED: Cell<bool>;
}

/// Records that the message that runs in this task, if any, has published or may have published.
pub(crate) fn note_publication() {
    let _ = HAS_PUBLISHED.try_with(|has_published| has_published.set(true));
}

/// Returns the operation of the message `mid` from the page `client`.
///
/// The payload covers the group and the bytes of the message, so a `mid` belongs to one message.
pub(crate) fn operation(
    user: Option<&str>,
    client: &str,
    mid: &str,
    group: &str,
    data: &[u8],
) -> Operation {
    // Anonymous clients choose their ids, so the number of their owners is limited to 256.
    let (kind, owner) = match user {
        Some(user) => (&b"user"[..], user.as_bytes().to_vec()),
        None => (&b"client"[..], Sha256::digest(client)[..1].to_vec()),
    };
    let id = [
        b"message",
        kind,
        user.unwrap_or_default().as_bytes(),
        client.as_bytes(),
        mid.as_bytes(),
    ];
    Operation::new([kind, &owner], id, [group.as_bytes(), data])
}

/// Passes a message to the channel, or returns the stored reply if the message ran before.
pub(crate) async fn receive_once(
    server: Arc<ServerState>,
    operation: Operation,
    subscription: Arc<dyn DynSubscription>,
    cx: Cx,
    message: Bytes,
) -> Result<Bytes, Refusal> {
    let call_timeout = server.limits.call_timeout;
    let permit = server.call_limiter.acquire(cx.head().client_network());
    let Ok(_permit) = timeout(call_timeout, permit).await else {
        return Err(did_not_run("the server is overloaded"));
    };
    let duration = call_timeout + LEASE_MARGIN;
    let store = Arc::clone(cx.shared_store());
    server.check_store(&*store);
    let lease = Lease {
        store,
        operation,
        duration,
        expires_at: Instant::now() + duration,
    };
    if let Acquired::Completed(outcome) = lease.acquire().await? {
        return decode_outcome(&outcome);
    }
    match timeout(call_timeout, subscription.check_limits(&cx)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            lease.release().await;
            return Err(Refusal::from(&error));
        }
        Err(_) => {
            lease.release().await;
            return Err(did_not_run("the check of its rate limit timed out"));
        }
    }
    let (result, has_published) = HAS_PUBLISHED
        .scope(Cell::new(false), async {
            let result = timeout(call_timeout, subscription.receive(cx, message)).await;
            (result, HAS_PUBLISHED.with(Cell::get))
        })
        .await;
    let result = match result {
        Ok(Ok(reply)) => Ok(reply),
        Ok(Err(error)) if is_refusal(&error) && !has_published => {
            lease.release().await;
            return Err(Refusal::from(&error));
        }
        Ok(Err(error)) if has_published && (is_refusal(&error) || is_failure(&error)) => Err(
            outcome_unknown("the message failed after it was, or may have been, published"),
        ),
        Ok(Err(error)) if means_not_run(&error) => Err(outcome_unknown(
            "the channel failed, and may have run the message in part",
        )),
        Ok(Err(error)) => Err(Refusal::from(&error)),
        Err(_) => {
            tracing::warn!("a channel's `receive` timed out");
            Err(outcome_unknown(
                "the channel timed out, and may have run the message in part",
            ))
        }
    };
    lease.complete(encode_outcome(&result)).await;
    result
}

/// The lease of a run of a message.
struct Lease {
    store: Arc<dyn SharedStore>,
    operation: Operation,
    duration: Duration,
    expires_at: Instant,
}

/// The result of acquiring a lease.
enum Acquired {
    /// This run has the lease.
    Granted,
    /// The message ran before, with this outcome.
    Completed(Bytes),
}

impl Lease {
    /// Acquires the lease. Waits while another run has it.
    async fn acquire(&self) -> Result<Acquired, Refusal> {
        let mut interval = POLL_INTERVAL;
        loop {
            let reply = self.store.acquire(&self.operation, self.duration);
            match reply.await {
                Ok(LeaseReply::Granted) => return Ok(Acquired::Granted),
                Ok(LeaseReply::Completed(outcome)) => return Ok(Acquired::Completed(outcome)),
                // The wait is bounded, because a lease lasts too long if the clock of the store is set back.
                Ok(LeaseReply::Running) if Instant::now() < self.expires_at => {
                    sleep(interval).await;
                    interval = (interval * 2).min(MAX_POLL_INTERVAL);
                }
                Ok(LeaseReply::Expired | LeaseReply::Running) => {
                    return Err(outcome_unknown(
                        "an earlier run of the message has no known outcome; it is not run again",
                    ));
                }
                Ok(LeaseReply::PayloadMismatch) => {
                    return Err(Refusal::new(
                        "mid_reused",
                        "the message did not run: another message has the same `mid`",
                    ));
                }
                Ok(LeaseReply::QuotaExceeded) => {
                    let message = "the message did not run: too many messages are running";
                    let error = Error::new(ErrorCode::RateLimited, message);
                    return Err(Refusal::from(
                        &error.with_retry_after(Duration::from_secs(1)),
                    ));
                }
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "a message did not run, since its lease could not be acquired"
                    );
                    if !error.is_unsent() {
                        self.cancel();
                    }
                    return Err(did_not_run("the shared store is unavailable"));
                }
            }
        }
    }

    /// Cancels, in the background, an acquisition with an unknown result. Otherwise the store could still grant the
    /// lease, and a later run would wait for one that never started.
    fn cancel(&self) {
        let cancel =
            self.update(|store, operation| Box::pin(async move { store.cancel(&operation).await }));
        tokio::spawn(retry_until(self.expires_at, cancel));
    }

    async fn release(self) {
        let release = self
            .update(|store, operation| Box::pin(async move { store.release(&operation).await }));
        report(self.expires_at, release).await;
    }

    async fn complete(self, outcome: Bytes) {
        let complete = self.update(move |store, operation| {
            let outcome = outcome.clone();
            Box::pin(async move { store.complete(&operation, outcome).await })
        });
        report(self.expires_at, complete).await;
    }

    fn update(
        &self,
        update: impl Fn(Arc<dyn SharedStore>, Operation) -> StoreFuture + Send + Sync + 'static,
    ) -> impl Fn() -> StoreFuture + Send + Sync + 'static {
        let (store, operation) = (Arc::clone(&self.store), self.operation);
        move || update(Arc::clone(&store), operation)
    }
}

type StoreFuture = BoxFuture<'static, Result<(), SharedStoreError>>;

/// Updates a lease now, or in the background if the store is unavailable.
async fn report(end: Instant, update: impl Fn() -> StoreFuture + Send + Sync + 'static) {
    if let Err(error) = update().await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "storing the outcome of a message failed; retrying"
        );
        tokio::spawn(retry_until(end, update));
    }
}

async fn retry_until(end: Instant, update: impl Fn() -> StoreFuture + Send + Sync) {
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
    loop {
        backoff.wait().await;
        match timeout_at(end, update()).await {
            Ok(Ok(())) | Err(_) => return,
            Ok(Err(_)) => {}
        }
    }
}

/// Returns whether the error means that the channel refused the message and did nothing.
fn is_refusal(error: &Error) -> bool {
    [
        ErrorCode::Malformed,
        ErrorCode::Unauthenticated,
        ErrorCode::Reauthenticate,
        ErrorCode::Forbidden,
        ErrorCode::RateLimited,
    ]
    .iter()
    .any(|code| code.as_str() == error.code())
}

/// Returns whether the server itself uses this error code for messages that did not run.
fn means_not_run(error: &Error) -> bool {
    ["unavailable", "not_subscribed", "mid_reused"].contains(&error.code())
}

/// Returns whether the error is a failure instead of a decision of the channel.
fn is_failure(error: &Error) -> bool {
    [
        ErrorCode::Internal,
        ErrorCode::Unavailable,
        ErrorCode::DeadlineExceeded,
    ]
    .iter()
    .any(|code| code.as_str() == error.code())
}

fn did_not_run(cause: &str) -> Refusal {
    let message = format!("the message did not run: {cause}; send it again");
    Refusal::new("unavailable", &message)
}

fn outcome_unknown(message: &str) -> Refusal {
    Refusal::new("outcome_unknown", message)
}

/// Encodes a result as `+` and the reply, or `-` and the error.
fn encode_outcome(result: &Result<Bytes, Refusal>) -> Bytes {
    let (mark, body) = match result {
        Ok(data) => (b'+', data),
        Err(refusal) => (b'-', refusal.as_json()),
    };
    let mut outcome = BytesMut::with_capacity(body.len() + 1);
    outcome.put_u8(mark);
    outcome.put_slice(body);
    outcome.freeze()
}

fn decode_outcome(outcome: &Bytes) -> Result<Bytes, Refusal> {
    match outcome.first() {
        Some(b'+') => Ok(outcome.slice(1..)),
        Some(b'-') => Err(Refusal::from_json(outcome.slice(1..))),
        _ => Err(outcome_unknown("the stored outcome is malformed")),
    }
}
