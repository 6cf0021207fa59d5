//! What a store has to do, as functions for the tests of a store of your own. The stores of this
//! crate pass them.
//!
//! Each wants a store with nothing in it, and panics with what the store did wrong. They run within
//! tokio; with threads (`#[tokio::test(flavor = "multi_thread")]`), what is asked at once really is.
//!
//! ```toml
//! [dev-dependencies]
//! mizan-auth = { version = "..", features = ["suite"] }
//! ```
//!
//! ```
//! # use std::sync::Arc;
//! # use mizan_auth::store::MemoryStore as MyStore;
//! use mizan_auth::suite;
//!
//! // #[tokio::test]
//! async fn my_store_keeps_what_it_is_told() {
//!     // A table of users alone; `sessions` and `tokens` are for stores of those.
//!     suite::users(Arc::new(MyStore::default())).await;
//!     // All three in one.
//!     suite::everything(Arc::new(MyStore::default())).await;
//! }
//! # tokio::runtime::Runtime::new().unwrap().block_on(my_store_keeps_what_it_is_told());
//! ```

#![expect(
    clippy::unwrap_used,
    reason = "these are tests, and a test that cannot go on says so by panicking"
)]

mod sessions;
mod tokens;
mod users;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use sessions::{purging, sessions};
pub use tokens::tokens;
pub use users::users;

use crate::store::{Account, AccountStore, SessionStore, TokenStore, UserStore};

use crate::token::TokenId;

/// Everything that a store of accounts, sessions and tokens has to do, but for
/// [`purging`]: [`users`], [`sessions`], [`tokens`], and that a session is found with its account.
///
/// # Panics
///
/// A store that does otherwise.
pub async fn everything<S: AccountStore>(store: Arc<S>) {
    users(Arc::clone(&store)).await;
    let ada = account(&*store, "ada@suite.example.com").await;
    let eve = account(&*store, "eve@suite.example.com").await;
    let users = [&*ada.id, &*eve.id];
    sessions(&*store, users).await;
    tokens(Arc::clone(&store), users).await;
    signed_in(&*store, ada).await;
    unverified(&*store).await;
}

async fn account<S: UserStore>(store: &S, email: &str) -> Account {
    let account = store.create(users::new_account(email)).await.unwrap();
    account.expect("an address that is free is taken")
}

/// A session and its account are found in one go, as each is found by itself.
async fn signed_in<S: AccountStore>(store: &S, account: Account) {
    let session = sessions::session(&account.id);
    SessionStore::insert(store, &session).await.unwrap();
    let found = store.find_with_account(session.id).await.unwrap();
    assert_eq!(found, Some((session.clone(), Some(account.clone()))));
    let unknown = store.find_with_account(TokenId::random()).await.unwrap();
    assert_eq!(unknown, None);

    // Whether the session goes with the account is up to the store.
    assert!(store.delete(&account.id).await.unwrap());
    let found = store.find_with_account(session.id).await.unwrap();
    let account = found.and_then(|(_, account)| account);
    assert_eq!(account, None, "an account that was deleted");
    SessionStore::remove(store, session.id).await.unwrap();
    let found = store.find_with_account(session.id).await.unwrap();
    assert_eq!(found, None, "a session that was removed");
}

/// Accounts that were never verified are purged, unless they are in use.
async fn unverified<S: AccountStore>(store: &S) {
    let mut accounts = Vec::new();
    for name in ["old", "new", "verified", "changed", "session", "token"] {
        let mut new = users::new_account(&format!("{name}@unverified.example.com"));
        new.created_at = minutes(if name == "new" { -10 } else { -100 });
        new.email_verified = name == "verified";
        accounts.push(store.create(new).await.unwrap().unwrap());
    }
    store.advance_epoch(&accounts[3].id, 0).await.unwrap();
    let session = sessions::session(&accounts[4].id);
    SessionStore::insert(store, &session).await.unwrap();
    let token = tokens::issued(Some(&accounts[5].id));
    TokenStore::insert(store, &token).await.unwrap();

    let purged = store.purge_unverified(minutes(-50), minutes(0), 100);
    assert_eq!(purged.await.unwrap(), 1);
    for account in &accounts {
        let found = UserStore::find(store, &account.id).await.unwrap();
        let is_unused = account.email.as_str().starts_with("old@");
        assert_eq!(found.is_none(), is_unused, "{}", account.email);
    }
    // Its address is free again.
    let mut again = users::new_account(accounts[0].email.as_str());
    again.created_at = minutes(-100);
    assert!(store.create(again).await.unwrap().is_some());
    SessionStore::remove(store, session.id).await.unwrap();
    for (now, most, expected) in [(0, 1, 1), (0, 5, 1), (20, 5, 1), (20, 5, 0)] {
        let purged = store.purge_unverified(minutes(-50), minutes(now), most);
        assert_eq!(purged.await.unwrap(), expected);
    }
    assert!(TokenStore::take(store, token.id).await.unwrap());
}

/// Now and so many minutes, to the millisecond, as stores keep it.
fn minutes(minutes: i64) -> Timestamp {
    let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap();
    now + SignedDuration::from_mins(minutes)
}
