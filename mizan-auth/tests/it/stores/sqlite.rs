use std::sync::Arc;

use mizan_auth::{Access, SqliteStore, UserStore};

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
