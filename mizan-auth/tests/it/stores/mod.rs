//! One suite for all stores, on each of them.

#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
mod sessions;
#[cfg(feature = "sqlite")]
mod sqlite;
mod tokens;
mod users;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use mizan_auth::{MemoryStore, SessionStore, TokenStore, UserStore};

/// Runs every suite on a store that keeps everything.
async fn all<S: UserStore + SessionStore + TokenStore>(store: Arc<S>) {
    users::suite(Arc::clone(&store)).await;
    sessions::suite(Arc::clone(&store)).await;
    sessions::purging(&*store).await;
    tokens::suite(store).await;
}

#[tokio::test]
async fn memory() {
    all(Arc::new(MemoryStore::default())).await;
}

/// Now and so many minutes, to the millisecond, as stores keep it.
fn minutes(minutes: i64) -> Timestamp {
    let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap();
    now + SignedDuration::from_mins(minutes)
}
