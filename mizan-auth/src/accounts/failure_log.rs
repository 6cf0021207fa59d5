//! The log of failed authentication.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::caller::Caller;

/// The maximum number of log lines in a burst.
const MAX_BURST_LINES: NonZeroU32 = NonZeroU32::new(100).expect("100 is not zero");

/// The maximum number of log lines per second after a burst.
const MAX_LINES_PER_SECOND: NonZeroU32 = NonZeroU32::new(10).expect("10 is not zero");

/// Logs failed authentication (OWASP ASVS 16.3.1): the flow, the reason, the id of the account if it
/// exists, and the network of the client. It logs neither passwords nor email addresses.
///
/// The number of lines is limited, and each line states how many were suppressed before it. Failures and
/// rate-limited calls are limited separately, so that the many rate-limited calls of a flood do not hide
/// the failures.
pub(super) struct FailureLog {
    failures: LineLimiter,
    rejections: LineLimiter,
}

impl FailureLog {
    pub(super) fn new() -> Self {
        Self {
            failures: LineLimiter::new(),
            rejections: LineLimiter::new(),
        }
    }

    /// Logs that `caller` failed to authenticate.
    pub(super) fn authentication_failed(
        &self,
        flow: &'static str,
        caller: &Caller,
        account: Option<&str>,
        reason: &'static str,
    ) {
        if let Some(suppressed) = self.failures.next_line() {
            let network = caller.network();
            tracing::warn!(
                flow,
                reason,
                account,
                network,
                suppressed,
                "authentication failed"
            );
        }
    }

    /// Logs that a rate limit rejected `caller` before its credentials were checked.
    pub(super) fn rate_limited(&self, flow: &'static str, caller: &Caller, account: Option<&str>) {
        if let Some(suppressed) = self.rejections.next_line() {
            let (reason, network) = ("rate limited", caller.network());
            tracing::warn!(
                flow,
                reason,
                account,
                network,
                suppressed,
                "authentication refused"
            );
        }
    }
}

/// Limits the number of log lines of one kind.
struct LineLimiter {
    limiter: DefaultDirectRateLimiter,
    suppressed: AtomicU64,
}

impl LineLimiter {
    fn new() -> Self {
        let quota = Quota::per_second(MAX_LINES_PER_SECOND).allow_burst(MAX_BURST_LINES);
        Self {
            limiter: RateLimiter::direct(quota),
            suppressed: AtomicU64::new(0),
        }
    }

    /// Returns the number of lines suppressed since the last one, or `None` if this line is suppressed too.
    fn next_line(&self) -> Option<u64> {
        if self.limiter.check().is_err() {
            self.suppressed.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(self.suppressed.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_suppressed_lines_in_a_flood() {
        let lines = LineLimiter::new();
        let logged = (0..10_000).filter(|_| lines.next_line().is_some()).count();
        assert!((100..1_000).contains(&logged), "{logged}");
        let suppressed = lines.suppressed.load(Ordering::Relaxed);
        assert_eq!(logged as u64 + suppressed, 10_000);
    }
}
