//! Runs the suite of shared stores on servers that the tests start.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
#[expect(
    dead_code,
    reason = "the tests of mizan-channels use the other methods"
)]
#[path = "../../../mizan-auth/tests/it/stores/postgres_server.rs"]
mod postgres_server;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
#[expect(
    dead_code,
    reason = "the tests of mizan-channels use the other methods"
)]
#[path = "../../../mizan-channels/tests/it/redis_server.rs"]
mod redis_server;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::time::Duration;

use mizan_core::limits::RateLimit;
use mizan_core::shared_store::{Counter, LeaseReply, Operation, SharedStore, TakeReply};

/// An acquisition that arrives after its cancellation does not get the lease.
async fn rejects_late_acquisition(store: &dyn SharedStore) {
    let lease = Duration::from_secs(30);
    let [late, first, retry] = [(); 3].map(|()| {
        let owner = b"late owner".as_slice();
        Operation::new([owner], [b"late key".as_slice()], [])
    });
    let acquire = async |operation| store.acquire(operation, lease).await.unwrap();
    assert_eq!(acquire(&first).await, LeaseReply::Granted);
    store.cancel(&first).await.unwrap();
    assert_eq!(acquire(&retry).await, LeaseReply::Granted);
    store.cancel(&retry).await.unwrap();
    store.cancel(&late).await.unwrap();
    assert!(!store.contains(&late).await.unwrap());
    assert_ne!(acquire(&late).await, LeaseReply::Granted);
    assert_eq!(acquire(&retry).await, LeaseReply::Granted);
    store.complete(&retry, "done".into()).await.unwrap();
    assert_ne!(acquire(&late).await, LeaseReply::Granted);
}

/// Takes a call, and returns whether it was allowed.
async fn is_taken(store: &dyn SharedStore, key: &str, rate: RateLimit) -> bool {
    let reply = store.take(&[Counter::new("test", key, rate)]).await;
    reply.unwrap() == TakeReply::Taken
}
