//! A client's message: run once, however often it comes.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::future::BoxFuture;
use mizan_core::adapter::DynSubscription;
use mizan_core::{Cx, Error, ErrorCode};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::broker::{BrokerError, Claim, ClaimRequest, random_id};
use crate::channels::Shared;
use crate::jitter::full_jitter;
use crate::protocol::Refusal;

/// The time by which the lease of a claim outlasts the deadline of the channel's code.
///
/// When the lease has ended, another run of the message stops waiting for the outcome.
const MARGIN: Duration = Duration::from_secs(5);

/// The first and the longest interval between checks whether another run of the message has ended.
const ASK: Duration = Duration::from_millis(50);
const ASK_CAP: Duration = Duration::from_secs(1);

tokio::task_local! {
    /// Is true if the message that runs in this task has published, or may have.
    static HAS_PUBLISHED: Cell<bool>;
}

/// Notes that the message that runs here, if one does, has published or may have.
pub(crate) fn note_publication() {
    let _ = HAS_PUBLISHED.try_with(|has_published| has_published.set(true));
}

/// The right to run the message `mid` of the page `client`.
///
/// The payload covers the group and the bytes of the message: a `mid` belongs to one message.
pub(crate) fn request(
    user: Option<&str>,
    client: &str,
    mid: &str,
    group: &str,
    data: &[u8],
) -> ClaimRequest {
    let owner = match user {
        Some(user) => format!("u{user}"),
        // Anonymous callers choose their names themselves, so 256 groups of them share what is remembered.
        None => format!("a{:02x}", Sha256::digest(client)[0]),
    };
    let mut payload = Sha256::new();
    payload.update((group.len() as u64).to_be_bytes());
    payload.update(group);
    payload.update(data);
    let payload = payload.finalize();
    ClaimRequest {
        owner,
        key: json!([client, mid]).to_string(),
        payload: payload[..16].iter().fold(String::new(), |mut hex, byte| {
            let _ = std::fmt::Write::write_fmt(&mut hex, format_args!("{byte:02x}"));
            hex
        }),
        nonce: random_id(),
    }
}

/// Hands a message over, unless that was done before; then answers what was answered then.
pub(crate) async fn receive(
    shared: Arc<Shared>,
    request: ClaimRequest,
    joined: Arc<dyn DynSubscription>,
    cx: Cx,
    message: Bytes,
) -> Result<Bytes, Refusal> {
    let deadline = shared.limits.deadline;
    let turn = shared.calls.turn(cx.head().client_network());
    let Ok(_turn) = timeout(deadline, turn).await else {
        return Err(did_not_run("the server has too much to do"));
    };
    let broker = &shared.broker;
    let lease = deadline + MARGIN;
    let end = Instant::now() + lease;
    let mut wait = ASK;
    loop {
        match broker.claim(&request, lease).await {
            Ok(Claim::Granted) => break,
            // A lease seems longer than it is where the broker's clock was set back.
            Ok(Claim::Running) if Instant::now() < end => {
                sleep(wait).await;
                wait = (wait * 2).min(ASK_CAP);
            }
            Ok(Claim::Settled(outcome)) => return read(&outcome),
            Ok(Claim::Lost | Claim::Running) => {
                return Err(unknown(
                    "it is not known whether the message ran, so it is not run again",
                ));
            }
            Ok(Claim::OtherPayload) => {
                return Err(Refusal::new(
                    "mid_reused",
                    "the message did not run: another one had the same `mid`",
                ));
            }
            Ok(Claim::Full) => {
                return Err(Refusal::from(
                    &Error::new(
                        ErrorCode::RateLimited,
                        "the message did not run: too many others are under way",
                    )
                    .with_retry_after(Duration::from_secs(1)),
                ));
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a message did not run"
                );
                if !error.is_unsent() {
                    // Redis may still grant the claim, and no run would use it.
                    let broker = Arc::clone(broker);
                    tokio::spawn(async move {
                        let released = until_it_works(end, || broker.release(&request, true));
                        released.await;
                    });
                }
                return Err(did_not_run("the message did not run"));
            }
        }
    }
    let (result, has_published) = HAS_PUBLISHED
        .scope(Cell::new(false), async {
            let result = timeout(deadline, joined.receive(cx, message)).await;
            (result, HAS_PUBLISHED.with(Cell::get))
        })
        .await;
    let result = match result {
        Ok(Ok(reply)) => Ok(reply),
        Ok(Err(error)) if is_refusal(&error) && !has_published => {
            // Nothing ran that would have to be remembered.
            let broker = Arc::clone(broker);
            settle(end, move || {
                let (broker, request) = (Arc::clone(&broker), request.clone());
                Box::pin(async move { broker.release(&request, false).await })
            })
            .await;
            return Err(Refusal::from(&error));
        }
        Ok(Err(error)) if has_published && (is_refusal(&error) || is_failure(&error)) => Err(
            unknown("the message failed after it was, or may have been, published"),
        ),
        Ok(Err(error)) if says_not_run(&error) => {
            Err(unknown("the channel failed, and may have done a part"))
        }
        Ok(Err(error)) => Err(Refusal::from(&error)),
        Err(_) => {
            tracing::warn!("a channel did not answer a message in time");
            Err(unknown(
                "the channel did not answer in time, and may have done a part",
            ))
        }
    };
    let outcome = write(&result);
    let broker = Arc::clone(broker);
    settle(end, move || {
        let (broker, request, outcome) = (Arc::clone(&broker), request.clone(), outcome.clone());
        Box::pin(async move { broker.settle(&request, outcome).await })
    })
    .await;
    result
}

