//! The statements and rows that SQLite and PostgreSQL share.

use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use sqlx::SqlStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use super::StoreError;
use crate::store::{Access, TokenPurpose};
use crate::token::{SecretHash, TokenId};

/// Converts an error of sqlx.
///
/// It is not an implementation of `From`, so that sqlx does not become part of the public API.
pub(super) fn store_error(error: sqlx::Error) -> StoreError {
    if is_temporary(&error) {
        StoreError::temporary(error)
    } else {
        StoreError::new(error)
    }
}

/// Returns true if a retry may succeed because the database is locked, full, unreachable or overloaded.
fn is_temporary(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => {
            let code = error.code();
            code.is_some_and(|code| is_temporary_code(&code))
        }
        _ => false,
    }
}

/// Returns true if an error code of PostgreSQL (five characters) or SQLite (a number) is temporary.
fn is_temporary_code(code: &str) -> bool {
    if code.len() == 5 {
        // <https://www.postgresql.org/docs/current/errcodes-appendix.html>: errors of connections, resources and the
        // system, shutdown and start of the server, deadlocks, locks, and a server that is no longer the primary.
        let classes = ["08", "40", "53", "58"];
        let codes = ["25006", "55P03", "57P01", "57P02", "57P03", "57P05"];
        return classes.iter().any(|class| code.starts_with(class)) || codes.contains(&code);
    }
    // <https://www.sqlite.org/rescode.html>: BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL. The
    // low byte is the primary code of an extended code.
    let code = code.parse::<i32>().map(|code| code & 0xff);
    code.is_ok_and(|code| matches!(code, 5 | 6 | 7 | 8 | 10 | 13 | 14 | 15))
}

/// The table that records the migrations that have run. The default table of sqlx belongs to the application.
const MIGRATIONS_TABLE: &str = "mizan_auth_migrations";

