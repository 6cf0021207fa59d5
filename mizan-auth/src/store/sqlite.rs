use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Row, Sqlite, SqlitePool};

use super::sql::{self, sql_store};
use super::{AccountStore, SessionStore, StoreError, TokenStore, UserStore};
use crate::{
    Access, Account, Device, EmailAddress, IssuedToken, NewAccount, PasswordHash, Session, TokenId,
};

/// Keeps accounts, sessions and tokens in SQLite, in tables that begin with `mizan_`.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    pool: SqlitePool,
}

impl SqliteStore {
    /// The store in the file at `path`, which is made when there is none, with its tables as this
    /// version needs them.
    ///
    /// # Errors
    ///
    /// A file that cannot be opened, or that is no database.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            // Readers go on while somebody writes, and a commit does not wait for the disk; what
            // was committed last may be lost with the power, never the file.
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5));
        // A connection to a file does not break while it is unused, and asking each time whether it has would
        // cost as much as what it is wanted for.
        let pool = SqlitePoolOptions::new().test_before_acquire(false);
        let pool = pool.connect_with(options).await?;
        let store = Self::new(pool);
        store.migrate().await?;
        Ok(store)
    }

    /// The store in a database that the application has open already. [`migrate`](Self::migrate)
    /// makes the tables.
    #[must_use]
    pub fn new(pool: SqlitePool) -> Self {
        Self { pool }
    }

    /// Brings the tables to what this version needs. It notes in a table of its own what it did,
    /// so that the application's migrations and these do not meet.
    ///
    /// # Errors
    ///
    /// A database that cannot be reached, or tables that a newer version made.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let mut migrator = sqlx::migrate!("migrations/sqlite");
        migrator.dangerous_set_table_name(sql::MIGRATIONS);
        Ok(migrator.run(&self.pool).await?)
    }
}

sql_store!(SqliteStore, Sqlite, SqliteRow);
