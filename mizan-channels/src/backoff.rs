//! Exponential backoff with full jitter.

use std::time::Duration;

use tokio::time::sleep;

/// The pauses between attempts: the n-th is a random time up to `min(base * 2^n, cap)`, so that servers that lose
/// the broker at the same time do not all retry at the same time.
pub(crate) struct Backoff {
    base: Duration,
    cap: Duration,
    attempt: u32,
}

impl Backoff {
    pub(crate) fn new(base: Duration, cap: Duration) -> Self {
        Self {
            base,
            cap,
            attempt: 0,
        }
    }

    /// Resets the pause to the shortest one.
    #[cfg(any(feature = "redis", feature = "postgres"))]
    pub(crate) fn reset(&mut self) {
        self.attempt = 0;
    }

    /// Waits before the next attempt.
    pub(crate) async fn wait(&mut self) {
        let factor = 2_u32.saturating_pow(self.attempt);
        self.attempt = self.attempt.saturating_add(1);
        sleep(random_up_to(self.base.saturating_mul(factor).min(self.cap))).await;
    }
}

/// Returns a random duration up to `max`.
pub(crate) fn random_up_to(max: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    max.mul_f64(f64::from(random) / f64::from(u32::MAX))
}