/// Creates a migrator from versions, descriptions and statements, as the names and the contents of the files state them.
///
/// `sqlx::migrate!` does the same, but the macros of sqlx compile SQLite a second time, for the compiler.
pub(super) fn migrator(migrations: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migrations = migrations.iter().map(|(version, description, statements)| {
        let statements = SqlStr::from_static(statements);
        let kind = MigrationType::Simple;
        Migration::new(*version, (*description).into(), kind, statements, false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
    migrator
}

pub(super) fn token_id(bytes: &[u8]) -> Result<TokenId, StoreError> {
    Ok(TokenId::from_bytes(
        bytes.try_into().map_err(StoreError::new)?,
    ))
}

pub(super) fn secret_hash(bytes: &[u8]) -> Result<SecretHash, StoreError> {
    Ok(SecretHash::from_bytes(
        bytes.try_into().map_err(StoreError::new)?,
    ))
}

pub(super) fn timestamp(milliseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds).map_err(StoreError::new)
}

pub(super) fn parse<T>(text: &str) -> Result<T, StoreError>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    text.parse().map_err(StoreError::new)
}

pub(super) fn purpose(text: &str) -> Result<TokenPurpose, StoreError> {
    let known = TokenPurpose::ALL.into_iter().find(|it| it.as_str() == text);
    known.ok_or_else(|| StoreError::new(format!("unknown token purpose `{text}` in the database")))
}

pub(super) fn access_from_json(text: &str) -> Result<Access, StoreError> {
    serde_json::from_str(text).map_err(StoreError::new)
}

pub(super) fn access_to_json(access: &Access) -> Result<String, StoreError> {
    serde_json::to_string(access).map_err(StoreError::new)
}

/// The maximum time that a call waits for a connection of the pool.
///
/// It is shorter than the deadline of a call, so that the client receives 503 with `Retry-After`.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// The maximum number of ids in one query.
pub(super) const MAX_IDS_PER_QUERY: usize = 500;

/// A value that is read from a row of type `R`.
pub(super) trait FromRow<R>: Sized {
    fn from_row(row: &R) -> Result<Self, StoreError>;
}

/// Implements [`FromRow`] for the rows of one driver. `$get` is the method that returns a column, and
/// `$store_error` the function that converts an error of the driver.
macro_rules! impl_from_row {
    ($row:ty, $get:ident, $store_error:path) => {
        /// Returns the account whose columns start at `first`.
        fn account_from_columns(row: &$row, first: usize) -> Result<Account, StoreError> {
            let email: String = row.$get(first + 1).map_err($store_error)?;
            let password: Option<String> = row.$get(first + 3).map_err($store_error)?;
            let access: String = row.$get(first + 4).map_err($store_error)?;
            Ok(Account {
                id: row.$get(first).map_err($store_error)?,
                email: sql::parse(&email)?,
                email_verified: row.$get(first + 2).map_err($store_error)?,
                password: password.map(PasswordHash::from_stored),
                access: sql::access_from_json(&access)?,
                created_at: sql::timestamp(row.$get(first + 5).map_err($store_error)?)?,
                epoch: row.$get(first + 6).map_err($store_error)?,
            })
        }

        impl FromRow<$row> for Account {
            fn from_row(row: &$row) -> Result<Self, StoreError> {
                account_from_columns(row, 0)
            }
        }

        impl FromRow<$row> for Session {
            fn from_row(row: &$row) -> Result<Self, StoreError> {
                let (id, secret): (Vec<u8>, Vec<u8>) = (
                    row.$get(0).map_err($store_error)?,
                    row.$get(1).map_err($store_error)?,
                );
                let address: Option<String> = row.$get(9).map_err($store_error)?;
                Ok(Session {
                    id: sql::token_id(&id)?,
                    secret: sql::secret_hash(&secret)?,
                    user: row.$get(2).map_err($store_error)?,
                    epoch: row.$get(10).map_err($store_error)?,
                    created_at: sql::timestamp(row.$get(3).map_err($store_error)?)?,
                    last_used_at: sql::timestamp(row.$get(4).map_err($store_error)?)?,
                    expires_at: sql::timestamp(row.$get(5).map_err($store_error)?)?,
                    authenticated_at: sql::timestamp(row.$get(6).map_err($store_error)?)?,
                    methods: row.$get(7).map_err($store_error)?,
                    device: Device {
                        user_agent: row.$get(8).map_err($store_error)?,
                        address: address.as_deref().map(sql::parse).transpose()?,
                    },
                })
            }
        }

        /// A session and the account of its user, if it exists.
        impl FromRow<$row> for (Session, Option<Account>) {
            fn from_row(row: &$row) -> Result<Self, StoreError> {
                let account: Option<String> = row.$get(11).map_err($store_error)?;
                let account = account.map(|_| account_from_columns(row, 11)).transpose()?;
                Ok((Session::from_row(row)?, account))
            }
        }
    };
}

/// Implements the store traits for one database.
///
/// Both databases understand the same statements. Only the migrations differ, for example in `BLOB` and
/// `BYTEA`.
macro_rules! impl_sql_store {
    ($store:ident, $database:ty, $row:ty) => {
        impl_from_row!($row, try_get, sql::store_error);

        fn token_from_row(row: &$row) -> Result<IssuedToken, StoreError> {
            let code: Option<&[u8]> = row.try_get(2).map_err(sql::store_error)?;
            let attempts: i64 = row.try_get(6).map_err(sql::store_error)?;
            let browser: Option<&[u8]> = row.try_get(9).map_err(sql::store_error)?;
            Ok(IssuedToken {
                id: sql::token_id(row.try_get(0).map_err(sql::store_error)?)?,
                secret: sql::secret_hash(row.try_get(1).map_err(sql::store_error)?)?,
                code: code.map(sql::secret_hash).transpose()?,
                purpose: sql::purpose(row.try_get(3).map_err(sql::store_error)?)?,
                user: row.try_get(4).map_err(sql::store_error)?,
                email: sql::parse(row.try_get(5).map_err(sql::store_error)?)?,
                attempts: attempts.try_into().map_err(StoreError::new)?,
                expires_at: sql::timestamp(row.try_get(7).map_err(sql::store_error)?)?,
                epoch: row.try_get(8).map_err(sql::store_error)?,
                browser: browser.map(sql::secret_hash).transpose()?,
            })
        }

        /// Returns the new epoch of the account that a statement changed.
        ///
        /// All rows must have been read, because a failed commit is reported after the last row.
        fn returned_epoch(rows: &[$row]) -> Result<Option<i64>, StoreError> {
            rows.first()
                .map(|row| row.try_get(0))
                .transpose()
                .map_err(sql::store_error)
        }

        impl $store {
            /// Sets the access rights of a user. Returns false if there is no such user.
            ///
            /// # Errors
            ///
            /// Returns [`StoreError`] if the database cannot be reached.
            pub async fn set_access(&self, id: &str, access: &Access) -> Result<bool, StoreError> {
                let done = sqlx::query("UPDATE mizan_accounts SET access = $2 WHERE id = $1")
                    .bind(id)
                    .bind(sql::access_to_json(access)?)
                    .execute(&self.pool)
                    .await.map_err(sql::store_error)?;
                Ok(done.rows_affected() > 0)
            }

            /// Returns at most `limit` accounts, sorted by email address: the first ones, or those after
            /// the address `after`.
            ///
            /// # Errors
            ///
            /// Returns [`StoreError`] if the database cannot be reached.
            pub async fn list_accounts(
                &self,
                after: Option<&EmailAddress>,
                limit: u32,
            ) -> Result<Vec<Account>, StoreError> {
                let rows = sqlx::query(
                    "SELECT id, email, email_verified, password, access, created_at, epoch \
                     FROM mizan_accounts WHERE email > $1 ORDER BY email LIMIT $2",
                )
                .bind(after.map_or("", EmailAddress::as_str))
                .bind(i64::from(limit))
                .fetch_all(&self.pool)
                .await.map_err(sql::store_error)?;
                rows.iter().map(Account::from_row).collect()
            }
        }

        #[async_trait]
        impl UserStore for $store {
            async fn find(&self, id: &str) -> Result<Option<Account>, StoreError> {
                let query = "SELECT id, email, email_verified, password, access, created_at, epoch \
                     FROM mizan_accounts WHERE id = $1";
                self.find_by_id(query, id).await
            }

            async fn find_by_email(
                &self,
                email: &EmailAddress,
            ) -> Result<Option<Account>, StoreError> {
                let row = sqlx::query(
                    "SELECT id, email, email_verified, password, access, created_at, epoch \
                     FROM mizan_accounts WHERE email = $1",
                )
                .bind(email.as_str())
                .fetch_optional(&self.pool)
                .await.map_err(sql::store_error)?;
                row.as_ref().map(Account::from_row).transpose()
            }

            async fn create(&self, account: NewAccount) -> Result<Option<Account>, StoreError> {
                let rows = sqlx::query(
                    "INSERT INTO mizan_accounts \
                     (id, email, email_verified, password, access, created_at) \
                     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (email) DO NOTHING \
                     RETURNING id, email, email_verified, password, access, created_at, epoch",
                )
                .bind(uuid::Uuid::new_v4().to_string())
                .bind(account.email.as_str())
                .bind(account.email_verified)
                .bind(account.password.as_ref().map(PasswordHash::as_str))
                .bind(sql::access_to_json(&Access::default())?)
                .bind(account.created_at.as_millisecond())
                .fetch_all(&self.pool)
                .await.map_err(sql::store_error)?;
                rows.first().map(Account::from_row).transpose()
            }

            async fn replace_password(
                &self,
                id: &str,
                epoch: i64,
                new: &PasswordHash,
            ) -> Result<Option<i64>, StoreError> {
                let rows = sqlx::query(
                    "UPDATE mizan_accounts SET password = $3, epoch = epoch + 1 \
                     WHERE id = $1 AND epoch = $2 RETURNING epoch",
                )
                .bind(id)
                .bind(epoch)
                .bind(new.as_str())
                .fetch_all(&self.pool)
                .await.map_err(sql::store_error)?;
                returned_epoch(&rows)
            }

            async fn rehash_password(
                &self,
                id: &str,
                old: &PasswordHash,
                new: &PasswordHash,
            ) -> Result<bool, StoreError> {
                let done = sqlx::query(
                    "UPDATE mizan_accounts SET password = $3 WHERE id = $1 AND password = $2",
                )
                .bind(id)
                .bind(old.as_str())
                .bind(new.as_str())
                .execute(&self.pool)
                .await.map_err(sql::store_error)?;
                Ok(done.rows_affected() > 0)
            }

            async fn verify_email(
                &self,
                id: &str,
                email: &EmailAddress,
            ) -> Result<bool, StoreError> {
                let done = sqlx::query(
                    "UPDATE mizan_accounts SET email_verified = TRUE WHERE id = $1 AND email = $2",
                )
                .bind(id)
                .bind(email.as_str())
                .execute(&self.pool)
                .await.map_err(sql::store_error)?;
                Ok(done.rows_affected() > 0)
            }

            async fn replace_email(
                &self,
                id: &str,
                epoch: i64,
                new: &EmailAddress,
            ) -> Result<Option<i64>, StoreError> {
                let rows = sqlx::query(
                    "UPDATE mizan_accounts \
                     SET email = $3, email_verified = TRUE, epoch = epoch + 1 \
                     WHERE id = $1 AND epoch = $2 RETURNING epoch",
                )
                .bind(id)
                .bind(epoch)
                .bind(new.as_str())
                .fetch_all(&self.pool)
                .await;
                match rows {
                    Ok(rows) => returned_epoch(&rows),
                    Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(None),
                    Err(error) => Err(sql::store_error(error)),
                }
            }

            async fn advance_epoch(
                &self,
                id: &str,
                epoch: i64,
            ) -> Result<Option<i64>, StoreError> {
                let rows = sqlx::query(
                    "UPDATE mizan_accounts SET epoch = epoch + 1 \
                     WHERE id = $1 AND epoch = $2 RETURNING epoch",
                )
                .bind(id)
                .bind(epoch)
                .fetch_all(&self.pool)
                .await.map_err(sql::store_error)?;
                returned_epoch(&rows)
            }

            async fn delete(&self, id: &str) -> Result<bool, StoreError> {
                let done = sqlx::query("DELETE FROM mizan_accounts WHERE id = $1")
                    .bind(id)
                    .execute(&self.pool)
                    .await.map_err(sql::store_error)?;
                Ok(done.rows_affected() > 0)
            }

            async fn purge_unverified(
                &self,
                created_before: Timestamp,
                now: Timestamp,
                limit: u32,
            ) -> Result<u64, StoreError> {
                let done = sqlx::query(
                    "DELETE FROM mizan_accounts WHERE NOT email_verified AND id IN \
                     (SELECT a.id FROM mizan_accounts a WHERE NOT a.email_verified \
                      AND a.created_at < $1 AND a.epoch = 0 AND a.access = $2 \
                      AND NOT EXISTS (SELECT 1 FROM mizan_sessions s WHERE s.user_id = a.id) \
                      AND NOT EXISTS (SELECT 1 FROM mizan_tokens t \
                                      WHERE t.user_id = a.id AND t.expires_at > $3) \
                      LIMIT $4)",
                )
                .bind(created_before.as_millisecond())
                .bind(sql::access_to_json(&Access::default())?)
                .bind(now.as_millisecond())
                .bind(i64::from(limit))
                .execute(&self.pool)
                .await.map_err(sql::store_error)?;
                Ok(done.rows_affected())
            }

            async fn check(&self) -> Result<(), StoreError> {
                self.check_file()
            }
        }

        #[async_trait]
        impl SessionStore for $store {
            async fn insert(&self, session: &Session) -> Result<(), StoreError> {
                sqlx::query(
                    "INSERT INTO mizan_sessions (id, secret, user_id, created_at, last_used_at, \
                     expires_at, authenticated_at, methods, user_agent, address, epoch) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                )
                .bind(&session.id.as_bytes()[..])
                .bind(&session.secret.as_bytes()[..])
                .bind(&session.user)
                .bind(session.created_at.as_millisecond())
                .bind(session.last_used_at.as_millisecond())
                .bind(session.expires_at.as_millisecond())
                .bind(session.authenticated_at.as_millisecond())
                .bind(&session.methods)
                .bind(&session.device.user_agent)
                .bind(session.device.address.map(|address| address.to_string()))
                .bind(session.epoch)
                .execute(&self.pool)
                .await.map_err(sql::store_error)?;
                Ok(())
            }

            async fn find(&self, id: TokenId) -> Result<Option<Session>, StoreError> {
                let query = "SELECT id, secret, user_id, created_at, last_used_at, expires_at, \
                     authenticated_at, methods, user_agent, address, epoch \
                     FROM mizan_sessions WHERE id = $1";
                self.find_by_id(query, &id.as_bytes()[..]).await
            }

            async fn touch(
                &self,
                id: TokenId,
                last_used_at: Timestamp,
                expires_at: Timestamp,
            ) -> Result<(), StoreError> {
                sqlx::query(
                    "UPDATE mizan_sessions SET last_used_at = $2, expires_at = $3 WHERE id = $1",
                )
                .bind(&id.as_bytes()[..])
                .bind(last_used_at.as_millisecond())
                .bind(expires_at.as_millisecond())
                .execute(&self.pool)
                .await.map_err(sql::store_error)?;
                Ok(())
            }

            async fn list_by_user(&self, user: &str) -> Result<Vec<Session>, StoreError> {
                let rows = sqlx::query(
                    "SELECT id, secret, user_id, created_at, last_used_at, expires_at, \
                     authenticated_at, methods, user_agent, address, epoch \
                     FROM mizan_sessions WHERE user_id = $1 ORDER BY last_used_at DESC, id",
                )
                .bind(user)
                .fetch_all(&self.pool)
                .await.map_err(sql::store_error)?;
                rows.iter().map(Session::from_row).collect()
            }

            async fn remove(&self, id: TokenId) -> Result<bool, StoreError> {
                let done = sqlx::query("DELETE FROM mizan_sessions WHERE id = $1")
                    .bind(&id.as_bytes()[..])
                    .execute(&self.pool)
                    .await.map_err(sql::store_error)?;
                Ok(done.rows_affected() > 0)
            }

            async fn remove_by_user(
                &self,
                user: &str,
                keep: Option<TokenId>,
            ) -> Result<Vec<TokenId>, StoreError> {
                let keep = keep.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
                let rows = sqlx::query(
                    "DELETE FROM mizan_sessions WHERE user_id = $1 AND id <> $2 RETURNING id",
                )
                .bind(user)
                .bind(keep)
                .fetch_all(&self.pool)
                .await.map_err(sql::store_error)?;
                rows.iter().map(|row| sql::token_id(row.try_get(0).map_err(sql::store_error)?)).collect()
            }

            async fn find_live(
                &self,
                ids: &[TokenId],
                now: Timestamp,
            ) -> Result<Vec<TokenId>, StoreError> {
                let mut live = Vec::with_capacity(ids.len());
                for ids in ids.chunks(sql::MAX_IDS_PER_QUERY) {
                    let mut query = sqlx::QueryBuilder::<$database>::new(
                        "SELECT id FROM mizan_sessions WHERE expires_at > ",
                    );
                    query.push_bind(now.as_millisecond()).push(" AND id IN (");
                    let mut list = query.separated(", ");
                    for id in ids {
                        list.push_bind(id.as_bytes().to_vec());
                    }
                    query.push(")");
                    for row in query.build().fetch_all(&self.pool).await.map_err(sql::store_error)? {
                        live.push(sql::token_id(row.try_get(0).map_err(sql::store_error)?)?);
                    }
                }
                Ok(live)
            }

            async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
                let done = sqlx::query(
                    "DELETE FROM mizan_sessions WHERE id IN \
                     (SELECT id FROM mizan_sessions WHERE expires_at <= $1 LIMIT $2)",
                )
                .bind(now.as_millisecond())
                .bind(i64::from(limit))
                .execute(&self.pool)
                .await.map_err(sql::store_error)?;
                Ok(done.rows_affected())
            }
        }

        #[async_trait]
        impl AccountStore for $store {
            async fn find_with_account(
                &self,
                id: TokenId,
            ) -> Result<Option<(Session, Option<Account>)>, StoreError> {
                let query = "SELECT s.id, s.secret, s.user_id, s.created_at, s.last_used_at, \
                     s.expires_at, s.authenticated_at, s.methods, s.user_agent, s.address, s.epoch, \
                     a.id, a.email, a.email_verified, a.password, a.access, a.created_at, a.epoch \
                     FROM mizan_sessions s LEFT JOIN mizan_accounts a ON a.id = s.user_id \
                     WHERE s.id = $1";
                self.find_by_id(query, &id.as_bytes()[..]).await
            }
        }

        #[async_trait]
        impl TokenStore for $store {
            async fn insert(&self, token: &IssuedToken) -> Result<(), StoreError> {
                sqlx::query(
                    "INSERT INTO mizan_tokens \
                     (id, secret, code, purpose, user_id, email, attempts, expires_at, epoch, browser) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                )
                .bind(&token.id.as_bytes()[..])
                .bind(&token.secret.as_bytes()[..])
                .bind(token.code.map(|code| code.as_bytes().to_vec()))
                .bind(token.purpose.as_str())
                .bind(&token.user)
                .bind(token.email.as_str())
                .bind(i64::from(token.attempts))
                .bind(token.expires_at.as_millisecond())
                .bind(token.epoch)
                .bind(token.browser.map(|browser| browser.as_bytes().to_vec()))
                .execute(&self.pool)
                .await.map_err(sql::store_error)?;
                Ok(())
            }

            async fn find(&self, id: TokenId) -> Result<Option<IssuedToken>, StoreError> {
                let row = sqlx::query(
                    "SELECT id, secret, code, purpose, user_id, email, attempts, expires_at, epoch, \
                     browser \
                     FROM mizan_tokens WHERE id = $1",
                )
                .bind(&id.as_bytes()[..])
                .fetch_optional(&self.pool)
                .await.map_err(sql::store_error)?;
                row.as_ref().map(token_from_row).transpose()
            }

            async fn attempt(&self, id: TokenId) -> Result<bool, StoreError> {
                let done = sqlx::query(
                    "UPDATE mizan_tokens SET attempts = attempts - 1 \
                     WHERE id = $1 AND attempts > 0",
                )
                .bind(&id.as_bytes()[..])
                .execute(&self.pool)
                .await.map_err(sql::store_error)?;
                Ok(done.rows_affected() > 0)
            }

            async fn take(&self, id: TokenId) -> Result<bool, StoreError> {
                let done = sqlx::query("DELETE FROM mizan_tokens WHERE id = $1")
                    .bind(&id.as_bytes()[..])
                    .execute(&self.pool)
                    .await.map_err(sql::store_error)?;
                Ok(done.rows_affected() > 0)
            }

            async fn remove_by_user(&self, user: &str) -> Result<(), StoreError> {
                sqlx::query("DELETE FROM mizan_tokens WHERE user_id = $1")
                    .bind(user)
                    .execute(&self.pool)
                    .await.map_err(sql::store_error)?;
                Ok(())
            }

            async fn purge(&self, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
                let done = sqlx::query(
                    "DELETE FROM mizan_tokens WHERE id IN \
                     (SELECT id FROM mizan_tokens WHERE expires_at <= $1 LIMIT $2)",
                )
                .bind(now.as_millisecond())
                .bind(i64::from(limit))
                .execute(&self.pool)
                .await.map_err(sql::store_error)?;
                Ok(done.rows_affected())
            }
        }
    };
}

pub(super) use {impl_from_row, impl_sql_store};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinguishes_temporary_errors() {
        for code in [
            "5", "261", "517", "6", "10", "13", "14", "08006", "40P01", "53300", "57P01",
        ] {
            assert!(is_temporary_code(code), "{code}");
        }
        for code in ["1", "11", "19", "2067", "26", "23505", "42P01", "28P01", ""] {
            assert!(!is_temporary_code(code), "{code}");
        }
        assert!(is_temporary(&sqlx::Error::PoolTimedOut));
        assert!(!is_temporary(&sqlx::Error::RowNotFound));
    }
}
