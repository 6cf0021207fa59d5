//! The database: PostgreSQL, with the tables of the application and of the accounts.

use anyhow::Context as _;
use clap::Args;
use mizan_auth::store::PostgresStore;

/// A pool of connections.
pub type Database = sqlx::PgPool;

/// The store of the accounts.
pub type AccountStore = PostgresStore;

/// The settings of the database.
#[derive(Args)]
pub struct DatabaseOptions {
    /// URL of the PostgreSQL database
    #[arg(
        long,
        env,
        hide_env_values = true,
        default_value = "postgres://postgres:postgres@localhost/mizan-template"
    )]
    pub database_url: String,
}

/// Connects to the database, and runs the migrations.
///
/// # Errors
///
/// Returns an error if the database cannot be reached or a migration fails.
pub async fn open(options: &DatabaseOptions) -> anyhow::Result<(Database, AccountStore)> {
    let database = Database::connect(&options.database_url)
        .await
        .context("cannot reach PostgreSQL: does it run, and is `DATABASE_URL` correct?")?;
    let accounts = PostgresStore::new(database.clone());
    accounts.migrate().await?;
    sqlx::migrate!()
        .run(&database)
        .await
        .context("cannot run the migrations")?;
    Ok((database, accounts))
}
