//! A database for one test, on the server that `DATABASE_URL` names.

use std::str::FromStr as _;

use mizan_template::database::DatabaseOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

/// An empty database. The next test run deletes it.
pub struct TestDatabase {
    /// The settings with which the application opens it.
    pub options: DatabaseOptions,
}

impl TestDatabase {
    /// Creates a database with the name of the test's thread.
    pub async fn create() -> anyhow::Result<Self> {
        let url = std::env::var("DATABASE_URL");
        let url =
            url.unwrap_or_else(|_| "postgres://postgres:postgres@localhost/postgres".to_owned());
        let server = PgConnectOptions::from_str(&url)?;
        let test = std::thread::current().name().unwrap_or("test").to_owned();
        let name: String = format!("mizan_template_{test}")
            .chars()
            .filter(|it| *it != ':')
            .take(60)
            .collect();
        let mut connection = PgConnection::connect_with(&server).await?;
        for statement in ["DROP DATABASE IF EXISTS", "CREATE DATABASE"] {
            let statement = sqlx::AssertSqlSafe(format!("{statement} \"{name}\""));
            sqlx::raw_sql(statement).execute(&mut connection).await?;
        }
        let database_url = server.database(&name).to_url_lossy().to_string();
        Ok(Self {
            options: DatabaseOptions { database_url },
        })
    }
}
