use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use mizan_core::channel::Position;

use crate::broker::claims::Claims;
use crate::broker::feed::{Feed, Listener};
use crate::broker::presence::{Present, presence_of};
use crate::broker::remembered::Remembered;
use crate::broker::topics::Topics;
use crate::broker::{Broker, BrokerError, Claim, ClaimRequest, Publication, Retention};
use crate::lock::lock;
use crate::log::Cursor;

/// The most keys of [`Channels::publish_once`](crate::Channels::publish_once) that are remembered, and bytes.
const MOST_KEYS: usize = 100_000;
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The broker of a program that is all there is: logs in its memory, gone with it.
///
/// Every group begins with a random epoch, so that nobody takes the log of another life for this one's.
pub struct MemoryBroker {
    topics: Topics,
    published: Mutex<Remembered<Position>>,
    claims: Mutex<Claims>,
    present: Mutex<HashMap<String, Present>>,
}

impl MemoryBroker {
    /// A broker with no logs.
    #[must_use]
    pub fn new() -> Self {
        Self {
            topics: Topics::new(),
            published: Mutex::new(Remembered::new(MOST_KEYS, MOST_BYTES)),
            claims: Mutex::default(),
            present: Mutex::default(),
        }
    }

    fn announce(&self, group: &str, change: Option<Bytes>) {
        if let Some(change) = change {
            let topic = self.topics.open(&presence_of(group), Retention::default());
            topic.append(Retention::default(), change);
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
        // Held while the message is added: of two that come at once, one is the first.
        let mut published = lock(&self.published);
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
        listener: Listener,
    ) -> Result<Feed, BrokerError> {
        Ok(self
            .topics
            .open(group, retention)
            .attach(retention, listener))
    }

    async fn enter(
        &self,
        group: &str,
        connection: &str,
        id: &str,
        info: Bytes,
    ) -> Result<(), BrokerError> {
        let mut present = lock(&self.present);
        let people = present.entry(group.to_owned()).or_default();
        let change = people.enter(connection, id, info);
        self.announce(group, change);
        Ok(())
    }

    async fn leave(&self, group: &str, connection: &str) -> Result<(), BrokerError> {
        let mut present = lock(&self.present);
        if let Some(people) = present.get_mut(group) {
            let change = people.leave(connection);
            if people.is_empty() {
                present.remove(group);
            }
            self.announce(group, change);
        }
        Ok(())
    }

    async fn members(&self, group: &str) -> Result<(Cursor, Bytes), BrokerError> {
        // Changes are announced under this lock, so that the list and the place agree.
        let present = lock(&self.present);
        let members = present
            .get(group)
            .map_or_else(|| Present::default().members(), Present::members);
        let topic = self.topics.open(&presence_of(group), Retention::default());
        let (log, _) = topic.state(0);
        let cursor = Cursor {
            epoch: log.epoch,
            offset: log.top,
        };
        Ok((cursor, members))
    }

    async fn claim(&self, request: &ClaimRequest, lease: Duration) -> Result<Claim, BrokerError> {
        Ok(lock(&self.claims).claim(request, lease))
    }

    async fn settle(&self, request: &ClaimRequest, outcome: Bytes) -> Result<(), BrokerError> {
        lock(&self.claims).settle(request, outcome);
        Ok(())
    }

    async fn release(&self, request: &ClaimRequest, _: bool) -> Result<(), BrokerError> {
        lock(&self.claims).release(request);
        Ok(())
    }

    async fn tend(&self) {
        self.topics.sweep(Topics::LINGER);
        lock(&self.published).forget_old();
        lock(&self.claims).forget_old();
    }
}
