//! A client's message: run once, however often it comes.

use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use mizan_core::{Cx, Error, ErrorCode, Joined};
use tokio::time::{sleep, timeout};

use crate::broker::{Broker, Claim};
use crate::protocol::Refusal;

/// How much longer than the code may run somebody else waits before it takes the outcome for lost.
const MARGIN: Duration = Duration::from_secs(5);

/// How often it is asked whether another run of the message has ended.
const ASK: Duration = Duration::from_millis(50);

/// Hands a message over, unless that was done before; then answers what was answered then.
pub(crate) async fn receive(
    broker: Arc<dyn Broker>,
    key: String,
    deadline: Duration,
    joined: Arc<dyn Joined>,
    cx: Cx,
    message: Bytes,
) -> Result<Bytes, Refusal> {
    loop {
        match broker.claim(&key, deadline + MARGIN).await {
            Ok(Claim::Granted) => break,
            Ok(Claim::Running) => sleep(ASK).await,
            Ok(Claim::Settled(outcome)) => return read(&outcome),
            Ok(Claim::Lost) => {
                return Err(Refusal::new(
                    "outcome_unknown",
                    "it is not known whether the message ran, so it is not run again",
                ));
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a message did not run"
                );
                return Err(Refusal::new(
                    "unavailable",
                    "the message did not run; send it again",
                ));
            }
        }
    }
    let result = match timeout(deadline, joined.receive(cx, message)).await {
        Ok(result) => result,
        Err(_) => Err(Error::new(
            ErrorCode::DeadlineExceeded,
            "the channel did not answer in time",
        )),
    };
    let result = result.map_err(|error| Refusal::from(&error));
    if let Err(error) = broker.settle(&key, write(&result)).await {
        // Who asks again is told that the outcome is not known, once the lease has passed.
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "an outcome is remembered nowhere"
        );
    }
    result
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
        _ => Err(Refusal::new(
            "outcome_unknown",
            "the outcome cannot be read",
        )),
    }
}
