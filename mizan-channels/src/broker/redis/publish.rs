//! Publications.

use std::time::Duration;

use mizan_core::channel::Position;
use tokio::time::Instant;

use super::state::{RESPONSE_TIMEOUT, RedisConnection, RedisState, millis};
use crate::broker::error::BrokerError;
use crate::broker::publication::DEDUP_TTL;
use crate::broker::publication::Publication;
use crate::random_id::random_id;

impl RedisState {
    /// Publishes a message. Retries once, under the same id, if the outcome of the first attempt is unknown.
    pub(super) async fn publish(
        &self,
        group: &str,
        publication: &Publication,
    ) -> Result<Position, BrokerError> {
        let connection = self.connection().await?;
        let id = random_id();
        let started = Instant::now();
        let published = self
            .try_publish(&connection, group, publication, &id, None)
            .await;
        match published {
            Err(error) if !error.is_unsent() => {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "retrying a publication whose outcome is unknown"
                );
                let Ok(connection) = self.connection_after(connection.number).await else {
                    return Err(error);
                };
                // The retry may take until its timeout as well.
                let first_attempt = Some(started.elapsed() + RESPONSE_TIMEOUT);
                let retried = self
                    .try_publish(&connection, group, publication, &id, first_attempt)
                    .await;
                // Even if the retry was not sent, the first attempt may have been published.
                retried.map_err(BrokerError::new)
            }
            published => published,
        }
    }

    /// Publishes a message under `id`. A retry passes the age of the `first_attempt`, and does not publish the
    /// message again if the log has it.
    async fn try_publish(
        &self,
        connection: &RedisConnection,
        group: &str,
        publication: &Publication,
        id: &str,
        first_attempt: Option<Duration>,
    ) -> Result<Position, BrokerError> {
        let mut invocation = self.scripts.publish.prepare_invoke();
        invocation
            .key(self.key("m", group))
            .key(self.key("s", group))
            .key(format!("{}:{id}", self.key("t", group)));
        if let Some(key) = &publication.key {
            invocation.key(format!("{}:{key}", self.key("k", group)));
        }
        let first_attempt = first_attempt.map(|age| millis(age).to_string());
        invocation
            .arg(self.pubsub_channel(group))
            .arg(random_id())
            .arg(&publication.data[..])
            .arg(publication.retention.messages.max(1))
            .arg(millis(publication.retention.age).max(1))
            .arg(millis(DEDUP_TTL))
            .arg(id)
            .arg(first_attempt.unwrap_or_default());
        let (epoch, offset): (String, u64) = self.run(connection, &invocation).await?;
        if epoch.is_empty() {
            return Err(BrokerError::new(
                "the log no longer shows whether the message was published",
            ));
        }
        Ok(Position { epoch, offset })
    }
}
