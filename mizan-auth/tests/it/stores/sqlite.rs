use std::sync::Arc;

use jiff::Timestamp;
use mizan_auth::{Access, NewAccount, SqliteStore, UserStore};

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.db");
    let store = Arc::new(SqliteStore::open(&path).await.unwrap());
    super::all(Arc::clone(&store)).await;
    // A second process, and a second start, find what the first left.
    store.migrate().await.unwrap();
    let again = SqliteStore::open(&path).await.unwrap();
    let email = "race@example.com".parse().unwrap();
    let account = again.find_by_email(&email).await.unwrap().unwrap();
    let access = Access {
        staff: true,
        permissions: ["posts.rename".to_owned()].into(),
        ..Access::default()
    };
    assert!(again.set_access(&account.id, &access).await.unwrap());
    assert!(!again.set_access("nobody", &access).await.unwrap());
    let found = store.find(&account.id).await.unwrap().unwrap();
    assert_eq!(found.access, access);
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_listed_by_address() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("accounts.db"));
    let store = store.await.unwrap();
    for email in ["c@example.com", "a@example.com", "b@example.com"] {
        let account = NewAccount {
            email: email.parse().unwrap(),
            email_verified: false,
            password: None,
            created_at: Timestamp::UNIX_EPOCH,
        };
        store.create(account).await.unwrap();
    }
    let first = store.accounts(None, 2).await.unwrap();
    let rest = store.accounts(Some(&first[1].email), 2).await.unwrap();
    let addresses = first.iter().chain(&rest).map(|it| it.email.as_str());
    assert_eq!(
        addresses.collect::<Vec<_>>(),
        ["a@example.com", "b@example.com", "c@example.com"]
    );
}
