//! The shared stores in SQL databases.
//!
//! Each operation is one statement that is atomic by itself, so that no transaction is open between two
//! round trips. Databases that cannot be reached fail within the timeout of the pool.

#[cfg(feature = "postgres")]
mod postgres;
mod purge;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statements;
mod store;

use std::time::Duration;

use mizan_core::shared_store::SharedStoreError;
use sqlx::SqlStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

#[cfg(feature = "postgres")]
pub use self::postgres::PostgresSharedStore;
#[cfg(feature = "sqlite")]
pub use self::sqlite::SqliteSharedStore;

/// The maximum time that a call waits for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// The table that records the migrations that have run. The default table of sqlx belongs to the
/// application.
const MIGRATIONS_TABLE: &str = "mizan_store_migrations";

/// Creates a migrator from versions, descriptions and statements, as the names and the contents of the files state them.
///
/// `sqlx::migrate!` does the same, but the macros of sqlx compile SQLite a second time, for the compiler.
fn migrator(migrations: &[(i64, &'static str, &'static str)]) -> Migrator {
    let migrations = migrations.iter().map(|(version, description, statements)| {
        let statements = SqlStr::from_static(statements);
        let kind = MigrationType::Simple;
        Migration::new(*version, (*description).into(), kind, statements, false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.dangerous_set_table_name(MIGRATIONS_TABLE);
    migrator
}

/// Converts an error of sqlx.
///
/// It is not an implementation of `From`, so that sqlx does not become part of the public API.
fn store_error(error: sqlx::Error) -> SharedStoreError {
    if matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed) {
        SharedStoreError::unsent(error)
    } else {
        SharedStoreError::new(error)
    }
}
