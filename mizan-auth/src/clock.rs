use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};

/// What time it is: the system's, moved by as much as a test wants. Clones move together.
#[derive(Clone, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// The time, to the millisecond, as stores keep it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let moved = SignedDuration::from_millis(self.0.load(Ordering::Relaxed));
        let now = Timestamp::now().as_millisecond();
        Timestamp::from_millisecond(now)
            .and_then(|now| now.checked_add(moved))
            .unwrap_or(Timestamp::MAX)
    }

    /// Moves the time on, to see what happens later.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(by, Ordering::Relaxed);
    }

    /// When `time` was by the system's clock, which is what the policies of the core go by.
    pub(crate) fn system_time(&self, time: Timestamp) -> SystemTime {
        let moved = SignedDuration::from_millis(self.0.load(Ordering::Relaxed));
        time.checked_sub(moved).unwrap_or(Timestamp::MIN).into()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// `time` and `duration` later; the end of time where there is no such time.
pub(crate) fn later(time: Timestamp, duration: Duration) -> Timestamp {
    time.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// `time` less `duration`; the beginning of time where there is no such time.
pub(crate) fn earlier(time: Timestamp, duration: Duration) -> Timestamp {
    time.checked_sub(duration).unwrap_or(Timestamp::MIN)
}
