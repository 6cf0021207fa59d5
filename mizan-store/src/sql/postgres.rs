//! The shared store in PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use mizan_core::shared_store::{
    Counter, LeaseReply, MAX_OWNER_BYTES, MAX_OWNER_OPERATIONS, OUTCOME_TTL, Operation,
    SharedStore, SharedStoreError, TakeReply,
};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::purge::{self, PurgeSchedule};
use super::statements::postgres as statements;
use super::store::{self, OperationRow, impl_shared_store};
use super::{ACQUIRE_TIMEOUT, migrator, store_error};

const MIGRATIONS: [(i64, &str, &str); 1] = [(
    1,
    "shared state",
    include_str!("../../migrations/postgres/0001_shared_state.sql"),
)];

/// Keeps the shared state in PostgreSQL, in the tables `mizan_limits` and `mizan_operations`.
///
/// The counts of limits are in an unlogged table, which is empty after a crash of the server.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use mizan_core::Registry;
/// use mizan_store::PostgresSharedStore;
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let store = PostgresSharedStore::connect("postgres://user:password@localhost/app").await?;
///     let _app = Registry::new().shared_store(Arc::new(store)).build()?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct PostgresSharedStore {
    pool: PgPool,
    purge: Arc<PurgeSchedule>,
}

impl PostgresSharedStore {
    /// Connects to the database at `url` and runs the migrations.
    ///
    /// To connect to another machine, enable one of the `tls-` features of `sqlx` in the application and
    /// add `?sslmode=verify-full` to the URL.
    ///
    /// # Errors
    ///
    /// Returns an error if the database cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, SharedStoreError> {
        let pool = PgPoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT);
        let store = Self::new(pool.connect(url).await.map_err(store_error)?);
        store.migrate().await?;
        Ok(store)
    }

    /// Creates a store that uses an existing connection pool. Call [`migrate`](Self::migrate) to create
    /// the tables.
    ///
    /// Set a short `acquire_timeout` of the pool, because calls wait for a connection.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self {
            pool,
            purge: Arc::default(),
        }
    }

    /// Creates or migrates the tables. Several processes can call it concurrently.
    ///
    /// The migrations are recorded in the table `mizan_store_migrations`.
    ///
    /// # Errors
    ///
    /// Returns an error if the database cannot be reached, or if a newer version created the tables.
    pub async fn migrate(&self) -> Result<(), SharedStoreError> {
        let migrated = migrator(&MIGRATIONS).run(&self.pool).await;
        migrated.map_err(SharedStoreError::new)
    }
}

/// The statements read the clock of the server.
macro_rules! bind_clock {
    ($query:expr) => {
        $query
    };
}

impl_shared_store!(PostgresSharedStore, statements, bind_clock);
