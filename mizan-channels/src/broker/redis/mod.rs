//! The broker of several servers that share a Redis.

mod connection;
mod gap_fill;
#[cfg(test)]
mod model_check;
mod presence;
mod publish;
mod scripts;
mod state;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use mizan_core::channel::Position;
use redis::{Client, IntoConnectionInfo, ProtocolVersion};
use tokio::task::JoinHandle;

use self::state::RedisState;
use crate::broker::Broker;
use crate::broker::error::BrokerError;
use crate::broker::log::Cursor;
use crate::broker::notification::Notifier;
use crate::broker::publication::{Publication, Retention};
use crate::broker::reader::LogReader;

/// The time after which an empty log without subscribers is removed from memory. Redis keeps its epoch.
const IDLE_LOG_TTL: Duration = Duration::from_secs(60);

/// A broker for several servers that share a Redis 7.
///
/// Streams keep the messages, and Pub/Sub delivers them. A server that misses a message reads it from the stream
/// before it delivers the following ones. While Redis is unavailable, subscribers stay connected, and are
/// notified.
///
/// Keys begin with `mizan:`. The group is their hash tag, so that all keys of a group are in one slot.
///
/// ```no_run
/// use mizan_channels::Channels;
/// use mizan_channels::broker::RedisBroker;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), mizan_channels::broker::BrokerError> {
/// let channels = Channels::new(RedisBroker::new("redis://127.0.0.1/")?);
/// # Ok(())
/// # }
/// ```
pub struct RedisBroker {
    state: Arc<RedisState>,
    connection_task: JoinHandle<()>,
}

impl RedisBroker {
    /// Creates a broker on the Redis at `address`, such as `redis://127.0.0.1/`.
    ///
    /// The broker connects in the background, and reconnects when it loses the connection. Operations wait for the
    /// connection during the first 3 seconds; after that, they fail while there is no connection. Call this within a
    /// tokio runtime.
    ///
    /// # Errors
    ///
    /// Returns an error if the address is invalid.
    pub fn new(address: impl IntoConnectionInfo) -> Result<Self, BrokerError> {
        Self::with_prefix(address, "mizan:")
    }

    /// Creates a broker whose keys begin with `prefix` instead of `mizan:`.
    ///
    /// # Errors
    ///
    /// Returns an error if the address is invalid.
    pub fn with_prefix(
        address: impl IntoConnectionInfo,
        prefix: impl Into<String>,
    ) -> Result<Self, BrokerError> {
        let info = address.into_connection_info().map_err(BrokerError::new)?;
        // RESP3 delivers Pub/Sub messages on the connection of the commands.
        let settings = info
            .redis_settings()
            .clone()
            .set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(info.set_redis_settings(settings)).map_err(BrokerError::new)?;
        let state = Arc::new(RedisState::new(client, prefix.into()));
        let connection_task = tokio::spawn(connection::run_reconnect_loop(Arc::clone(&state)));
        Ok(Self {
            state,
            connection_task,
        })
    }
}

impl Drop for RedisBroker {
    fn drop(&mut self) {
        self.connection_task.abort();
    }
}

impl fmt::Debug for RedisBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBroker")
            .field("prefix", &self.state.prefix)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Broker for RedisBroker {
    async fn publish(
        &self,
        group: &str,
        publication: Publication,
    ) -> Result<Position, BrokerError> {
        self.state.publish(group, &publication).await
    }

    async fn attach(
        &self,
        group: &str,
        retention: Retention,
        since: Option<&Position>,
        notifier: Notifier,
    ) -> Result<Box<dyn LogReader>, BrokerError> {
        let state = &self.state;
        let connection = state.connection().await?;
        let topic = state.topics.open(group, retention);
        let reader = topic.attach(retention, notifier);
        if topic.subscribed_connection().load(Ordering::Relaxed) != connection.number {
            state.subscribe(&connection, &topic).await?;
        } else if let Some(since) = since {
            let (log, _) = topic.state(0);
            if *since.epoch != *log.epoch || since.offset > log.top {
                state.sync(&connection, &topic).await?;
            }
        }
        Ok(reader)
    }

    async fn enter(
        &self,
        group: &str,
        connection: &str,
        id: &str,
        info: Bytes,
    ) -> Result<(), BrokerError> {
        let key = (group.to_owned(), connection.to_owned());
        let value = (id.to_owned(), info.clone());
        // If Redis is unavailable now, `maintain` adds the connection later.
        self.state.presence.lock().insert(key, value);
        let confirmed = self.state.confirm_presence(group, connection, id, &info);
        confirmed.await
    }

    async fn leave(&self, group: &str, connection: &str) -> Result<(), BrokerError> {
        let key = (group.to_owned(), connection.to_owned());
        let removed = self.state.presence.lock().remove(&key);
        match removed {
            Some((id, _)) => self.state.remove_presence(group, connection, &id).await,
            None => Ok(()),
        }
    }

    async fn members(&self, group: &str) -> Result<(Cursor, Bytes), BrokerError> {
        self.state.members(group).await
    }

    async fn maintain(&self) {
        self.state.maintain_presence().await;
        let removed = self.state.topics.remove_idle(IDLE_LOG_TTL);
        if let Ok(connection) = self.state.connection().await {
            for name in removed {
                self.state.unsubscribe(&connection, &name).await;
            }
        }
    }
}
