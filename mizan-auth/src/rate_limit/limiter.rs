//! Rate limiters by key and by network.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::RateLimiter;
use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use mizan_core::{Error, ErrorCode};

use super::config::RateLimit;
use crate::client_network::{MAX_LIMITED_NETWORKS, limited_networks};

/// The number of checks between removals of keys whose full allowance is available again.
const CHECKS_BETWEEN_CLEANUPS: u32 = 1024;

/// The maximum number of keys with a separate count.
///
/// Further keys share counts, so that the memory is bounded during a flood.
const MAX_KEYS: usize = 1 << 16;

/// The allowances of the networks of an address as multiples of the allowance of one client, narrowest
/// network first.
const NETWORK_FACTORS: [u32; MAX_LIMITED_NETWORKS] = [1, 8, 16];

/// A rate limiter that counts by key.
pub(super) struct KeyedLimiter {
    limiter: RateLimiter<u64, HashMapStateStore<u64>, DefaultClock>,
    clock: DefaultClock,
    /// Randomly seeded, so that a client cannot choose the key with which it shares a count.
    hash: RandomState,
    checks: AtomicU32,
}

impl KeyedLimiter {
    pub(super) fn new(limit: RateLimit) -> Self {
        Self {
            limiter: RateLimiter::hashmap(limit.quota()),
            clock: DefaultClock::default(),
            hash: RandomState::new(),
            checks: AtomicU32::new(0),
        }
    }

    pub(super) fn check(&self, key: &(impl Hash + ?Sized)) -> Result<(), Error> {
        let checks = self.checks.fetch_add(1, Ordering::Relaxed);
        if checks % CHECKS_BETWEEN_CLEANUPS == CHECKS_BETWEEN_CLEANUPS - 1 {
            self.limiter.retain_recent();
        }
        let mut key = self.hash.hash_one(key);
        if self.limiter.len() >= MAX_KEYS {
            key %= MAX_KEYS as u64;
        }
        self.limiter.check_key(&key).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            Error::new(ErrorCode::RateLimited, "too many attempts: try again later")
                .with_retry_after(wait.max(Duration::from_secs(1)))
        })
    }
}

/// A rate limiter that counts by the networks of an address.
///
/// A call that the limit of a network rejects does not count for the wider networks, so that one client
/// cannot exhaust the allowance of its neighbours.
pub(super) struct NetworkLimiter([KeyedLimiter; MAX_LIMITED_NETWORKS]);

impl NetworkLimiter {
    pub(super) fn new(limit: RateLimit) -> Self {
        Self(NETWORK_FACTORS.map(|factor| KeyedLimiter::new(limit.scaled_by(factor))))
    }

    /// Checks the limits of each network of an address.
    ///
    /// These limits do not apply to a call without a network address.
    pub(super) fn check(&self, address: Option<IpAddr>) -> Result<(), Error> {
        let networks = address.into_iter().flat_map(limited_networks);
        self.0
            .iter()
            .zip(networks)
            .try_for_each(|(limiter, network)| limiter.check(&network))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(burst: u32, seconds: u64) -> RateLimit {
        RateLimit::new(burst, Duration::from_secs(seconds))
    }

    #[test]
    fn rejections_state_the_time_to_wait() {
        let limiter = KeyedLimiter::new(limit(3, 60));
        for _ in 0..3 {
            assert!(limiter.check("ada").is_ok());
        }
        let error = limiter.check("ada").unwrap_err();
        assert_eq!(error.code(), "rate_limited");
        let wait = error.retry_after().unwrap();
        assert!(wait > Duration::from_secs(50) && wait <= Duration::from_secs(60));
        assert!(limiter.check("eve").is_ok());
    }

    #[test]
    fn removes_keys_with_their_full_allowance() {
        let limiter = KeyedLimiter::new(RateLimit::new(1, Duration::from_nanos(1)));
        for key in 0..10 * CHECKS_BETWEEN_CLEANUPS {
            limiter.check(&key).unwrap();
        }
        assert!(limiter.limiter.len() <= CHECKS_BETWEEN_CLEANUPS as usize);
    }

    #[test]
    fn memory_is_bounded_in_a_flood_of_keys() {
        let limiter = KeyedLimiter::new(limit(1, 3600));
        for key in 0..4 * MAX_KEYS {
            let _ = limiter.check(&key);
        }
        assert!(limiter.limiter.len() <= 2 * MAX_KEYS);
    }

    /// Returns the number of allowed calls out of `calls`; `address` returns the address of each call.
    fn count_allowed(calls: u32, address: impl Fn(u32) -> String) -> usize {
        let limiter = NetworkLimiter::new(limit(10, 3600));
        let addresses = (0..calls).map(|number| address(number).parse().unwrap());
        addresses
            .filter(|address| limiter.check(Some(*address)).is_ok())
            .count()
    }

    #[test]
    fn limits_wider_networks() {
        assert_eq!(count_allowed(1000, |_| "10.0.0.1".to_owned()), 10);
        assert_eq!(count_allowed(1000, |n| format!("10.0.0.{}", n % 256)), 80);
        assert_eq!(count_allowed(1000, |n| format!("2001:db8::{n:x}")), 10);
        assert_eq!(
            count_allowed(1000, |n| format!("2001:db8:0:{:x}::1", n % 256)),
            80
        );
        assert_eq!(
            count_allowed(1000, |n| format!("2001:db8:0:{:x}00::1", n % 256)),
            160
        );
        assert_eq!(count_allowed(1000, |n| format!("2001:db8:{n:x}::1")), 1000);
    }

    #[test]
    fn rejected_calls_do_not_use_the_allowance_of_neighbours() {
        let limiter = NetworkLimiter::new(limit(10, 3600));
        let eve = "2001:db8:0:1::1".parse().unwrap();
        let allowed = (0..1000).filter(|_| limiter.check(Some(eve)).is_ok());
        assert_eq!(allowed.count(), 10);
        let neighbour = "2001:db8:0:2::1".parse().unwrap();
        assert!(limiter.check(Some(neighbour)).is_ok());
    }
}