/// Returns whether the channel refused the message, and so has done nothing.
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

/// Returns whether the server itself uses this error code to say that the message did not run.
fn says_not_run(error: &Error) -> bool {
    ["unavailable", "not_subscribed", "mid_reused"].contains(&error.code())
}

/// Returns whether the error is a failure, and not a decision of the channel.
fn is_failure(error: &Error) -> bool {
    [
        ErrorCode::Internal,
        ErrorCode::Unavailable,
        ErrorCode::DeadlineExceeded,
    ]
    .iter()
    .any(|code| code.as_str() == error.code())
}

fn did_not_run(message: &str) -> Refusal {
    Refusal::new("unavailable", &format!("{message}; send it again"))
}

fn unknown(message: &str) -> Refusal {
    Refusal::new("outcome_unknown", message)
}

/// Says to the broker what became of a message: now, or later where it is away.
async fn settle(
    end: Instant,
    say: impl Fn() -> BoxFuture<'static, Result<(), BrokerError>> + Send + Sync + 'static,
) {
    if let Err(error) = say().await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the outcome of a message is not remembered yet"
        );
        tokio::spawn(async move { until_it_works(end, &say).await });
    }
}

async fn until_it_works<F: Future<Output = Result<(), BrokerError>>>(
    end: Instant,
    say: impl Fn() -> F,
) {
    for attempt in 0.. {
        let wait = full_jitter(attempt, Duration::from_millis(100), Duration::from_secs(2));
        sleep(wait).await;
        match timeout_at(end, say()).await {
            Ok(Ok(())) | Err(_) => return,
            Ok(Err(_)) => {}
        }
    }
}

fn write(result: &Result<Bytes, Refusal>) -> Bytes {
    let (mark, body) = match result {
        Ok(data) => (b'+', data),
        Err(refusal) => (b'-', refusal.as_json()),
    };
    let mut outcome = BytesMut::with_capacity(body.len() + 1);
    outcome.put_u8(mark);
    outcome.put_slice(body);
    outcome.freeze()
}

fn read(outcome: &Bytes) -> Result<Bytes, Refusal> {
    match outcome.first() {
        Some(b'+') => Ok(outcome.slice(1..)),
        Some(b'-') => Err(Refusal::from_json(outcome.slice(1..))),
        _ => Err(unknown("the outcome cannot be read")),
    }
}
