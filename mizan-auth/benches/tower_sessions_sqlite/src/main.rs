//! Measures the SQLite store of tower-sessions, which loads a record by the id in a cookie and checks no hash or
//! account.
//!
//! Run it with
//! `cargo run --release --manifest-path mizan-auth/benches/tower_sessions_sqlite/Cargo.toml -- --bench`. The file
//! and the runtime are the same as in the benchmark `sessions`.

use std::time::Duration;

use divan::Bencher;
use time::OffsetDateTime;
use tower_sessions_core::SessionStore as _;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_sqlx_store::SqliteStore;
use tower_sessions_sqlx_store::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};

const SESSIONS: usize = 1_000;

fn main() {
    divan::main();
}

/// Loads a record with a default pool, and with a pool that does not test connections before use.
#[divan::bench(args = [true, false], sample_count = 200, sample_size = 20)]
fn load_tower_sessions_sqlite(bencher: Bencher<'_, '_>, test_before_acquire: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("sessions.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    let in_an_hour = OffsetDateTime::now_utc() + Duration::from_secs(3600);
    let (store, id) = runtime.block_on(async {
        let pool = SqlitePoolOptions::new().test_before_acquire(test_before_acquire);
        let store = SqliteStore::new(pool.connect_with(options).await.unwrap());
        store.migrate().await.unwrap();
        let mut cookie = String::new();
        for number in 0..SESSIONS {
            let mut record = Record {
                id: Id::default(),
                data: [("user".to_owned(), number.to_string().into())].into(),
                expiry_date: in_an_hour,
            };
            store.create(&mut record).await.unwrap();
            cookie = record.id.to_string();
        }
        (store, cookie)
    });
    bencher.bench_local(|| {
        let id: Id = id.parse().unwrap();
        runtime.block_on(store.load(&id)).unwrap().unwrap()
    });
}
