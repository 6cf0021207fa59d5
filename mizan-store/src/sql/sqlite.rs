//! The shared store in SQLite.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use bytes::Bytes;
use mizan_core::shared_store::{
    Counter, LeaseReply, MAX_OWNER_BYTES, MAX_OWNER_OPERATIONS, OUTCOME_TTL, Operation,
    SharedStore, SharedStoreError, TakeReply,
};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::purge::{self, PurgeSchedule};
use super::statements::sqlite as statements;
use super::store::{self, OperationRow, impl_shared_store};
use super::{ACQUIRE_TIMEOUT, migrator, store_error};

const MIGRATIONS: [(i64, &str, &str); 1] = [(
    1,
    "shared state",
    include_str!("../../migrations/sqlite/0001_shared_state.sql"),
)];

/// Keeps the shared state in SQLite, for the processes of one machine, in the tables `mizan_limits` and
/// `mizan_operations`.
///
/// ```
/// use std::sync::Arc;
///
/// use mizan_core::Registry;
/// use mizan_store::SqliteSharedStore;
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let directory = tempfile::tempdir()?;
///     let store = SqliteSharedStore::open(directory.path().join("shared.db")).await?;
///     let _app = Registry::new().shared_store(Arc::new(store)).build()?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct SqliteSharedStore {
    pool: SqlitePool,
    purge: Arc<PurgeSchedule>,
}

impl SqliteSharedStore {
    /// Opens the file at `path`, which is created if it does not exist, and runs the migrations.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be opened or is not a database.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, SharedStoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(ACQUIRE_TIMEOUT);
        // Only one connection at a time can write, and every operation writes.
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .acquire_timeout(ACQUIRE_TIMEOUT);
        let store = Self::new(pool.connect_with(options).await.map_err(store_error)?);
        store.migrate().await?;
        Ok(store)
    }

    /// Creates a store that uses an existing connection pool. Call [`migrate`](Self::migrate) to create
    /// the tables.
    ///
    /// Set a short `acquire_timeout` of the pool and a `busy_timeout`, because calls wait for a
    /// connection.
    #[must_use]
    pub fn new(pool: SqlitePool) -> Self {
        Self {
            pool,
            purge: Arc::default(),
        }
    }

    /// Creates or migrates the tables.
    ///
    /// The migrations are recorded in the table `mizan_store_migrations`.
    ///
    /// # Errors
    ///
    /// Returns an error if the database is not usable, or if a newer version created the tables.
    pub async fn migrate(&self) -> Result<(), SharedStoreError> {
        let migrated = migrator(&MIGRATIONS).run(&self.pool).await;
        migrated.map_err(SharedStoreError::new)
    }
}

macro_rules! bind_clock {
    ($query:expr) => {
        $query.bind(unix_micros())
    };
}

impl_shared_store!(SqliteSharedStore, statements, bind_clock);

/// Returns the time in microseconds since 1970.
fn unix_micros() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = now.unwrap_or_default().as_micros();
    i64::try_from(micros).unwrap_or(i64::MAX)
}
