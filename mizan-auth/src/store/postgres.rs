//! A store in PostgreSQL.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::postgres::{PgPoolOptions, PgRow};
use sqlx::{Encode, PgPool, Postgres, Row, Type};

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
        include_str!("../../migrations/postgres/0001_accounts.sql"),
    ),
    (
        2,
        "epochs",
        include_str!("../../migrations/postgres/0002_epochs.sql"),
    ),
];

/// Keeps accounts, sessions and tokens in PostgreSQL, in tables with the prefix `mizan_`.
///
/// # Examples
///
/// ```no_run
/// use std::sync::Arc;
///
/// use mizan_auth::Accounts;
/// use mizan_auth::mail::ConsoleMailer;
/// use mizan_auth::store::PostgresStore;
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let store = PostgresStore::connect("postgres://user:password@localhost/app").await?;
///     let _accounts = Accounts::builder("https://example.com")
///         .store(Arc::new(store))
///         .mailer(Arc::new(ConsoleMailer))
///         .build()?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct PostgresStore {
    pool: PgPool,
}

impl PostgresStore {
    /// Connects to the database at `url` and runs the migrations.
    ///
    /// Without TLS, anyone on the network can read the stored data. To connect to another machine, enable one of
    /// the `tls-` features of `sqlx` in the application and add `?sslmode=verify-full` to the URL. A warning is
    /// logged if the URL has a password but does not require TLS.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the database cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        crate::url_security::warn_about_missing_tls(url);
        let pool = PgPoolOptions::new().acquire_timeout(sql::ACQUIRE_TIMEOUT);
        let store = Self::new(pool.connect(url).await.map_err(sql::store_error)?);
        store.migrate().await?;
        Ok(store)
    }

    /// Creates a store that uses an existing connection pool. Call [`migrate`](Self::migrate) to create the
    /// tables.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Creates or migrates the tables. Several processes can call it concurrently.
    ///
    /// The migrations are recorded in the table `mizan_auth_migrations`, so that they do not interfere with the
    /// migrations of the application.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the database cannot be reached, or if a newer version created the tables.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        sql::migrator(&MIGRATIONS)
            .run(&self.pool)
            .await
            .map_err(StoreError::new)
    }

    #[expect(
        clippy::unused_self,
        reason = "the macro calls it for every store; the store of SQLite checks its file"
    )]
    fn check_file(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Runs a query for the row with this id.
    async fn find_by_id<'q, T: FromRow<PgRow>>(
        &self,
        query: &'static str,
        id: impl Encode<'q, Postgres> + Type<Postgres> + 'q,
    ) -> Result<Option<T>, StoreError> {
        let query = sqlx::query(query).bind(id);
        let row = query
            .fetch_optional(&self.pool)
            .await
            .map_err(sql::store_error)?;
        row.as_ref().map(T::from_row).transpose()
    }
}

impl_sql_store!(PostgresStore, Postgres, PgRow);
