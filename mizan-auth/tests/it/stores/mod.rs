//! One suite for all stores, on each of them.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod migrations;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mizan_auth::Session;
use mizan_auth::store::{AccountStore, MemoryStore, SessionStore};
use mizan_auth::suite;
use mizan_auth::token::Token;

/// Runs every suite on a store that keeps everything.
async fn all<S: AccountStore>(store: Arc<S>) {
    suite::everything(Arc::clone(&store)).await;
    let longest = suite::purging(&*store, "ada").await;
    assert!(
        longest < Duration::from_millis(500),
        "a check took {longest:?}"
    );
    // Accounts may be kept elsewhere, or be gone.
    let of_nobody = session("nobody");
    SessionStore::insert(&*store, &of_nobody).await.unwrap();
    let found = store.find_with_account(of_nobody.id).await.unwrap();
    assert_eq!(found, Some((of_nobody, None)));
}

#[tokio::test]
async fn memory() {
    all(Arc::new(MemoryStore::default())).await;
}

/// A session of `user` that lasts an hour.
fn session(user: &str) -> Session {
    let token = Token::random();
    // To the millisecond, as stores keep it.
    let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap();
    let mut session = Session::new(token.id(), token.hash(), user, now);
    session.expires_at = now + jiff::SignedDuration::from_hours(1);
    "pwd".clone_into(&mut session.methods);
    session
}
