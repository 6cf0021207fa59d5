//! Runs the store suite on each store.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod migrations;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
#[expect(
    dead_code,
    reason = "the tests of mizan-channels use the other methods"
)]
mod postgres_server;
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

/// Runs all suites on a store of accounts, sessions and tokens.
async fn all<S: AccountStore>(store: Arc<S>) {
    suite::all(Arc::clone(&store)).await;
    let longest = suite::session_purge(&*store, "ada").await;
    assert!(
        longest < Duration::from_millis(500),
        "the longest lookup during a purge took {longest:?}"
    );
    // The accounts may be in another store or may have been deleted.
    let of_unknown = session("unknown");
    SessionStore::insert(&*store, &of_unknown).await.unwrap();
    let found = store.find_with_account(of_unknown.id).await.unwrap();
    assert_eq!(found, Some((of_unknown, None)));
}

#[tokio::test]
async fn memory_store_passes_the_suite() {
    all(Arc::new(MemoryStore::default())).await;
}

/// Returns a session of `user` that expires in an hour.
fn session(user: &str) -> Session {
    let token = Token::random();
    // Stores keep times in milliseconds.
    let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap();
    let mut session = Session::new(token.id(), token.hash(), user, now);
    session.expires_at = now + jiff::SignedDuration::from_hours(1);
    "pwd".clone_into(&mut session.methods);
    session
}
