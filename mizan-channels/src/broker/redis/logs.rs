//! The logs that this server holds, kept in step with the streams in Redis.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use redis::{PushInfo, PushKind, Script, Value};

use super::{AT_ONCE, Link, Shared};
use crate::broker::topics::Topic;
use crate::broker::{BrokerError, random_id};
use crate::lock::lock;
use crate::log::Message;
use crate::session::BrokerEvent;

impl Shared {
    /// What Redis pushes. Runs on the connection's task, and so waits for nothing.
    pub(super) fn pushed(&self, number: u64, info: &PushInfo) {
        match (&info.kind, &info.data[..]) {
            (PushKind::Disconnection, _) => {
                lock(&self.torn).broken = Some(number);
                self.wake.notify_one();
            }
            (PushKind::Message, [Value::BulkString(channel), Value::BulkString(payload)]) => {
                let group = std::str::from_utf8(channel)
                    .ok()
                    .and_then(|channel| channel.strip_prefix(&self.prefix));
                let Some(topic) = group.and_then(|group| self.topics.get(group)) else {
                    return;
                };
                let taken = parse(payload)
                    .is_some_and(|(epoch, message)| topic.take(epoch, message, Duration::ZERO));
                if !taken {
                    lock(&self.torn).topics.insert(Arc::clone(topic.name()));
                    self.wake.notify_one();
                }
            }
            _ => {}
        }
    }

    /// Whoever changes what a topic is subscribed to, or brings it up to date, does so alone: an answer
    /// that was read before another must not be applied after it.
    async fn turn(&self, name: &str) -> tokio::sync::MutexGuard<'_, ()> {
        let place = name.bytes().fold(0_usize, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(usize::from(byte))
        });
        self.turns[place % self.turns.len()].lock().await
    }

    /// Subscribes to a topic where that was not done yet, and fills what it misses.
    pub(super) async fn join(&self, link: &Link, topic: &Topic) -> Result<(), BrokerError> {
        let _turn = self.turn(topic.name()).await;
        if topic.link().load(Ordering::Relaxed) == link.number {
            return Ok(());
        }
        let mut connection = link.connection.clone();
        connection
            .subscribe(self.channel(topic.name()))
            .await
            .map_err(|error| self.failed(link, error))?;
        self.fill(link, topic).await?;
        topic.link().store(link.number, Ordering::Relaxed);
        Ok(())
    }

    /// Unsubscribes from a group, unless somebody came meanwhile.
    pub(super) async fn part(&self, link: &Link, name: &Arc<str>) {
        let _turn = self.turn(name).await;
        if self.topics.get(name).is_none() {
            let mut connection = link.connection.clone();
            if let Err(error) = connection.unsubscribe(self.channel(name)).await {
                self.failed(link, error);
            }
        }
    }

    pub(super) async fn sync(&self, link: &Link, topic: &Topic) -> Result<(), BrokerError> {
        let _turn = self.turn(topic.name()).await;
        self.fill(link, topic).await
    }

    /// Fills what a topic misses from its stream, or begins it anew as Redis did.
    async fn fill(&self, link: &Link, topic: &Topic) -> Result<(), BrokerError> {
        let (known, _) = topic.state(0);
        let script: &Script = &self.scripts.sync;
        let (epoch, top, offsets, ages, data): (String, u64, Vec<u64>, Vec<u64>, Vec<Vec<u8>>) =
            self.run(
                link,
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
            tracing::warn!(group = %topic.name(), "messages are gone from Redis before they came");
            topic.restart(&epoch, first - 1);
        }
        for ((offset, age), data) in offsets.into_iter().zip(ages).zip(data) {
            let message = Message {
                offset,
                prev: offset - 1,
                data: data.into(),
            };
            topic.take(&epoch, message, Duration::from_millis(age));
        }
        Ok(())
    }

    /// Brings many topics up to date; `join` also subscribes to them.
    pub(super) async fn sync_all(
        &self,
        link: &Link,
        topics: Vec<Arc<Topic>>,
        join: bool,
    ) -> Result<(), BrokerError> {
        let mut syncs = stream::iter(topics)
            .map(|topic| async move {
                if join {
                    self.join(link, &topic).await
                } else {
                    self.sync(link, &topic).await
                }
            })
            .buffer_unordered(AT_ONCE);
        while let Some(synced) = syncs.next().await {
            synced?;
        }
        Ok(())
    }

    pub(super) fn tell_all(&self, event: BrokerEvent) {
        for topic in self.topics.all() {
            topic.tell(event);
        }
    }
}

/// `epoch offset data`, as the script publishes it.
fn parse(payload: &[u8]) -> Option<(&str, Message)> {
    let mut parts = payload.splitn(3, |byte| *byte == b' ');
    let epoch = std::str::from_utf8(parts.next()?).ok()?;
    let offset: u64 = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    let message = Message {
        offset,
        prev: offset.checked_sub(1)?,
        data: Bytes::copy_from_slice(parts.next()?),
    };
    Some((epoch, message))
}
