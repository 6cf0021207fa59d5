//! The log of failed authentication.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::caller::Caller;

/// The most lines at once, and then each second.
const BURST: NonZeroU32 = NonZeroU32::new(100).expect("not zero");
const PER_SECOND: NonZeroU32 = NonZeroU32::new(10).expect("not zero");

/// Logs failed authentication (OWASP ASVS 16.3.1): the flow, the reason, the account's id where
/// there is one, and the network of the client; no password and no email address.
///
/// A flood does not flood the log: beyond a number of lines, the next line says how many were left
/// out. Failures and calls that a limit refused are counted apart, so that the many refused calls
/// of a flood do not hide the failures.
pub(crate) struct FailureLog {
    failed: Lines,
    limited: Lines,
}

impl FailureLog {
    pub(crate) fn new() -> Self {
        Self {
            failed: Lines::new(),
            limited: Lines::new(),
        }
    }

    /// Logs that `caller` failed to authenticate.
    pub(crate) fn failed(
        &self,
        flow: &'static str,
        caller: &Caller,
        account: Option<&str>,
        reason: &'static str,
    ) {
        if let Some(suppressed) = self.failed.next() {
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

    /// Logs that a limit refused `caller` before anything was checked.
    pub(crate) fn limited(&self, flow: &'static str, caller: &Caller, account: Option<&str>) {
        if let Some(suppressed) = self.limited.next() {
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

/// Lines of one kind.
struct Lines {
    limit: DefaultDirectRateLimiter,
    suppressed: AtomicU64,
}

impl Lines {
    fn new() -> Self {
        Self {
            limit: RateLimiter::direct(Quota::per_second(PER_SECOND).allow_burst(BURST)),
            suppressed: AtomicU64::new(0),
        }
    }

    /// Returns the number of lines suppressed since the last one, or `None` if this line is suppressed too.
    fn next(&self) -> Option<u64> {
        if self.limit.check().is_err() {
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
    fn a_flood_is_counted_instead_of_logged() {
        let lines = Lines::new();
        let logged = (0..10_000).filter(|_| lines.next().is_some()).count();
        assert!((100..1_000).contains(&logged), "{logged}");
        let left_out = lines.suppressed.load(Ordering::Relaxed);
        assert_eq!(logged as u64 + left_out, 10_000);
    }
}
