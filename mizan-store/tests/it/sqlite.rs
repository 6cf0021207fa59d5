use std::sync::Arc;
use std::time::Duration;

use mizan_core::limits::RateLimit;
use mizan_core::shared_store::suite;
use mizan_store::SqliteSharedStore;

use crate::{is_taken, rejects_late_acquisition};

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_store_passes_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteSharedStore::open(folder.path().join("shared.db"))
        .await
        .unwrap();
    rejects_late_acquisition(&store).await;
    suite::all(Arc::new(store)).await;
}

#[tokio::test]
async fn processes_share_the_state_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.db");
    let one = SqliteSharedStore::open(&path).await.unwrap();
    let two = SqliteSharedStore::open(&path).await.unwrap();
    let rate = RateLimit::new(2, Duration::from_secs(3600));
    assert!(is_taken(&one, "ada", rate).await);
    assert!(is_taken(&two, "ada", rate).await);
    assert!(!is_taken(&one, "ada", rate).await);
}
