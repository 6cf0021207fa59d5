//! The time that renders of a component take.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// The maximum average of renders that run on the thread of their caller.
const MAX_AVERAGE: Duration = Duration::from_millis(1);

/// The moving average of the time for which the renders of a component occupy a thread, without waiting.
#[derive(Default)]
pub(crate) struct RenderCost {
    /// Zero before the first measurement.
    microseconds: AtomicU32,
}

impl RenderCost {
    /// Adds a measurement. Concurrent measurements may be lost.
    pub(super) fn record(&self, running: Duration) {
        let sample = u32::try_from(running.as_micros())
            .unwrap_or(u32::MAX)
            .max(1);
        let average = match self.microseconds.load(Ordering::Relaxed) {
            0 => sample,
            average => average - average / 8 + sample / 8,
        };
        self.microseconds.store(average.max(1), Ordering::Relaxed);
    }

    /// Records a render that exceeded the time on its caller's thread. The next 60 renders run in the pool.
    pub(super) fn record_excess(&self) {
        self.microseconds.store(3_000_000, Ordering::Relaxed);
    }

    /// Returns whether renders are known to be short.
    pub(super) fn is_small(&self) -> bool {
        let average = self.microseconds.load(Ordering::Relaxed);
        average != 0 && Duration::from_micros(average.into()) <= MAX_AVERAGE
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::RenderCost;

    #[test]
    fn is_small_after_short_renders() {
        let cost = RenderCost::default();
        assert!(!cost.is_small(), "not measured yet");
        cost.record(Duration::from_micros(10));
        assert!(cost.is_small());
        cost.record(Duration::from_millis(5));
        assert!(cost.is_small(), "one slow render is not the average");
        for _ in 0..8 {
            cost.record(Duration::from_millis(5));
        }
        assert!(!cost.is_small());
    }

    #[test]
    fn excess_excludes_many_renders() {
        let cost = RenderCost::default();
        cost.record(Duration::from_micros(10));
        cost.record_excess();
        let renders = (0..1000).position(|_| {
            cost.record(Duration::from_micros(10));
            cost.is_small()
        });
        assert!(
            renders.is_some_and(|renders| (50..100).contains(&renders)),
            "{renders:?}"
        );
    }
}
