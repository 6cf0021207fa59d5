//! The timeout of a client that sends a body too slowly.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

/// The number of bytes that have to arrive within each interval.
const MIN_BYTES_PER_INTERVAL: usize = 16 * 1024;
/// The time limit that is used instead of one that the clock cannot represent.
const FAR_FUTURE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Limits the time of a whole body and the time for each 16 KiB of it.
///
/// Without it, a client that sends a byte now and then could keep its connection and its files open
/// indefinitely.
pub(super) struct SlowBodyTimeout {
    interval: Duration,
    received_bytes: usize,
    /// Runs until the end of the current interval.
    timer: Option<Pin<Box<Sleep>>>,
    body_deadline: Instant,
}

impl SlowBodyTimeout {
    pub(super) fn new(interval: Duration, total: Duration) -> Self {
        let now = Instant::now();
        Self {
            interval,
            received_bytes: 0,
            timer: None,
            body_deadline: now.checked_add(total).unwrap_or(now + FAR_FUTURE),
        }
    }

    pub(super) fn on_received(&mut self, bytes: usize) {
        self.received_bytes += bytes;
        if self.received_bytes >= MIN_BYTES_PER_INTERVAL {
            self.received_bytes = 0;
            self.timer = None;
        }
    }

    /// Ready once the client has been too slow. Polled only while the body is pending.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (interval, body_deadline) = (self.interval, self.body_deadline);
        let timer = self.timer.get_or_insert_with(|| {
            let interval_end = Instant::now().checked_add(interval);
            let deadline = interval_end.unwrap_or(body_deadline).min(body_deadline);
            Box::pin(sleep_until(deadline))
        });
        timer.as_mut().poll(cx)
    }
}
