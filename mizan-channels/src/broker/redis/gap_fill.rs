//! Synchronization of the topics of this server with the streams in Redis.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use redis::{PushInfo, PushKind, Script, Value};

use super::state::{MAX_CONCURRENT_SCRIPTS, RedisConnection, RedisState};
use crate::broker::error::BrokerError;
use crate::broker::log::Message;
use crate::broker::topics::Topic;
use crate::random_id::random_id;

impl RedisState {
    /// Handles a push message of Redis. Runs on the task of the connection, and so must not block.
    pub(super) fn handle_push(&self, connection_number: u64, info: &PushInfo) {
        match (&info.kind, &info.data[..]) {
            (PushKind::Disconnection, _) => self.report_broken(connection_number),
            (PushKind::Message, [Value::BulkString(channel), Value::BulkString(payload)]) => {
                let group = std::str::from_utf8(channel)
                    .ok()
                    .and_then(|channel| channel.strip_prefix(&self.prefix));
                let Some(topic) = group.and_then(|group| self.topics.get(group)) else {
                    return;
                };
                let is_next = parse_payload(payload).is_some_and(|(epoch, message)| {
                    topic.add_remote(epoch, message, Duration::ZERO)
                });
                if !is_next {
                    self.request_sync(Arc::clone(topic.name()));
                }
            }
            _ => {}
        }
    }

    /// Subscribes to a topic unless this connection has done so, and fills its gap.
    pub(super) async fn subscribe(
        &self,
        connection: &RedisConnection,
        topic: &Topic,
    ) -> Result<(), BrokerError> {
        let _lock = self.topic_lock(topic.name()).await;
        if topic.subscribed_connection().load(Ordering::Relaxed) == connection.number {
            return Ok(());
        }
        let mut commands = connection.commands.clone();
        commands
            .subscribe(self.pubsub_channel(topic.name()))
            .await
            .map_err(|error| self.failed(connection, error))?;
        self.fill_gap(connection, topic).await?;
        topic
            .subscribed_connection()
            .store(connection.number, Ordering::Relaxed);
        Ok(())
    }

    /// Unsubscribes from a removed topic, unless it was created again meanwhile.
    pub(super) async fn unsubscribe(&self, connection: &RedisConnection, name: &Arc<str>) {
        let _lock = self.topic_lock(name).await;
        if self.topics.get(name).is_none() {
            let mut commands = connection.commands.clone();
            if let Err(error) = commands.unsubscribe(self.pubsub_channel(name)).await {
                self.failed(connection, error);
            }
        }
    }

    pub(super) async fn sync(
        &self,
        connection: &RedisConnection,
        topic: &Topic,
    ) -> Result<(), BrokerError> {
        let _lock = self.topic_lock(topic.name()).await;
        self.fill_gap(connection, topic).await
    }

    /// Reads the messages that the topic lacks from the stream, and adds them. Restarts the topic if the stream has
    /// another epoch, or no longer keeps all of those messages.
    async fn fill_gap(
        &self,
        connection: &RedisConnection,
        topic: &Topic,
    ) -> Result<(), BrokerError> {
        let (known, _) = topic.state(0);
        let script: &Script = &self.scripts.gap_fill;
        let (epoch, top, offsets, ages, data): (String, u64, Vec<u64>, Vec<u64>, Vec<Vec<u8>>) =
            self.run(
                connection,
                script
                    .key(self.key("m", topic.name()))
                    .key(self.key("s", topic.name()))
                    .arg(random_id())
                    .arg(&*known.epoch)
                    .arg(known.top),
            )
            .await?;
        let first = offsets.first().copied().unwrap_or(top + 1);
        if *epoch != *known.epoch {
            topic.restart(&epoch, first - 1);
        } else if first > known.top + 1 && topic.state(0).0.top + 1 < first {
            tracing::warn!(
                group = %topic.name(),
                "messages were removed from Redis before this server read them; subscribers get a gap"
            );
            topic.restart(&epoch, first - 1);
        }
        for ((offset, age), data) in offsets.into_iter().zip(ages).zip(data) {
            let message = Message::new(offset, offset - 1, data.into());
            topic.add_remote(&epoch, message, Duration::from_millis(age));
        }
        Ok(())
    }
}

/// Runs an operation for topics concurrently, until one of them fails.
pub(super) async fn for_each_topic<F: Future<Output = Result<(), BrokerError>>>(
    topics: Vec<Arc<Topic>>,
    operation: impl FnMut(Arc<Topic>) -> F,
) -> Result<(), BrokerError> {
    let operations = stream::iter(topics).map(operation);
    let mut results = operations.buffer_unordered(MAX_CONCURRENT_SCRIPTS);
    while let Some(result) = results.next().await {
        result?;
    }
    Ok(())
}

/// Parses a Pub/Sub message: the epoch, the offset and the data, separated by spaces.
fn parse_payload(payload: &[u8]) -> Option<(&str, Message)> {
    let mut parts = payload.splitn(3, |byte| *byte == b' ');
    let epoch = std::str::from_utf8(parts.next()?).ok()?;
    let offset: u64 = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    let prev = offset.checked_sub(1)?;
    let data = Bytes::copy_from_slice(parts.next()?);
    Some((epoch, Message::new(offset, prev, data)))
}
