//! The logs that a server holds in memory, with their subscribers.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;
#[cfg(feature = "redis")]
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use bytes::Bytes;
use foldhash::fast::RandomState;
use parking_lot::Mutex;
use slab::Slab;
use tokio::time::Instant;

use crate::broker::log::{Cursor, HistoryPage, Log, LogState, Message, ReadReply};
use crate::broker::notification::Notifier;
use crate::broker::publication::Retention;
use crate::broker::reader::LogReader;
use crate::random_id::random_id;

const SHARDS: usize = 64;

/// The size of one read from a log, in bytes.
const READ_BYTES: usize = 64 * 1024;

/// The maximum size of a page of history, in bytes. The page is sent as one frame.
const PAGE_BYTES: usize = 512 * 1024;

type Shard = Mutex<HashMap<Arc<str>, Arc<Topic>, RandomState>>;

/// The topics of a server, sharded by the hash of their group.
pub(crate) struct Topics {
    hasher: RandomState,
    shards: Box<[Shard]>,
    started: Instant,
}

impl Topics {
    pub(crate) fn new() -> Self {
        Self {
            hasher: RandomState::default(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            started: Instant::now(),
        }
    }

    /// Returns the topic of a group, and creates it if there is none.
    pub(crate) fn open(&self, group: &str, retention: Retention) -> Arc<Topic> {
        let mut shard = self.shard(group).lock();
        if let Some(topic) = shard.get(group) {
            return Arc::clone(topic);
        }
        let topic = Arc::new(Topic {
            name: group.into(),
            started: self.started,
            log: Mutex::new(RetainedLog {
                log: Log::new(random_id().into(), 0),
                retention,
                last_used: self.started.elapsed(),
            }),
            subscribers: Mutex::default(),
            #[cfg(feature = "redis")]
            subscribed_connection: AtomicU64::new(0),
        });
        shard.insert(Arc::clone(&topic.name), Arc::clone(&topic));
        topic
    }

    fn shard(&self, group: &str) -> &Shard {
        let hash = self.hasher.hash_one(group);
        &self.shards[usize::try_from(hash % SHARDS as u64).unwrap_or(0)]
    }

    /// Removes expired messages, and topics that have been idle for `idle_ttl`. Returns the names of the removed
    /// topics.
    pub(crate) fn remove_idle(&self, idle_ttl: Duration) -> Vec<Arc<str>> {
        let mut removed = Vec::new();
        for shard in &self.shards {
            shard.lock().retain(|name, topic| {
                // The lock of the shard keeps other threads from getting the topic meanwhile.
                let keep = Arc::strong_count(topic) > 1 || !topic.is_idle(idle_ttl);
                if !keep {
                    removed.push(Arc::clone(name));
                }
                keep
            });
        }
        removed
    }
}

/// The log of a group, with its subscribers.
///
/// Messages are appended and subscribers attached under the lock of the log, so that a new subscriber either finds a
/// message in the log or is notified of it. Subscribers are notified after the lock is released, and so can read the
/// log while others are still being notified.
pub(crate) struct Topic {
    name: Arc<str>,
    started: Instant,
    log: Mutex<RetainedLog>,
    subscribers: Mutex<Slab<Notifier>>,
    /// The number of the Redis connection that is subscribed to the topic, 0 for none.
    #[cfg(feature = "redis")]
    subscribed_connection: AtomicU64,
}

struct RetainedLog {
    log: Log,
    retention: Retention,
    /// The time of the last message, attachment or detachment, since the start of the server.
    last_used: Duration,
}

impl RetainedLog {
    fn trim(&mut self, now: Duration) {
        let since = now.saturating_sub(self.retention.age);
        self.log.trim(self.retention.messages, millis(since));
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Topic {
    #[cfg(any(feature = "redis", feature = "postgres"))]
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Appends a message, and notifies the subscribers.
    pub(crate) fn append(&self, retention: Retention, data: Bytes) -> Cursor {
        let mut retained = self.log.lock();
        let now = self.started.elapsed();
        retained.last_used = now;
        retained.retention = retention;
        let prev = retained.log.top();
        let offset = prev + 1;
        let message = Message { offset, prev, data };
        let pushed = retained.log.push(millis(now), message);
        debug_assert!(pushed, "the next offset follows the top");
        retained.trim(now);
        let epoch = Arc::clone(retained.log.epoch());
        drop(retained);
        self.notify_each(Notifier::log_changed);
        Cursor { epoch, offset }
    }

    fn notify_each(&self, notify: impl Fn(&Notifier)) {
        for (_, notifier) in &*self.subscribers.lock() {
            notify(notifier);
        }
    }

    /// Adds a subscriber, which is removed when the reader is dropped.
    pub(crate) fn attach(
        self: &Arc<Self>,
        retention: Retention,
        notifier: Notifier,
    ) -> Box<dyn LogReader> {
        let mut retained = self.log.lock();
        retained.retention = retention;
        let now = self.started.elapsed();
        retained.trim(now);
        retained.last_used = now;
        let index = self.subscribers.lock().insert(notifier);
        drop(retained);
        Box::new(TopicReader {
            topic: Arc::clone(self),
            index,
        })
    }

    fn detach(&self, index: usize) {
        self.log.lock().last_used = self.started.elapsed();
        let mut subscribers = self.subscribers.lock();
        subscribers.try_remove(index);
        if subscribers.is_empty() {
            subscribers.shrink_to_fit();
        }
    }

    pub(crate) fn state(&self, recent: usize) -> (LogState, u64) {
        let retained = self.log.lock();
        (retained.log.state(), retained.log.start_of_recent(recent))
    }

    fn is_idle(&self, idle_ttl: Duration) -> bool {
        if self.has_subscribers() {
            return false;
        }
        let mut retained = self.log.lock();
        let now = self.started.elapsed();
        retained.trim(now);
        let state = retained.log.state();
        let is_empty = state.floor == state.top;
        is_empty && now.saturating_sub(retained.last_used) > idle_ttl
            // No message was ever published in this epoch, so no client has a position in it.
            || state.top == 0 && now > retained.last_used
    }

    pub(crate) fn has_subscribers(&self) -> bool {
        !self.subscribers.lock().is_empty()
    }
}

/// A subscriber's access to a topic.
struct TopicReader {
    topic: Arc<Topic>,
    index: usize,
}

impl LogReader for TopicReader {
    fn state(&self, recent: usize) -> (LogState, u64) {
        self.topic.state(recent)
    }

    fn read(&self, after: &Cursor, max_messages: usize) -> ReadReply {
        let retained = self.topic.log.lock();
        retained.log.read(after, max_messages, READ_BYTES)
    }

    fn page(&self, before: Option<u64>, limit: usize) -> HistoryPage {
        let mut retained = self.topic.log.lock();
        retained.trim(self.topic.started.elapsed());
        retained.log.page(before, limit, PAGE_BYTES)
    }
}

impl Drop for TopicReader {
    fn drop(&mut self) {
        self.topic.detach(self.index);
    }
}

/// Operations for topics that mirror a log of a database.
#[cfg(any(feature = "redis", feature = "postgres"))]
impl Topics {
    pub(crate) fn get(&self, group: &str) -> Option<Arc<Topic>> {
        self.shard(group).lock().get(group).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Topic>> {
        let shards = self.shards.iter();
        shards
            .flat_map(|shard| shard.lock().values().cloned().collect::<Vec<_>>())
            .collect()
    }
}

#[cfg(any(feature = "redis", feature = "postgres"))]
impl Topic {
    #[cfg(feature = "redis")]
    pub(crate) fn subscribed_connection(&self) -> &AtomicU64 {
        &self.subscribed_connection
    }

    /// Adds a message that was published `age` ago. Returns `false` if the log has another epoch or would have a
    /// hole; it then has to be synchronized with its source. A message that the log has already is ignored.
    pub(crate) fn add_remote(&self, epoch: &str, message: Message, age: Duration) -> bool {
        let mut retained = self.log.lock();
        if **retained.log.epoch() != *epoch {
            return false;
        }
        if message.offset <= retained.log.top() {
            return true;
        }
        let now = self.started.elapsed();
        let published_at = millis(now.saturating_sub(age));
        if !retained.log.push(published_at, message) {
            return false;
        }
        retained.last_used = now;
        retained.trim(now);
        drop(retained);
        self.notify_each(Notifier::log_changed);
        true
    }

    /// Replaces the log by an empty one in `epoch`, whose next message follows `floor`.
    pub(crate) fn restart(&self, epoch: &str, floor: u64) {
        let mut retained = self.log.lock();
        retained.log = Log::new(epoch.into(), floor);
        retained.last_used = self.started.elapsed();
        drop(retained);
        self.notify_each(Notifier::log_changed);
    }

    pub(crate) fn notify_unavailable(&self) {
        self.notify_each(Notifier::unavailable);
    }

    pub(crate) fn notify_available(&self) {
        self.notify_each(Notifier::available);
    }
}
