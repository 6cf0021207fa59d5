//! Tests of stores of accounts, sessions and tokens.

use std::sync::Arc;

use super::fixtures::{issued_token, minutes, new_account, session};
use super::sessions::sessions;
use super::tokens::tokens;
use super::users::users;
use crate::store::{Account, AccountStore, SessionStore, TokenStore, UserStore};
use crate::token::TokenId;

/// Tests a store of accounts, sessions and tokens.
///
/// It runs all tests except [`session_purge`](super::session_purge): [`users`],
/// [`sessions`], [`tokens`], and tests of the methods that use several
/// kinds of records.
///
/// # Panics
///
/// Panics if the store is incorrect.
pub async fn all<S: AccountStore>(store: Arc<S>) {
    users(Arc::clone(&store)).await;
    let ada = create(&*store, "ada@suite.example.com").await;
    let eve = create(&*store, "eve@suite.example.com").await;
    let ids = [&*ada.id, &*eve.id];
    sessions(&*store, ids).await;
    tokens(Arc::clone(&store), ids).await;
    finds_sessions_with_account(&*store, ada).await;
    purges_unverified_accounts(&*store).await;
}

async fn create<S: UserStore>(store: &S, email: &str) -> Account {
    let account = store.create(new_account(email)).await.unwrap();
    account.expect("the address is not taken")
}

async fn finds_sessions_with_account<S: AccountStore>(store: &S, account: Account) {
    let session = session(&account.id);
    SessionStore::insert(store, &session).await.unwrap();
    let found = store.find_with_account(session.id).await.unwrap();
    assert_eq!(found, Some((session.clone(), Some(account.clone()))));
    let unknown = store.find_with_account(TokenId::random()).await.unwrap();
    assert_eq!(unknown, None);

    // A store may remove the sessions of a deleted account, but does not have to.
    assert!(store.delete(&account.id).await.unwrap());
    let found = store.find_with_account(session.id).await.unwrap();
    let account = found.and_then(|(_, account)| account);
    assert_eq!(account, None, "the account was deleted");
    SessionStore::remove(store, session.id).await.unwrap();
    let found = store.find_with_account(session.id).await.unwrap();
    assert_eq!(found, None, "the session was removed");
}

async fn purges_unverified_accounts<S: AccountStore>(store: &S) {
    let mut accounts = Vec::new();
    for name in ["old", "new", "verified", "changed", "session", "token"] {
        let mut new = new_account(&format!("{name}@unverified.example.com"));
        new.created_at = minutes(if name == "new" { -10 } else { -100 });
        new.email_verified = name == "verified";
        accounts.push(store.create(new).await.unwrap().unwrap());
    }
    store.advance_epoch(&accounts[3].id, 0).await.unwrap();
    let session = session(&accounts[4].id);
    SessionStore::insert(store, &session).await.unwrap();
    let token = issued_token(Some(&accounts[5].id));
    TokenStore::insert(store, &token).await.unwrap();

    let purged = store.purge_unverified(minutes(-50), minutes(0), 100);
    assert_eq!(purged.await.unwrap(), 1);
    for account in &accounts {
        let found = UserStore::find(store, &account.id).await.unwrap();
        let is_unused = account.email.as_str().starts_with("old@");
        assert_eq!(found.is_none(), is_unused, "{}", account.email);
    }
    // The address of the purged account can be used again.
    let mut again = new_account(accounts[0].email.as_str());
    again.created_at = minutes(-100);
    assert!(store.create(again).await.unwrap().is_some());
    SessionStore::remove(store, session.id).await.unwrap();
    for (now, limit, expected) in [(0, 1, 1), (0, 5, 1), (20, 5, 1), (20, 5, 0)] {
        let purged = store.purge_unverified(minutes(-50), minutes(now), limit);
        assert_eq!(purged.await.unwrap(), expected);
    }
    assert!(TokenStore::take(store, token.id).await.unwrap());
}
