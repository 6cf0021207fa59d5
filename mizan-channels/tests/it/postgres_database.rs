//! A PostgreSQL server with the tables of the broker, for a single test.

use std::time::Duration;

use mizan_channels::broker::PostgresBroker;
use mizan_channels::suite::within_timeout;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::postgres_server::{self, PostgresServer};

/// A running server.
pub(crate) struct Database(pub(crate) PostgresServer);

impl Database {
    /// Starts a server. Returns `None`, and prints a message, if PostgreSQL is not installed.
    pub(crate) async fn start() -> Option<Self> {
        match postgres_server::start() {
            Ok(server) => {
                let mut database = Self(server);
                drop(database.connect().await);
                Some(database)
            }
            Err(why) => {
                println!("skipped: PostgreSQL did not start: {why}");
                None
            }
        }
    }

    /// Starts a server with two brokers, as two processes have.
    pub(crate) async fn start_with_brokers() -> Option<(Self, [PostgresBroker; 2])> {
        let database = Self::start().await?;
        let brokers = [database.broker().await, database.broker().await];
        Some((database, brokers))
    }

    pub(crate) async fn broker(&self) -> PostgresBroker {
        PostgresBroker::connect(&self.0.url()).await.unwrap()
    }

    /// Connects as soon as the server accepts connections. Starts it again if the previous process still used its data.
    pub(crate) async fn connect(&mut self) -> PgConnection {
        let url = self.0.url();
        within_timeout(async {
            loop {
                if let Ok(connection) = PgConnection::connect(&url).await {
                    return connection;
                }
                if self.0.has_ended() {
                    self.0.run().unwrap();
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await
    }

    /// Runs statements.
    pub(crate) async fn execute(&self, statements: impl Into<String>) {
        let mut connection = PgConnection::connect(&self.0.url()).await.unwrap();
        let statements = AssertSqlSafe(statements.into());
        sqlx::raw_sql(statements)
            .execute(&mut connection)
            .await
            .unwrap();
    }

    /// Returns the number that a query selects.
    pub(crate) async fn count(&self, query: &'static str) -> i64 {
        let mut connection = PgConnection::connect(&self.0.url()).await.unwrap();
        let counted = sqlx::query_scalar(query).fetch_one(&mut connection);
        counted.await.unwrap()
    }
}
