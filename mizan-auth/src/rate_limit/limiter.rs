//! Rate limiters by key and by network.

use std::fmt::Display;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mizan_core::limits::{RateLimit, limited_networks};
use mizan_core::shared_store::{Counter, SharedStore, TakeReply};
use mizan_core::{Error, ErrorCode};

/// A rate limiter that counts by key, in the shared store.
pub(super) struct KeyedLimiter {
    name: &'static str,
    limit: RateLimit,
    store: Arc<dyn SharedStore>,
}

impl KeyedLimiter {
    pub(super) fn new(name: &'static str, limit: RateLimit, store: &Arc<dyn SharedStore>) -> Self {
        Self {
            name,
            limit,
            store: Arc::clone(store),
        }
    }

    pub(super) async fn check(&self, key: impl Display) -> Result<(), Error> {
        let key = key.to_string();
        let counter = Counter::new(self.name, &key, self.limit);
        take(&*self.store, &[counter]).await
    }
}

/// A rate limiter that counts by the networks of an address, in the shared store.
///
/// A call that the limit of a network rejects does not count for the wider networks, so that one client
/// cannot exhaust the allowance of its neighbours.
pub(super) struct NetworkLimiter(KeyedLimiter);

impl NetworkLimiter {
    pub(super) fn new(name: &'static str, limit: RateLimit, store: &Arc<dyn SharedStore>) -> Self {
        Self(KeyedLimiter::new(name, limit, store))
    }

    /// Checks the limits of each network of an address.
    ///
    /// These limits do not apply to a call without a network address.
    pub(super) async fn check(&self, address: Option<IpAddr>) -> Result<(), Error> {
        let Some(address) = address else {
            return Ok(());
        };
        let KeyedLimiter { name, limit, store } = &self.0;
        let counters: Vec<_> = limited_networks(address)
            .map(|network| Counter::of_network(name, network, *limit))
            .collect();
        take(&**store, &counters).await
    }
}

/// Takes a call from each count. While the store is unavailable, every call is refused.
async fn take(store: &dyn SharedStore, counters: &[Counter<'_>]) -> Result<(), Error> {
    match store.take(counters).await? {
        TakeReply::Taken => Ok(()),
        TakeReply::Exhausted { retry_after } => Err(Error::new(
            ErrorCode::RateLimited,
            "too many attempts: try again later",
        )
        .with_retry_after(retry_after.max(Duration::from_secs(1)))),
    }
}

#[cfg(test)]
mod tests {
    use mizan_core::shared_store::MemorySharedStore;

    use super::*;

    fn store() -> Arc<dyn SharedStore> {
        Arc::new(MemorySharedStore::new())
    }

    fn limit(burst: u32, seconds: u64) -> RateLimit {
        RateLimit::new(burst, Duration::from_secs(seconds))
    }

    #[tokio::test]
    async fn rejections_state_the_time_to_wait() {
        let limiter = KeyedLimiter::new("test", limit(3, 60), &store());
        for _ in 0..3 {
            assert!(limiter.check("ada").await.is_ok());
        }
        let error = limiter.check("ada").await.unwrap_err();
        assert_eq!(error.code(), "rate_limited");
        let wait = error.retry_after().unwrap();
        assert!(wait > Duration::from_secs(50) && wait <= Duration::from_secs(60));
        assert!(limiter.check("eve").await.is_ok());
    }

    /// Returns the number of allowed calls out of `calls`; `address` returns the address of each call.
    async fn count_allowed(calls: u32, address: impl Fn(u32) -> String) -> usize {
        let limiter = NetworkLimiter::new("test", limit(10, 3600), &store());
        let mut allowed = 0;
        for number in 0..calls {
            let address = address(number).parse().unwrap();
            allowed += usize::from(limiter.check(Some(address)).await.is_ok());
        }
        allowed
    }

    #[tokio::test]
    async fn limits_wider_networks() {
        assert_eq!(count_allowed(1000, |_| "10.0.0.1".to_owned()).await, 10);
        assert_eq!(
            count_allowed(1000, |n| format!("10.0.0.{}", n % 256)).await,
            80
        );
        assert_eq!(
            count_allowed(1000, |n| format!("2001:db8::{n:x}")).await,
            10
        );
        let by_56 = count_allowed(1000, |n| format!("2001:db8:0:{:x}::1", n % 256));
        assert_eq!(by_56.await, 80);
        let by_48 = count_allowed(1000, |n| format!("2001:db8:0:{:x}00::1", n % 256));
        assert_eq!(by_48.await, 160);
        let others = count_allowed(1000, |n| format!("2001:db8:{n:x}::1"));
        assert_eq!(others.await, 1000);
    }

    #[tokio::test]
    async fn rejected_calls_do_not_use_the_allowance_of_neighbours() {
        let limiter = NetworkLimiter::new("test", limit(10, 3600), &store());
        let eve = "2001:db8:0:1::1".parse().unwrap();
        let mut allowed = 0;
        for _ in 0..1000 {
            allowed += usize::from(limiter.check(Some(eve)).await.is_ok());
        }
        assert_eq!(allowed, 10);
        let neighbour = "2001:db8:0:2::1".parse().unwrap();
        assert!(limiter.check(Some(neighbour)).await.is_ok());
    }
}
