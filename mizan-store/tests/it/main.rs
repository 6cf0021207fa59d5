//! Runs the suite of shared stores on servers that the tests start.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
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

use mizan_core::limits::RateLimit;
use mizan_core::shared_store::{Counter, SharedStore, TakeReply};

/// Takes a call, and returns whether it was allowed.
async fn is_taken(store: &dyn SharedStore, key: &str, rate: RateLimit) -> bool {
    let reply = store.take(&[Counter::new("test", key, rate)]).await;
    reply.unwrap() == TakeReply::Taken
}
