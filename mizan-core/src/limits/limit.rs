//! The declaration of a limit.

use std::fmt;
use std::time::Duration;

use super::rate_limit::RateLimit;

/// A rate limit of a function.
///
/// `#[client(limit = "10/min by principal")]` declares one. Its `Display` output is that text.
///
/// ```
/// use std::time::Duration;
///
/// use mizan_core::limits::{Limit, LimitBy, StoreFailure};
///
/// let limit = Limit::new(10, Duration::from_secs(60), LimitBy::Principal)
///     .burst(3)
///     .on_store_failure(StoreFailure::Allow);
/// assert_eq!(limit.to_string(), "10/min burst 3 by principal");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    count: u32,
    period: Duration,
    burst: u32,
    by: LimitBy,
    on_store_failure: StoreFailure,
}

/// The callers that share the count of a [`Limit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitBy {
    /// The signed-in user. Callers that are not signed in count by address.
    Principal,
    /// The [networks](super::limited_networks) of the client's address.
    ///
    /// Calls without an address, for example in tests or behind a proxy whose header is not
    /// configured, count as one client.
    Address,
    /// The value of an argument, which is compared without letter case and surrounding spaces.
    Input(&'static str),
}

/// The effect of a limit while the shared store cannot be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StoreFailure {
    /// The call is refused with [`ErrorCode::Unavailable`](crate::ErrorCode::Unavailable). This is the
    /// default: a limit that protects something must not end because an attacker overloads the store.
    #[default]
    Refuse,
    /// The call runs, and the failure is logged.
    Allow,
}

impl Limit {
    /// Creates a limit of `count` calls in each `period`, and as many at once.
    ///
    /// # Panics
    ///
    /// Panics if `count` is 0 or if `period` is shorter than a microsecond for each call.
    #[must_use]
    pub const fn new(count: u32, period: Duration, by: LimitBy) -> Self {
        assert!(count > 0, "a limit allows at least one call");
        assert!(
            period.as_micros() >= count as u128,
            "a limit allows at most one call in a microsecond"
        );
        Self {
            count,
            period,
            burst: count,
            by,
            on_store_failure: StoreFailure::Refuse,
        }
    }

    /// Sets the number of calls that are allowed at once, at least 1. By default it equals the count.
    #[must_use]
    pub const fn burst(mut self, burst: u32) -> Self {
        self.burst = if burst == 0 { 1 } else { burst };
        self
    }

    /// Sets the effect while the shared store cannot be reached.
    #[must_use]
    pub const fn on_store_failure(mut self, effect: StoreFailure) -> Self {
        self.on_store_failure = effect;
        self
    }

    /// Returns the callers that share a count.
    #[must_use]
    pub const fn by(&self) -> LimitBy {
        self.by
    }

    /// Returns the allowance of one caller.
    #[must_use]
    pub fn rate(&self) -> RateLimit {
        RateLimit::new(self.burst, self.period / self.count)
    }

    /// Returns the effect while the shared store cannot be reached.
    #[must_use]
    pub const fn store_failure(&self) -> StoreFailure {
        self.on_store_failure
    }
}

/// The units of periods, longest first.
const UNITS: [(u64, &str); 4] = [(86_400, "day"), (3_600, "hour"), (60, "min"), (1, "s")];

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.count)?;
        let seconds = self.period.as_secs();
        let unit = UNITS
            .iter()
            .find(|(unit, _)| seconds > 0 && seconds.is_multiple_of(*unit));
        match unit {
            Some((unit, name)) if self.period.subsec_nanos() == 0 => {
                if seconds != *unit {
                    write!(f, "{}", seconds / unit)?;
                }
                f.write_str(name)?;
            }
            _ => write!(f, "{:?}", self.period)?,
        }
        if self.burst != self.count {
            write!(f, " burst {}", self.burst)?;
        }
        write!(f, " by {}", self.by)
    }
}

impl fmt::Display for LimitBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Principal => f.write_str("principal"),
            Self::Address => f.write_str("address"),
            Self::Input(name) => write!(f, "input.{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_the_text_of_the_attribute() {
        let limit =
            |count, seconds| Limit::new(count, Duration::from_secs(seconds), LimitBy::Address);
        for (limit, text) in [
            (limit(10, 60), "10/min by address"),
            (limit(1, 1), "1/s by address"),
            (limit(3, 600), "3/10min by address"),
            (limit(5, 90), "5/90s by address"),
            (limit(100, 7200).burst(7), "100/2hour burst 7 by address"),
            (limit(100, 86_400), "100/day by address"),
        ] {
            assert_eq!(limit.to_string(), text);
        }
        let by_input = Limit::new(2, Duration::from_millis(500), LimitBy::Input("email"));
        assert_eq!(by_input.to_string(), "2/500ms by input.email");
    }
}
