use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt;
use jiff::Timestamp;
use mizan_auth::store::{Access, AccountStore, NewAccount, SessionStore, SqliteStore, UserStore};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::site::{PASSWORD, Site};

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_store_passes_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.db");
    let store = Arc::new(SqliteStore::open(&path).await.unwrap());
    super::all(Arc::clone(&store)).await;
    // A second process and a second start find the existing data.
    store.migrate().await.unwrap();
    let again = SqliteStore::open(&path).await.unwrap();
    let email = "race@example.com".parse().unwrap();
    let account = again.find_by_email(&email).await.unwrap().unwrap();
    let access = Access::default().staff(true).permission("posts.rename");
    assert!(again.set_access(&account.id, &access).await.unwrap());
    assert!(!again.set_access("unknown", &access).await.unwrap());
    let found = UserStore::find(&*store, &account.id).await;
    let found = found.unwrap().unwrap();
    assert_eq!(found.access, access);
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_migrates_rows_of_version_1() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.db");
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true);
    let pool = SqlitePoolOptions::new()
        .connect_with(options)
        .await
        .unwrap();
    let mut migrator = Migrator::new(Path::new("migrations/sqlite")).await.unwrap();
    migrator.dangerous_set_table_name("mizan_auth_migrations");
    migrator.run_to(1, &pool).await.unwrap();
    let rows = super::migrations::FirstVersion::new();
    let statements = rows.statements(|hex| format!("X'{hex}'"));
    sqlx::raw_sql(sqlx::AssertSqlSafe(statements))
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;

    let store = SqliteStore::open(&path).await.unwrap();
    rows.check(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_accounts_by_address() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("accounts.db"));
    let store = store.await.unwrap();
    for email in ["c@example.com", "a@example.com", "b@example.com"] {
        let account = NewAccount::new(email.parse().unwrap(), Timestamp::UNIX_EPOCH);
        store.create(account).await.unwrap();
    }
    let first = store.list_accounts(None, 2).await.unwrap();
    let rest = store.list_accounts(Some(&first[1].email), 2).await.unwrap();
    let addresses = first.iter().chain(&rest).map(|it| it.email.as_str());
    assert_eq!(
        addresses.collect::<Vec<_>>(),
        ["a@example.com", "b@example.com", "c@example.com"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sees_writes_of_other_processes_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.db");
    let here = SqliteStore::open(&path).await.unwrap();
    let there = SqliteStore::open(&path).await.unwrap();
    for round in 0..100 {
        let session = super::session("ada");
        let (writer, other) = [(&here, &there), (&there, &here)][round % 2];
        SessionStore::insert(writer, &session).await.unwrap();
        for store in [writer, other] {
            assert!(store.find_with_account(session.id).await.unwrap().is_some());
        }
        assert!(SessionStore::remove(writer, session.id).await.unwrap());
        for store in [writer, other] {
            assert_eq!(store.find_with_account(session.id).await.unwrap(), None);
            assert_eq!(SessionStore::find(store, session.id).await.unwrap(), None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_query_does_not_affect_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("accounts.db"));
    let store = store.await.unwrap();
    let [first, second] = ["ada", "eve"].map(super::session);
    for session in [&first, &second] {
        SessionStore::insert(&store, session).await.unwrap();
    }
    for _ in 0..100 {
        // The query is dropped before it completes.
        let _ = store.find_with_account(first.id).now_or_never();
        let found = store.find_with_account(second.id).await.unwrap();
        assert_eq!(found, Some((second.clone(), None)));
    }
}

/// Only the user of the server can read password hashes, regardless of the umask.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_can_read_the_database_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.db");
    let store = SqliteStore::open(&path).await.unwrap();
    SessionStore::insert(&store, &super::session("ada"))
        .await
        .unwrap();
    let files = std::fs::read_dir(folder.path()).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap()).collect();
    assert_eq!(files.len(), 3, "with -wal and -shm: {files:?}");
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file:?}");
    }
}

/// Writes to a deleted file are lost when the process exits.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn detects_a_deleted_or_replaced_database_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.db");
    let store = Arc::new(SqliteStore::open(&path).await.unwrap());
    let site = Site::with(|accounts| accounts.store(Arc::clone(&store)));
    assert!(site.accounts.check_store().await.is_ok());
    std::fs::remove_file(&path).unwrap();
    let cause = |error: mizan_auth::store::StoreError| {
        std::error::Error::source(&error).unwrap().to_string()
    };
    let error = site.accounts.check_store().await.unwrap_err();
    assert!(cause(error).contains("was deleted"));
    std::fs::write(&path, "").unwrap();
    let error = site.accounts.check_store().await.unwrap_err();
    assert!(cause(error).contains("was replaced"));

    let (log, _guard) = crate::secrets::Log::start();
    let upkeep = site
        .accounts
        .purge_every(std::time::Duration::from_secs(3600));
    let soon = std::time::Duration::from_millis(300);
    let _ = tokio::time::timeout(soon, upkeep).await;
    assert!(log.text().contains("ERROR"), "{}", log.text());
    assert!(log.text().contains("was replaced"), "{}", log.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_is_reported_as_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.db");
    let short = std::time::Duration::from_millis(50);
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true);
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(short);
    let pool = pool
        .connect_with(options.busy_timeout(short))
        .await
        .unwrap();
    let store = SqliteStore::new(pool.clone());
    store.migrate().await.unwrap();
    let site = Site::with(|accounts| accounts.store(Arc::new(store)));

    // Another process holds the lock.
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut browser = site.browser();
    let reply = browser.sign_up("ada@example.com", PASSWORD).await;
    assert_eq!(reply.outcome(), (503, "unavailable".to_owned()));
    assert!(reply.headers.contains_key("retry-after"), "{reply:?}");
    assert!(
        reply.json()["error_id"].is_string(),
        "the error id is in the log"
    );
    other.execute_batch("ROLLBACK").unwrap();

    // All connections of the pool are in use.
    let taken = pool.acquire().await.unwrap();
    let reply = browser.sign_in("ada@example.com", PASSWORD).await;
    assert_eq!(reply.outcome(), (503, "unavailable".to_owned()));
    // Authentication also fails.
    let token = mizan_auth::token::Token::random().expose();
    browser.cookie = Some(format!("__Host-mizan_session={token}"));
    let reply = browser.send("account", serde_json::json!({})).await;
    assert_eq!(reply.outcome(), (503, "unavailable".to_owned()));
    assert!(reply.headers.contains_key("retry-after"), "{reply:?}");
    drop(taken);
    browser.cookie = None;
    let reply = browser.sign_up("ada@example.com", PASSWORD).await;
    assert_eq!(reply.status, 200, "the store has not recovered");

    // An error that a retry does not fix is an internal error.
    sqlx::query("DROP TABLE mizan_accounts")
        .execute(&pool)
        .await
        .unwrap();
    let reply = browser.sign_in("ada@example.com", PASSWORD).await;
    assert_eq!(reply.outcome(), (500, "internal".to_owned()));
}
