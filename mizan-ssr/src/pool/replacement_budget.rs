//! The rate limit for replacing stuck render threads.

use std::time::{Duration, Instant};

/// The maximum number of replacements at once.
const MAX_REPLACEMENTS: usize = 16;
/// The time after which one more replacement is available.
const REFILL_INTERVAL: Duration = Duration::from_secs(60);
/// The number of stuck threads above which none is replaced. Each occupies memory, and often a processor.
const MAX_STUCK_THREADS: usize = 64;

/// A budget of replacements for stuck threads, which refills over time and when threads return.
#[derive(Debug)]
pub(super) struct ReplacementBudget {
    available: usize,
    refilled_at: Instant,
    /// The number of stuck threads that have not returned.
    pub(super) stuck: usize,
}

impl ReplacementBudget {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            available: MAX_REPLACEMENTS,
            refilled_at: now,
            stuck: 0,
        }
    }

    /// Takes one replacement. Returns `false` if none is available.
    pub(super) fn try_take(&mut self, now: Instant) -> bool {
        self.refill(now);
        if self.available == 0 || self.stuck > MAX_STUCK_THREADS {
            return false;
        }
        self.available -= 1;
        true
    }

    /// Makes one more replacement available, because a stuck thread has returned.
    pub(super) fn thread_returned(&mut self) {
        self.stuck = self.stuck.saturating_sub(1);
        self.available = (self.available + 1).min(MAX_REPLACEMENTS);
    }

    fn refill(&mut self, now: Instant) {
        while self.available < MAX_REPLACEMENTS
            && now.saturating_duration_since(self.refilled_at) >= REFILL_INTERVAL
        {
            self.refilled_at += REFILL_INTERVAL;
            self.available += 1;
        }
        if self.available == MAX_REPLACEMENTS {
            self.refilled_at = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_REPLACEMENTS, MAX_STUCK_THREADS, REFILL_INTERVAL, ReplacementBudget};
    use std::time::{Duration, Instant};

    fn exhausted(now: Instant) -> ReplacementBudget {
        let mut budget = ReplacementBudget::new(now);
        for _ in 0..MAX_REPLACEMENTS {
            budget.stuck += 1;
            assert!(budget.try_take(now));
        }
        assert!(!budget.try_take(now));
        budget
    }

    #[test]
    fn refills_over_time() {
        let now = Instant::now();
        let mut budget = exhausted(now);
        let almost = now + REFILL_INTERVAL - Duration::from_millis(1);
        assert!(!budget.try_take(almost));
        assert!(budget.try_take(now + REFILL_INTERVAL));
        assert!(!budget.try_take(now + REFILL_INTERVAL));
        let late = now + REFILL_INTERVAL * 1000;
        for _ in 0..MAX_REPLACEMENTS {
            assert!(budget.try_take(late));
        }
        assert!(!budget.try_take(late), "exceeded the maximum");
    }

    #[test]
    fn refills_when_threads_return() {
        let now = Instant::now();
        let mut budget = exhausted(now);
        budget.thread_returned();
        assert!(budget.try_take(now));
        assert!(!budget.try_take(now));
    }

    #[test]
    fn stops_while_too_many_threads_are_stuck() {
        let now = Instant::now();
        let mut budget = ReplacementBudget::new(now);
        budget.stuck = MAX_STUCK_THREADS + 1;
        assert!(!budget.try_take(now + REFILL_INTERVAL));
        budget.thread_returned();
        assert!(budget.try_take(now + REFILL_INTERVAL));
    }
}
