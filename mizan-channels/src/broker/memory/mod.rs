//! The broker of a single process.

mod ttl_map;

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use mizan_core::channel::Position;
use parking_lot::Mutex;

use self::ttl_map::TtlMap;
use crate::broker::Broker;
use crate::broker::error::BrokerError;
use crate::broker::log::Cursor;
use crate::broker::notification::Notifier;
use crate::broker::presence::{PresenceSet, presence_log};
use crate::broker::publication::{Publication, Retention};
use crate::broker::reader::LogReader;
use crate::broker::topics::Topics;

/// The maximum number and size of the idempotency keys that are kept.
const MAX_KEYS: usize = 100_000;
const MAX_KEY_BYTES: usize = 64 * 1024 * 1024;

/// The time after which an empty log without subscribers is removed. A client that reconnects earlier finds the
/// same epoch, and so gets no gap.
const IDLE_LOG_TTL: Duration = Duration::from_secs(10 * 60);

/// A broker for an application that runs as one process. Logs are kept in memory, and lost with the process.
///
/// Each group starts with a random epoch, so that a client never mistakes the log of a new process for the log of an
/// earlier process.
///
/// ```
/// use mizan_channels::broker::{Broker, MemoryBroker, Publication};
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let broker = MemoryBroker::new();
/// let position = broker.publish("chat:lobby", Publication::new(r#""hello""#)).await?;
/// assert_eq!(position.offset, 1);
/// # Ok::<(), mizan_channels::broker::BrokerError>(())
/// # }).unwrap();
/// ```
pub struct MemoryBroker {
    topics: Topics,
    published: Mutex<TtlMap<Position>>,
    presence: Mutex<HashMap<String, PresenceSet>>,
}

impl MemoryBroker {
    /// Creates a broker without logs.
    #[must_use]
    pub fn new() -> Self {
        Self {
            topics: Topics::new(),
            published: Mutex::new(TtlMap::new(MAX_KEYS, MAX_KEY_BYTES)),
            presence: Mutex::default(),
        }
    }

    fn publish_presence(&self, group: &str, message: Option<Bytes>) {
        if let Some(message) = message {
            let topic = self.topics.open(&presence_log(group), Retention::default());
            topic.append(Retention::default(), message);
        }
    }
}

impl Default for MemoryBroker {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBroker").finish_non_exhaustive()
    }
}

#[async_trait]
impl Broker for MemoryBroker {
    fn is_local(&self) -> bool {
        true
    }

    async fn publish(
        &self,
        group: &str,
        publication: Publication,
    ) -> Result<Position, BrokerError> {
        let Publication {
            data,
            key,
            retention,
        } = publication;
        let topic = self.topics.open(group, retention);
        let append = || {
            let Cursor { epoch, offset } = topic.append(retention, data);
            Position {
                epoch: epoch.to_string(),
                offset,
            }
        };
        let Some(key) = key else {
            return Ok(append());
        };
        // Locked while the message is appended, so that concurrent publications with one key append once.
        let mut published = self.published.lock();
        let key = format!("{group}\n{key}");
        if let Some(position) = published.get(&key) {
            return Ok(position.clone());
        }
        let position = append();
        let size = position.epoch.len();
        published.insert(key, position.clone(), size);
        Ok(position)
    }

    async fn attach(
        &self,
        group: &str,
        retention: Retention,
        _: Option<&Position>,
        notifier: Notifier,
    ) -> Result<Box<dyn LogReader>, BrokerError> {
        let topic = self.topics.open(group, retention);
        Ok(topic.attach(retention, notifier))
    }

    async fn enter(
        &self,
        group: &str,
        connection: &str,
        id: &str,
        info: Bytes,
    ) -> Result<(), BrokerError> {
        let mut presence = self.presence.lock();
        let members = presence.entry(group.to_owned()).or_default();
        let message = members.enter(connection, id, info);
        self.publish_presence(group, message);
        Ok(())
    }

    async fn leave(&self, group: &str, connection: &str) -> Result<(), BrokerError> {
        let mut presence = self.presence.lock();
        if let Some(members) = presence.get_mut(group) {
            let message = members.leave(connection);
            if members.is_empty() {
                presence.remove(group);
            }
            self.publish_presence(group, message);
        }
        Ok(())
    }

    async fn members(&self, group: &str) -> Result<(Cursor, Bytes), BrokerError> {
        // Changes are published under this lock, so the list and the cursor are of the same moment.
        let presence = self.presence.lock();
        let members = presence
            .get(group)
            .map_or_else(|| PresenceSet::default().members(), PresenceSet::members);
        let topic = self.topics.open(&presence_log(group), Retention::default());
        let (log, _) = topic.state(0);
        Ok((Cursor::new(log.epoch, log.top), members))
    }

    async fn maintain(&self) {
        self.topics.remove_idle(IDLE_LOG_TTL);
        self.published.lock().remove_expired();
    }
}
