//! The database: a SQLite file with the tables of the application and of the accounts.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use mizan_auth::store::SqliteStore;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};

/// A pool of connections.
pub type Database = sqlx::SqlitePool;

/// The store of the accounts.
pub type AccountStore = SqliteStore;

/// The settings of the database.
#[derive(Args)]
pub struct DatabaseOptions {
    /// SQLite file, which is created if it does not exist
    #[arg(long, env, default_value = "mizan-template.db")]
    pub database: PathBuf,
}

/// Opens the database, and runs the migrations.
///
/// # Errors
///
/// Returns an error if the file cannot be opened or a migration fails.
pub async fn open(options: &DatabaseOptions) -> anyhow::Result<(Database, AccountStore)> {
    let file = &options.database;
    let accounts = SqliteStore::open(file)
        .await
        .with_context(|| format!("cannot open the database {}", file.display()))?;
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal);
    let database = Database::connect_with(options).await?;
    sqlx::migrate!()
        .run(&database)
        .await
        .context("cannot run the migrations")?;
    Ok((database, accounts))
}
