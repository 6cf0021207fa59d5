//! The database of the accounts: a SQLite file, or PostgreSQL for several processes.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
#[cfg(feature = "postgres")]
use mizan_auth::store::PostgresStore;
use mizan_auth::store::{Access, SqliteStore, StoreError};
use mizan_auth::{Account, AccountsBuilder, EmailAddress};

/// A database with accounts. Cloning is cheap.
#[derive(Clone)]
pub enum AccountDatabase {
    /// A SQLite file.
    Sqlite(SqliteStore),
    /// A PostgreSQL database.
    #[cfg(feature = "postgres")]
    Postgres(PostgresStore),
}

impl AccountDatabase {
    /// Opens a SQLite file, or creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be opened.
    pub async fn open_file(file: &Path) -> anyhow::Result<Self> {
        let store = SqliteStore::open(file).await;
        let store = store
            .with_context(|| format!("cannot open the account database {}", file.display()))?;
        Ok(Self::Sqlite(store))
    }

    /// Connects to PostgreSQL, and creates the tables if they do not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the database cannot be reached. The error does not contain the URL, which may have a password.
    #[cfg(feature = "postgres")]
    pub async fn connect(url: &str) -> anyhow::Result<Self> {
        let store = PostgresStore::connect(url).await;
        Ok(Self::Postgres(store.context(
            "cannot reach PostgreSQL: is `database_url` correct?",
        )?))
    }

    /// Returns an error, because this program was built without PostgreSQL.
    ///
    /// # Errors
    ///
    /// Always returns an error.
    #[cfg(not(feature = "postgres"))]
    pub async fn connect(_: &str) -> anyhow::Result<Self> {
        anyhow::bail!("`database_url` needs a program with the feature `postgres`")
    }

    /// Lets accounts use this database.
    pub fn configure(&self, settings: AccountsBuilder) -> AccountsBuilder {
        match self {
            Self::Sqlite(store) => settings.store(Arc::new(store.clone())),
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => settings.store(Arc::new(store.clone())),
        }
    }

    /// Returns up to `limit` accounts after an address, ordered by address.
    pub async fn list_accounts(
        &self,
        after: Option<&EmailAddress>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError> {
        match self {
            Self::Sqlite(store) => store.list_accounts(after, limit).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => store.list_accounts(after, limit).await,
        }
    }

    /// Replaces the permissions of a user. Returns whether the user exists.
    pub async fn set_access(&self, id: &str, access: &Access) -> Result<bool, StoreError> {
        match self {
            Self::Sqlite(store) => store.set_access(id, access).await,
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => store.set_access(id, access).await,
        }
    }
}
