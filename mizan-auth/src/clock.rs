//! A clock that tests can advance.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};

/// The system time plus an offset that tests can advance. Clones share the offset.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use mizan_auth::clock::Clock;
///
/// let clock = Clock::default();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert!(clock.now() > before);
/// ```
#[derive(Clone, Default)]
pub struct Clock {
    offset_millis: Arc<AtomicI64>,
}

impl Clock {
    /// Returns the current time in milliseconds, which is the precision of the stores.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = Timestamp::now().as_millisecond();
        Timestamp::from_millisecond(now)
            .and_then(|now| now.checked_add(self.offset()))
            .unwrap_or(Timestamp::MAX)
    }

    /// Advances the clock, for tests of later behaviour.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.offset_millis.fetch_add(by, Ordering::Relaxed);
    }

    /// Converts a time of this clock to the system time, which the policies of mizan-core use.
    pub(crate) fn system_time(&self, time: Timestamp) -> SystemTime {
        let time = time.checked_sub(self.offset());
        time.unwrap_or(Timestamp::MIN).into()
    }

    fn offset(&self) -> SignedDuration {
        SignedDuration::from_millis(self.offset_millis.load(Ordering::Relaxed))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// Returns `time + duration`, saturating at the maximum timestamp.
pub(crate) fn later(time: Timestamp, duration: Duration) -> Timestamp {
    time.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// Returns `time - duration`, saturating at the minimum timestamp.
pub(crate) fn earlier(time: Timestamp, duration: Duration) -> Timestamp {
    time.checked_sub(duration).unwrap_or(Timestamp::MIN)
}
