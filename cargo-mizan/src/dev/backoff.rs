//! Delays before a process that ended by itself starts again.

use std::time::Duration;

const MIN_DELAY: Duration = Duration::from_millis(500);
const MAX_DELAY: Duration = Duration::from_secs(30);
/// A process that ran for this time was not at fault from the start.
const STABLE_TIME: Duration = Duration::from_secs(10);

/// A delay that doubles with each process that ends soon.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Returns the delay after a process that ran for `lifetime`.
    pub(super) fn after(&mut self, lifetime: Duration) -> Duration {
        if lifetime >= STABLE_TIME {
            self.reset();
        }
        let delay = MIN_DELAY.saturating_mul(1 << self.failures.min(16));
        self.failures += 1;
        delay.min(MAX_DELAY)
    }

    /// Begins with the shortest delay again, because something changed.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Backoff;

    #[test]
    fn delays_double_up_to_a_limit() {
        let mut backoff = Backoff::default();
        let soon = Duration::from_millis(10);
        let delays: Vec<_> = (0..9).map(|_| backoff.after(soon).as_millis()).collect();
        assert_eq!(
            delays,
            [
                500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000
            ]
        );
        assert_eq!(backoff.after(Duration::from_secs(11)).as_millis(), 500);
    }
}
