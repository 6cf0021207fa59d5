use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::RateLimiter;
use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use mizan_core::{Error, ErrorCode};

use super::network::{CLIENTS, networks};
use super::rate::Rate;

/// After so many checks, keys are forgotten that may do all that a new one may.
const FORGET_EVERY: u32 = 1024;

/// So many keys are counted apart. Beyond them, keys share as many counts, so that the memory is
/// bounded whatever a flood makes up.
const MAX_KEYS: usize = 1 << 16;

/// Counts by key, and says when one key did too much.
pub(super) struct Limit {
    limiter: RateLimiter<u64, HashMapStateStore<u64>, DefaultClock>,
    clock: DefaultClock,
    /// Keyed at random, so that a client cannot choose whose count it shares.
    hash: RandomState,
    checks: AtomicU32,
}

impl Limit {
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            limiter: RateLimiter::hashmap(rate.quota()),
            clock: DefaultClock::default(),
            hash: RandomState::new(),
            checks: AtomicU32::new(0),
        }
    }

    pub(super) fn check(&self, key: &(impl Hash + ?Sized)) -> Result<(), Error> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
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

/// Counts by the networks of an address.
///
/// A call that the limit of a network refuses is not counted for the wider networks, so that one client
/// does not use up the allowance of its neighbours.
pub(super) struct NetworkLimit([Limit; CLIENTS.len()]);

impl NetworkLimit {
    pub(super) fn new(rate: Rate) -> Self {
        Self(CLIENTS.map(|clients| Limit::new(rate.of(clients))))
    }

    /// A call that comes without a network address is not limited by address.
    pub(super) fn check(&self, address: Option<IpAddr>) -> Result<(), Error> {
        let networks = address.into_iter().flat_map(networks);
        self.0
            .iter()
            .zip(networks)
            .try_for_each(|(limit, network)| limit.check(&network))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_says_how_long_to_wait() {
        let limit = Limit::new(Rate::new(3, 60));
        for _ in 0..3 {
            assert!(limit.check("ada").is_ok());
        }
        let error = limit.check("ada").unwrap_err();
        assert_eq!(error.code(), "rate_limited");
        let wait = error.retry_after().unwrap();
        assert!(wait > Duration::from_secs(50) && wait <= Duration::from_secs(60));
        assert!(limit.check("eve").is_ok());
    }

    #[test]
    fn keys_that_may_do_all_are_forgotten() {
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
    fn a_flood_of_keys_takes_bounded_memory() {
        let limit = Limit::new(Rate::new(1, 3600));
        for key in 0..4 * MAX_KEYS {
            let _ = limit.check(&key);
        }
        assert!(limit.limiter.len() <= 2 * MAX_KEYS);
    }

    /// Returns the number of `tries` that pass; `address` makes the address of each from its number.
    fn passed(tries: u32, address: impl Fn(u32) -> String) -> usize {
        let limit = NetworkLimit::new(Rate::new(10, 3600));
        let addresses = (0..tries).map(|number| address(number).parse().unwrap());
        addresses
            .filter(|address| limit.check(Some(*address)).is_ok())
            .count()
    }

    #[test]
    fn wider_networks_are_limited_too() {
        assert_eq!(passed(1000, |_| "10.0.0.1".to_owned()), 10);
        assert_eq!(passed(1000, |n| format!("10.0.0.{}", n % 256)), 80);
        assert_eq!(passed(1000, |n| format!("2001:db8::{n:x}")), 10);
        assert_eq!(passed(1000, |n| format!("2001:db8:0:{:x}::1", n % 256)), 80);
        assert_eq!(
            passed(1000, |n| format!("2001:db8:0:{:x}00::1", n % 256)),
            160
        );
        assert_eq!(passed(1000, |n| format!("2001:db8:{n:x}::1")), 1000);
    }

    #[test]
    fn one_client_does_not_use_up_its_neighbours_allowance() {
        let limit = NetworkLimit::new(Rate::new(10, 3600));
        let eve = "2001:db8:0:1::1".parse().unwrap();
        let passed = (0..1000).filter(|_| limit.check(Some(eve)).is_ok());
        assert_eq!(passed.count(), 10);
        let neighbour = "2001:db8:0:2::1".parse().unwrap();
        assert!(limit.check(Some(neighbour)).is_ok());
    }
}
