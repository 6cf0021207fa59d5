use std::sync::Arc;
use std::time::Duration;

use mizan_core::limits::RateLimit;
use mizan_core::shared_store::suite;
use mizan_store::SqliteSharedStore;
use sqlx::SqlitePool;

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

#[tokio::test(flavor = "multi_thread")]
async fn counts_in_sqlite_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.db");
    let store = SqliteSharedStore::open(&path).await.unwrap();
    let pool = SqlitePool::connect(path.to_str().unwrap()).await.unwrap();
    // Keys of another limit, whose full allowance is available in an hour.
    let fill = "WITH RECURSIVE keys(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM keys WHERE i < 210000) \
                INSERT INTO mizan_limits (limit_group, key, full_at) \
                SELECT 'other', CAST(i AS BLOB), (unixepoch('now') + 3600) * 1000000 + i FROM keys";
    sqlx::query(fill).execute(&pool).await.unwrap();
    let a_day = RateLimit::new(2, Duration::from_secs(24 * 3600));
    for _ in 0..2 {
        assert!(is_taken(&store, "eve", a_day).await);
    }
    let mut calls = 0;
    loop {
        for _ in 0..512 {
            calls += 1;
            assert!(is_taken(&store, &calls.to_string(), a_day).await);
        }
        let count = sqlx::query_scalar("SELECT count(*) FROM mizan_limits");
        let count: i64 = count.fetch_one(&pool).await.unwrap();
        if count < 205_000 {
            break;
        }
        assert!(calls < 20_000, "{count} counts after {calls} calls");
    }
    assert!(
        !is_taken(&store, "eve", a_day).await,
        "an exhausted count was evicted"
    );
}
