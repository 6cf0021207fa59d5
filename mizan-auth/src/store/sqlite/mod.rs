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
use super::sql::{self, Record, records, sql_store};
use super::{AccountStore, SessionStore, StoreError, TokenStore, UserStore};
use crate::email_address::EmailAddress;
use crate::password::PasswordHash;
use crate::session::{Device, Session};
use crate::store::{Access, Account, IssuedToken, NewAccount};
use crate::token::TokenId;

/// Keeps accounts, sessions and tokens in SQLite, in tables that begin with `mizan_`.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    pool: SqlitePool,
    /// Where the file was opened by the store itself.
    reader: Option<Arc<Reader>>,
    file: Option<Arc<DatabaseFile>>,
}

impl SqliteStore {
    /// The store in the file at `path`, which is made when there is none, with its tables as this
    /// version needs them.
    ///
    /// A new file is readable and writable for this user alone (0600), as are its `-wal` and `-shm` files.
    ///
    /// While it is open the file must not be replaced, by a backup say: what has it open would go on with
    /// the old one (<https://www.sqlite.org/howtocorrupt.html>, 2.4). [`Accounts::check_store`](crate::accounts::Accounts::check_store)
    /// notices that, and [`purge_every`](crate::accounts::Accounts::purge_every) logs it.
    ///
    /// # Errors
    ///
    /// A file that cannot be opened, or that is no database.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let file = match path.to_str() {
            // SQLite's name for a database without a file.
            Some(":memory:") => None,
            _ => Some(DatabaseFile::create(path).map_err(StoreError::new)?),
        };
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
        let pool = SqlitePoolOptions::new()
            .test_before_acquire(false)
            .acquire_timeout(sql::ACQUIRE_TIMEOUT);
        let pool = pool.connect_with(options).await?;
        let mut store = Self::new(pool);
        store.migrate().await?;
        if let Some(file) = file {
            store.reader = Some(Arc::new(Reader::open(path)?));
            store.file = Some(Arc::new(file));
        }
        Ok(store)
    }

    /// The store in a database that the application has open already. [`migrate`](Self::migrate)
    /// makes the tables.
    ///
    /// It uses no connection but those of the pool, so that to check a session takes longer than with
    /// [`open`](Self::open), which may open the same file beside the application.
    #[must_use]
    pub fn new(pool: SqlitePool) -> Self {
        Self {
            pool,
            reader: None,
            file: None,
        }
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

    fn check_file(&self) -> Result<(), StoreError> {
        match &self.file {
            Some(file) => file.check().map_err(StoreError::new),
            None => Ok(()),
        }
    }

    /// What the row with this id has.
    async fn look_up<'q, T>(
        &self,
        question: &'static str,
        id: impl Encode<'q, Sqlite> + Type<Sqlite> + rusqlite::ToSql + Send + 'q,
    ) -> Result<Option<T>, StoreError>
    where
        T: Record<SqliteRow> + for<'row> Record<rusqlite::Row<'row>>,
    {
        let reader = self.reader.as_ref();
        if let Some(found) = reader.and_then(|reader| reader.read(question, &id)) {
            return Ok(found);
        }
        let query = sqlx::query(question).bind(id);
        let row = query.fetch_optional(&self.pool).await?;
        row.as_ref().map(T::of).transpose()
    }
}

sql_store!(SqliteStore, Sqlite, SqliteRow);
