use std::sync::Arc;

use futures_util::FutureExt;
use jiff::Timestamp;
use mizan_auth::{Access, AccountStore, NewAccount, SessionStore, SqliteStore, UserStore};

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
    let found = UserStore::find(&*store, &account.id).await;
    let found = found.unwrap().unwrap();
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

/// What is checked is what is in the file, whoever wrote it last.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_wrote_is_seen_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.db");
    let here = SqliteStore::open(&path).await.unwrap();
    let there = SqliteStore::open(&path).await.unwrap();
    for round in 0..100 {
        let session = super::session("ada");
        let (writer, other) = [(&here, &there), (&there, &here)][round % 2];
        SessionStore::insert(writer, &session).await.unwrap();
        for store in [writer, other] {
            assert!(store.find_signed_in(session.id).await.unwrap().is_some());
        }
        assert!(SessionStore::remove(writer, session.id).await.unwrap());
        for store in [writer, other] {
            assert_eq!(store.find_signed_in(session.id).await.unwrap(), None);
            assert_eq!(SessionStore::find(store, session.id).await.unwrap(), None);
        }
    }
}

/// Whoever no longer waits for an answer leaves none to others.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_is_given_up_does_not_break_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("accounts.db"));
    let store = store.await.unwrap();
    let [first, second] = ["ada", "eve"].map(super::session);
    for session in [&first, &second] {
        SessionStore::insert(&store, session).await.unwrap();
    }
    for _ in 0..100 {
        // Asked, and dropped before there is an answer.
        let _ = store.find_signed_in(first.id).now_or_never();
        let found = store.find_signed_in(second.id).await.unwrap();
        assert_eq!(found, Some((second.clone(), None)));
    }
}
