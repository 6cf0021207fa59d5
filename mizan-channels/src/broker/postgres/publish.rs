//! Publications.

use std::time::Duration;

use mizan_core::channel::Position;
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, PgConnection, Postgres};
use tokio::time::{Instant, sleep, timeout};

use super::log_id::{LogId, hash};
use super::state::{
    PostgresQuery, PostgresState, RESPONSE_TIMEOUT, millis, position, run_on, signed,
    statement_error,
};
use crate::broker::error::BrokerError;
use crate::broker::publication::{DEDUP_TTL, Publication};
use crate::random_id::random_id;

/// The time that a publication with an unknown outcome waits for a new connection.
const RECONNECT_WAIT: Duration = Duration::from_secs(6);

impl PostgresState {
    /// Publishes a message. Retries once, under the same id, if the outcome of the first attempt is unknown.
    pub(super) async fn publish(
        &self,
        group: &str,
        publication: &Publication,
    ) -> Result<Position, BrokerError> {
        self.check_connected().await?;
        let published = self.publish_with_retry(group, publication).await;
        // If the outcome is unknown, the message may be there.
        self.announce(LogId::of(group));
        published
    }

    async fn publish_with_retry(
        &self,
        group: &str,
        publication: &Publication,
    ) -> Result<Position, BrokerError> {
        let id = random_id();
        let started = Instant::now();
        let mut connection = self.acquire().await?;
        let first = self
            .publish_query(group, publication, &id, None)
            .bind(false);
        match publish_on(&mut connection, first).await {
            Err(error) if !error.is_unsent() => {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "retrying a publication whose outcome is unknown"
                );
                connection.close_on_drop();
                drop(connection);
                let Some(mut connection) = self.working_connection().await else {
                    return Err(error);
                };
                // The retry may take until its timeout as well.
                let first_attempt = Some(started.elapsed() + RESPONSE_TIMEOUT);
                let retry = self.publish_query(group, publication, &id, first_attempt);
                let retried = publish_on(&mut connection, retry.bind(false)).await;
                // Even if the retry was refused, the first attempt may have been published.
                retried.map_err(BrokerError::new)
            }
            published => published,
        }
    }

    /// Publishes a message in the transaction of a connection.
    pub(super) async fn publish_in(
        &self,
        connection: &mut PgConnection,
        group: &str,
        publication: &Publication,
    ) -> Result<Position, BrokerError> {
        let query = self.publish_query(group, publication, &random_id(), None);
        let rows = query.bind(true).fetch_all(connection).await;
        let rows = rows.map_err(statement_error)?;
        published_position(&rows)
    }

    /// Returns the statement that publishes a message under `id`, without its last parameter. A retry passes the age of the `first_attempt`, and does
    /// not publish the message again if the log has it.
    fn publish_query(
        &self,
        group: &str,
        publication: &Publication,
        id: &str,
        first_attempt: Option<Duration>,
    ) -> PostgresQuery {
        let Publication {
            data,
            key,
            retention,
        } = publication;
        let messages = u64::try_from(retention.messages).unwrap_or(u64::MAX);
        sqlx::query(self.statements.publish.sql())
            .bind(LogId::of(group).as_bytes().to_vec())
            .bind(random_id())
            .bind(data.to_vec())
            .bind(hash(id.as_bytes()).to_vec())
            .bind(key.as_ref().map(|key| hash(key.as_bytes()).to_vec()))
            .bind(signed(messages.max(1)))
            .bind(millis(retention.age))
            .bind(millis(DEDUP_TTL))
            .bind(first_attempt.map(millis))
    }

    /// Returns a connection that responds, or `None` if PostgreSQL stays unavailable.
    async fn working_connection(&self) -> Option<PoolConnection<Postgres>> {
        let deadline = Instant::now() + RECONNECT_WAIT;
        while Instant::now() < deadline {
            if let Ok(mut connection) = self.acquire().await {
                // Other idle connections may have been closed as well.
                if let Ok(Ok(())) = timeout(RESPONSE_TIMEOUT, connection.ping()).await {
                    return Some(connection);
                }
                connection.close_on_drop();
            }
            sleep(Duration::from_millis(50)).await;
        }
        None
    }
}

async fn publish_on(
    connection: &mut PoolConnection<Postgres>,
    query: PostgresQuery,
) -> Result<Position, BrokerError> {
    published_position(&run_on(connection, query).await?)
}

fn published_position(rows: &[sqlx::postgres::PgRow]) -> Result<Position, BrokerError> {
    let row = rows.first();
    let position = position(row.ok_or_else(|| BrokerError::new("PostgreSQL returned no row"))?)?;
    if position.epoch.is_empty() {
        return Err(BrokerError::new(
            "the log no longer shows whether the message was published",
        ));
    }
    Ok(position)
}
