use std::fmt;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use mizan_core::{Error, ErrorCode};

use crate::EmailAddress;

/// How often something may be done: `burst` times at once, then once `every`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How often at once.
    pub burst: u32,
    /// How long it takes until one more is allowed.
    pub every: Duration,
}

impl Rate {
    /// So often at once, then once every so many seconds.
    #[must_use]
    pub const fn new(burst: u32, every_seconds: u64) -> Self {
        Self {
            burst,
            every: Duration::from_secs(every_seconds),
        }
    }

    fn quota(self) -> Quota {
        let burst = NonZeroU32::new(self.burst).unwrap_or(NonZeroU32::MIN);
        let every = self.every.max(Duration::from_nanos(1));
        let quota = Quota::with_period(every).expect("a period that is not zero");
        quota.allow_burst(burst)
    }
}

/// How often each flow may be tried: by one address of the network, and for one account, whether or
/// not there is such an account. What succeeds counts as what fails does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Signing in and confirming who one is, by network address: 30, then one in 10 seconds.
    pub sign_in_by_address: Rate,
    /// The same for one account: 10, then one a minute.
    pub sign_in_by_account: Rate,
    /// Signing up, by network address: 10, then one in 5 minutes.
    pub sign_up_by_address: Rate,
    /// Mails that somebody asks for, by network address: 20, then one a minute.
    pub mail_by_address: Rate,
    /// Mails to one e-mail address: 5, then one in 10 minutes.
    pub mail_by_account: Rate,
    /// Codes and links that are tried, by network address: 30, then one in 10 seconds.
    pub proof_by_address: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            sign_in_by_address: Rate::new(30, 10),
            sign_in_by_account: Rate::new(10, 60),
            sign_up_by_address: Rate::new(10, 300),
            mail_by_address: Rate::new(20, 60),
            mail_by_account: Rate::new(5, 600),
            proof_by_address: Rate::new(30, 10),
        }
    }
}

/// Counts what is tried.
pub(crate) struct Limits {
    sign_in_by_address: Limit<IpAddr>,
    sign_in_by_account: Limit<String>,
    sign_up_by_address: Limit<IpAddr>,
    mail_by_address: Limit<IpAddr>,
    mail_by_account: Limit<String>,
    proof_by_address: Limit<IpAddr>,
}

impl Limits {
    pub(crate) fn new(rates: Rates) -> Self {
        Self {
            sign_in_by_address: Limit::new(rates.sign_in_by_address),
            sign_in_by_account: Limit::new(rates.sign_in_by_account),
            sign_up_by_address: Limit::new(rates.sign_up_by_address),
            mail_by_address: Limit::new(rates.mail_by_address),
            mail_by_account: Limit::new(rates.mail_by_account),
            proof_by_address: Limit::new(rates.proof_by_address),
        }
    }

    pub(crate) fn sign_in(
        &self,
        address: Option<IpAddr>,
        email: &EmailAddress,
    ) -> Result<(), Error> {
        self.sign_in_by_address.check_address(address)?;
        self.sign_in_by_account.check(&email.to_string())
    }

    pub(crate) fn sign_up(&self, address: Option<IpAddr>) -> Result<(), Error> {
        self.sign_up_by_address.check_address(address)
    }

    pub(crate) fn mail(&self, address: Option<IpAddr>, email: &EmailAddress) -> Result<(), Error> {
        self.mail_by_address.check_address(address)?;
        self.mail_by_account.check(&email.to_string())
    }

    pub(crate) fn proof(&self, address: Option<IpAddr>) -> Result<(), Error> {
        self.proof_by_address.check_address(address)
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits").finish_non_exhaustive()
    }
}

/// After so many checks, keys are forgotten that may do all that a new one may.
const FORGET_EVERY: u32 = 1024;

struct Limit<K: Clone + Eq + Hash> {
    limiter: RateLimiter<K, HashMapStateStore<K>, DefaultClock>,
    clock: DefaultClock,
    checks: AtomicU32,
}

impl<K: Clone + Eq + Hash> Limit<K> {
    fn new(rate: Rate) -> Self {
        Self {
            limiter: RateLimiter::hashmap(rate.quota()),
            clock: DefaultClock::default(),
            checks: AtomicU32::new(0),
        }
    }

    fn check(&self, key: &K) -> Result<(), Error> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            Error::new(
                ErrorCode::RateLimited,
                "that was too often; try again later",
            )
            .retry_after(wait.max(Duration::from_secs(1)))
        })
    }
}

impl Limit<IpAddr> {
    /// A call that comes without a network address is limited by account alone.
    fn check_address(&self, address: Option<IpAddr>) -> Result<(), Error> {
        address.map_or(Ok(()), |address| self.check(&network(address)))
    }
}

/// The address, or for IPv6 the network of 64 bits, all of which one customer has.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_says_how_long_to_wait() {
        let limit = Limit::new(Rate::new(3, 60));
        for _ in 0..3 {
            assert!(limit.check(&"ada".to_owned()).is_ok());
        }
        let error = limit.check(&"ada".to_owned()).unwrap_err();
        assert_eq!(error.code(), "rate_limited");
        let wait = error.wait().unwrap();
        assert!(wait > Duration::from_secs(50) && wait <= Duration::from_secs(60));
        assert!(limit.check(&"eve".to_owned()).is_ok());
    }

    #[test]
    fn what_may_begin_anew_is_forgotten() {
        let limit = Limit::new(Rate {
            burst: 1,
            every: Duration::from_nanos(1),
        });
        for key in 0..10 * FORGET_EVERY {
            limit.check(&key).unwrap();
        }
        assert!(limit.limiter.len() <= FORGET_EVERY as usize);
    }

    #[test]
    fn ipv6_is_limited_by_network() {
        for (a, b, same) in [
            ("10.0.0.1", "10.0.0.2", false),
            ("::ffff:10.0.0.1", "10.0.0.1", true),
            ("2001:db8::1", "2001:db8::ffff:2", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
        ] {
            let [a, b] = [a, b].map(|text| network(text.parse().unwrap()));
            assert_eq!(a == b, same, "{a} {b}");
        }
    }
}
