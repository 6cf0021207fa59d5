//! The allowance of one key.

use std::time::Duration;

/// A rate limit: `burst` calls at once, then one call per `interval`.
///
/// It is enforced with the generic cell rate algorithm (ITU-T I.371, appendix I): in any period of
/// time, at most `burst` calls and one more for each `interval` in the period are allowed.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use mizan_core::limits::RateLimit;
///
/// let limit = RateLimit::new(10, Duration::from_secs(60));
/// assert_eq!(limit.burst, 10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// The maximum number of calls in a burst.
    pub burst: u32,
    /// The time after which one more call is allowed.
    pub interval: Duration,
}

impl RateLimit {
    /// Creates a limit of `burst` calls at once, then one call per `interval`.
    #[must_use]
    pub const fn new(burst: u32, interval: Duration) -> Self {
        Self { burst, interval }
    }

    /// Returns the limit with `factor` times the allowance.
    #[must_use]
    pub fn scaled_by(self, factor: u32) -> Self {
        Self {
            burst: self.burst.saturating_mul(factor),
            interval: self.interval / factor.max(1),
        }
    }

    /// Returns the time per call in microseconds, at least one.
    ///
    /// Stores compute in microseconds since 1970, which a Redis script represents exactly.
    #[must_use]
    pub fn interval_micros(&self) -> u64 {
        let micros = u64::try_from(self.interval.as_micros()).unwrap_or(u64::MAX);
        micros.clamp(1, MAX_TOLERANCE_MICROS)
    }

    /// Returns the time in which a full allowance accumulates, in microseconds: at most ten years.
    #[must_use]
    pub fn tolerance_micros(&self) -> u64 {
        let burst = u64::from(self.burst.max(1));
        let tolerance = self.interval_micros().saturating_mul(burst);
        tolerance.min(MAX_TOLERANCE_MICROS)
    }
}

const MAX_TOLERANCE_MICROS: u64 = 10 * 366 * 24 * 60 * 60 * 1_000_000;
