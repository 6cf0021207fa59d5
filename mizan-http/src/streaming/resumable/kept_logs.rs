//! The limits of logs that the broker keeps.

use std::collections::VecDeque;
use std::time::Duration;

use mizan_core::{Error, ErrorCode, RequestHead};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::client_budget::{Budget, ClientKey, Exhausted, Share};
use crate::response::busy::busy;
use crate::service::limits::HttpLimits;

/// The size of an input that counts as another log.
const INPUT_UNIT_BYTES: usize = 16 * 1024;

/// The logs that clients of this process have begun, until the broker drops them.
pub(crate) struct KeptLogs {
    budget: Budget,
    age: Duration,
    /// The shares of the logs with the times at which they expire, in this order, because all have the same age.
    shares: Mutex<VecDeque<(Instant, Share)>>,
}

impl KeptLogs {
    pub(crate) fn new(limits: &HttpLimits) -> Self {
        Self {
            budget: Budget::new(
                limits.max_kept_streams as u64,
                limits.max_kept_streams_per_client as u64,
            ),
            age: age(limits),
            shares: Mutex::default(),
        }
    }

    /// Counts a new log with this input for the client that made a request.
    pub(super) fn add(&self, head: &RequestHead, input: &[u8]) -> Result<(), Error> {
        let now = Instant::now();
        let mut shares = self.shares.lock();
        while shares
            .front()
            .is_some_and(|(expires_at, _)| *expires_at <= now)
        {
            shares.pop_front();
        }
        let amount = 1 + input.len() / INPUT_UNIT_BYTES;
        let share = self.budget.take(ClientKey::of_request(head), amount as u64);
        let share = share.map_err(|exhausted| match exhausted {
            Exhausted::Client => {
                let next = shares.front().map(|(expires_at, _)| *expires_at - now);
                Error::new(ErrorCode::RateLimited, "too many streams: try again later")
                    .with_retry_after(next.unwrap_or(self.age))
            }
            Exhausted::Total => busy(exhausted),
        })?;
        shares.push_back((now + self.age, share));
        Ok(())
    }
}

/// Returns the time for which the broker keeps a log.
pub(super) fn age(limits: &HttpLimits) -> Duration {
    limits.stream_deadline + limits.resumable_retention
}
