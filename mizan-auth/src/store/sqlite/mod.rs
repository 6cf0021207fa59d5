//! A store in SQLite.

mod database_file;
mod reader;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Encode, Row, Sqlite, SqlitePool, Type};

use self::database_file::DatabaseFile;
use self::reader::Reader;
use super::sql::{self, FromRow, impl_from_row, impl_sql_store};
use super::{AccountStore, SessionStore, StoreError, TokenStore, UserStore};
use crate::email_address::EmailAddress;
use crate::password::PasswordHash;
use crate::session::{Device, Session};
use crate::store::{Access, Account, IssuedToken, NewAccount};
use crate::token::TokenId;

const MIGRATIONS: [(i64, &str, &str); 2] = [
    (
        1,
        "accounts",
        include_str!("../../../migrations/sqlite/0001_accounts.sql"),
    ),
    (
        2,
        "epochs",
        include_str!("../../../migrations/sqlite/0002_epochs.sql"),
    ),
];

/// Keeps accounts, sessions and tokens in SQLite, in tables with the prefix `mizan_`.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use mizan_auth::Accounts;
/// use mizan_auth::mail::ConsoleMailer;
/// use mizan_auth::store::SqliteStore;
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let directory = tempfile::tempdir()?;
///     let store = SqliteStore::open(directory.path().join("accounts.db")).await?;
///     let _accounts = Accounts::builder("https://example.com")
///         .store(Arc::new(store))
///         .mailer(Arc::new(ConsoleMailer))
///         .build()?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct SqliteStore {
    pool: SqlitePool,
    /// The reader of the file, if the store opened the file itself.
    reader: Option<Arc<Reader>>,
    file: Option<Arc<DatabaseFile>>,
}

impl SqliteStore {
    /// Opens the file at `path`, which is created if it does not exist, and runs the migrations.
    ///
    /// Only the current user can read and write a new file (mode 0600) and its `-wal` and `-shm` files.
    ///
    /// Do not replace the file while it is open, for example by a backup: the open connections would continue to
    /// use the old file (<https://www.sqlite.org/howtocorrupt.html>, section 2.4).
    /// [`Accounts::check_store`](crate::Accounts::check_store) detects this, and
    /// [`purge_every`](crate::Accounts::purge_every) logs it.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the file cannot be opened or is not a database.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let file = match path.to_str() {
            // The name of an in-memory database.
            Some(":memory:") => None,
            _ => Some(DatabaseFile::create(path).map_err(StoreError::new)?),
        };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            // Readers continue during a write, and a commit does not wait for the disk. A power failure may
            // lose the last commits but does not corrupt the file.
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5));
        // A connection to a file does not break while it is idle, and a test before each use would cost as much
        // as the query.
        let pool = SqlitePoolOptions::new()
            .test_before_acquire(false)
            .acquire_timeout(sql::ACQUIRE_TIMEOUT);
        let pool = pool.connect_with(options).await.map_err(sql::store_error)?;
        let mut store = Self::new(pool);
        store.migrate().await?;
        if let Some(file) = file {
            store.reader = Some(Arc::new(Reader::open(path)?));
            store.file = Some(Arc::new(file));
        }
        Ok(store)
    }

    /// Creates a store that uses an existing connection pool. Call [`migrate`](Self::migrate) to create the
    /// tables.
    ///
    /// The store uses only the connections of the pool, so that finding a session takes longer than with
    /// [`open`](Self::open). `open` can also open a file that the pool of the application uses.
    #[must_use]
    pub fn new(pool: SqlitePool) -> Self {
        Self {
            pool,
            reader: None,
            file: None,
        }
    }

    /// Creates or migrates the tables.
    ///
    /// The migrations are recorded in the table `mizan_auth_migrations`, so that they do not interfere with the
    /// migrations of the application.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the database is not usable, or if a newer version created the tables.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        sql::migrator(&MIGRATIONS)
            .run(&self.pool)
            .await
            .map_err(StoreError::new)
    }

    fn check_file(&self) -> Result<(), StoreError> {
        match &self.file {
            Some(file) => file.check().map_err(StoreError::new),
            None => Ok(()),
        }
    }

    /// Runs a query for the row with this id, on the calling thread if the reader is free.
    async fn find_by_id<'q, T>(
        &self,
        query: &'static str,
        id: impl Encode<'q, Sqlite> + Type<Sqlite> + rusqlite::ToSql + Send + 'q,
    ) -> Result<Option<T>, StoreError>
    where
        T: FromRow<SqliteRow> + for<'row> FromRow<rusqlite::Row<'row>>,
    {
        let reader = self.reader.as_ref();
        if let Some(found) = reader.and_then(|reader| reader.try_find(query, &id)) {
            return Ok(found);
        }
        let query = sqlx::query(query).bind(id);
        let row = query
            .fetch_optional(&self.pool)
            .await
            .map_err(sql::store_error)?;
        row.as_ref().map(T::from_row).transpose()
    }
}

impl_sql_store!(SqliteStore, Sqlite, SqliteRow);
