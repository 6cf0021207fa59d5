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
use mizan_auth::{AccountStore, MemoryStore, SessionStore, TokenId};

/// Runs every suite on a store that keeps everything.
async fn all<S: AccountStore>(store: Arc<S>) {
    signed_in(&*store).await;
    users::suite(Arc::clone(&store)).await;
    sessions::suite(Arc::clone(&store)).await;
    sessions::purging(&*store).await;
    tokens::suite(store).await;
}

#[tokio::test]
async fn memory() {
    all(Arc::new(MemoryStore::default())).await;
}

/// A session and its account are found in one go, as each is found by itself.
async fn signed_in<S: AccountStore>(store: &S) {
    let new = users::new_account("signed@example.com");
    let account = store.create(new).await.unwrap().unwrap();
    let session = sessions::session(&account.id);
    let of_nobody = sessions::session("nobody");
    for session in [&session, &of_nobody] {
        SessionStore::insert(store, session).await.unwrap();
    }
    for (session, account) in [(session, Some(account)), (of_nobody, None)] {
        let found = store.find_signed_in(session.id).await.unwrap();
        assert_eq!(found, Some((session.clone(), account)));
        assert!(SessionStore::remove(store, session.id).await.unwrap());
    }
    let unknown = store.find_signed_in(TokenId::random()).await.unwrap();
    assert_eq!(unknown, None);
}

/// Now and so many minutes, to the millisecond, as stores keep it.
fn minutes(minutes: i64) -> Timestamp {
    let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap();
    now + SignedDuration::from_mins(minutes)
}
