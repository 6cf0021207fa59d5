use std::time::{Duration, Instant};

/// The maximum number of stuck threads that are replaced at once.
const BURST: usize = 16;
/// The time until one more thread may be replaced.
const REFILL_INTERVAL: Duration = Duration::from_secs(60);
/// The maximum number of stuck threads at which more are started. Each keeps its memory, and often a processor.
const MAX_STUCK: usize = 64;

/// A budget of replacements for threads that are stuck. It refills over time, and as threads come back.
#[derive(Debug)]
pub(crate) struct Replacements {
    left: usize,
    refilled_at: Instant,
    /// The number of stuck threads that have not come back.
    pub(crate) stuck: usize,
}

impl Replacements {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            left: BURST,
            refilled_at: now,
            stuck: 0,
        }
    }

    /// Takes one, where there is one.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        self.refill(now);
        if self.left == 0 || self.stuck > MAX_STUCK {
            return false;
        }
        self.left -= 1;
        true
    }

    /// Returns that of a thread that came back.
    pub(crate) fn give_back(&mut self) {
        self.stuck = self.stuck.saturating_sub(1);
        self.left = (self.left + 1).min(BURST);
    }

    fn refill(&mut self, now: Instant) {
        while self.left < BURST
            && now.saturating_duration_since(self.refilled_at) >= REFILL_INTERVAL
        {
            self.refilled_at += REFILL_INTERVAL;
            self.left += 1;
        }
        if self.left == BURST {
            self.refilled_at = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BURST, MAX_STUCK, REFILL_INTERVAL, Replacements};
    use std::time::{Duration, Instant};

    fn exhausted(now: Instant) -> Replacements {
        let mut replacements = Replacements::new(now);
        for _ in 0..BURST {
            replacements.stuck += 1;
            assert!(replacements.take(now));
        }
        assert!(!replacements.take(now));
        replacements
    }

    #[test]
    fn refills_over_time() {
        let now = Instant::now();
        let mut replacements = exhausted(now);
        let almost = now + REFILL_INTERVAL - Duration::from_millis(1);
        assert!(!replacements.take(almost));
        assert!(replacements.take(now + REFILL_INTERVAL));
        assert!(!replacements.take(now + REFILL_INTERVAL));
        let late = now + REFILL_INTERVAL * 1000;
        for _ in 0..BURST {
            assert!(replacements.take(late));
        }
        assert!(!replacements.take(late), "no more than at first");
    }

    #[test]
    fn refills_when_threads_come_back() {
        let now = Instant::now();
        let mut replacements = exhausted(now);
        replacements.give_back();
        assert!(replacements.take(now));
        assert!(!replacements.take(now));
    }

    #[test]
    fn stops_while_too_many_are_stuck() {
        let now = Instant::now();
        let mut replacements = Replacements::new(now);
        replacements.stuck = MAX_STUCK + 1;
        assert!(!replacements.take(now + REFILL_INTERVAL));
        replacements.give_back();
        assert!(replacements.take(now + REFILL_INTERVAL));
    }
}
