use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::postgres::{PgPoolOptions, PgRow};
use sqlx::{Encode, PgPool, Postgres, Row, Type};

use super::sql::{self, Record, records, sql_store};
use super::{AccountStore, SessionStore, StoreError, TokenStore, UserStore};
use crate::email_address::EmailAddress;
use crate::password::PasswordHash;
use crate::session::{Device, Session};
use crate::store::{Access, Account, IssuedToken, NewAccount};
use crate::token::TokenId;

/// Keeps accounts, sessions and tokens in PostgreSQL, in tables that begin with `mizan_`.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    pool: PgPool,
}

impl PostgresStore {
    /// The store in the database at `url`, with its tables as this version needs them.
    ///
    /// Without TLS, the network between reads what is stored: across a network, give the
    /// application's `sqlx` one of its `tls-` features and add `?sslmode=verify-full`. A warning is logged where
    /// the URL does not ask for TLS.
    ///
    /// # Errors
    ///
    /// A database that cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        crate::url_security::warn_of_clear_text(url);
        let pool = PgPoolOptions::new().acquire_timeout(sql::ACQUIRE_TIMEOUT);
        let store = Self::new(pool.connect(url).await?);
        store.migrate().await?;
        Ok(store)
    }

    /// The store in a database that the application has open already. [`migrate`](Self::migrate)
    /// makes the tables.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Brings the tables to what this version needs, also when several processes start at once. It
    /// notes in a table of its own what it did, so that the application's migrations and these do
    /// not meet.
    ///
    /// # Errors
    ///
    /// A database that cannot be reached, or tables that a newer version made.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let mut migrator = sqlx::migrate!("migrations/postgres");
        migrator.dangerous_set_table_name(sql::MIGRATIONS);
        Ok(migrator.run(&self.pool).await?)
    }

    #[expect(clippy::unused_self, reason = "the stores of files look at theirs")]
    fn check_file(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// What the row with this id has.
    async fn look_up<'q, T: Record<PgRow>>(
        &self,
        question: &'static str,
        id: impl Encode<'q, Postgres> + Type<Postgres> + 'q,
    ) -> Result<Option<T>, StoreError> {
        let query = sqlx::query(question).bind(id);
        let row = query.fetch_optional(&self.pool).await?;
        row.as_ref().map(T::of).transpose()
    }
}

sql_store!(PostgresStore, Postgres, PgRow);
