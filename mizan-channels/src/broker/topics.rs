//! The logs that a server holds, with those who listen to them.

use std::collections::HashMap;
use std::hash::BuildHasher;
#[cfg(feature = "redis")]
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use foldhash::fast::RandomState;
use slab::Slab;
use tokio::time::Instant;

use crate::broker::feed::{Feed, Listener};
use crate::broker::{Retention, new_epoch};
use crate::lock::lock;
use crate::log::{Cursor, Log, LogState, Message, ReadReply};
use crate::session::{BrokerEvent, Stream};

const SHARDS: usize = 64;

/// How much is read from a log at a time, in bytes.
const READ_BYTES: usize = 64 * 1024;

/// How long a log that nobody listens to is kept after its messages are gone, so that who comes back
/// is not told of a new epoch for nothing.
const LINGER: Duration = Duration::from_secs(10 * 60);

type Shard = Mutex<HashMap<Arc<str>, Arc<Topic>, RandomState>>;

/// The logs of a server, in shards by the hash of their group.
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

    /// The topic of a group, made where there is none.
    pub(crate) fn open(&self, group: &str, retention: Retention) -> Arc<Topic> {
        let mut shard = lock(self.shard(group));
        if let Some(topic) = shard.get(group) {
            return Arc::clone(topic);
        }
        let topic = Arc::new(Topic {
            name: group.into(),
            started: self.started,
            inner: Mutex::new(Inner {
                log: Log::new(new_epoch().into(), 0),
                retention,
                listeners: Slab::new(),
                touched: self.started.elapsed(),
            }),
            #[cfg(feature = "redis")]
            link: AtomicU64::new(0),
        });
        shard.insert(Arc::clone(&topic.name), Arc::clone(&topic));
        topic
    }

    fn shard(&self, group: &str) -> &Shard {
        let hash = self.hasher.hash_one(group);
        &self.shards[usize::try_from(hash % SHARDS as u64).unwrap_or(0)]
    }

    /// Forgets what is too old, and topics that nobody needs: answers with their names.
    pub(crate) fn sweep(&self, linger: Duration) -> Vec<Arc<str>> {
        let mut gone = Vec::new();
        for shard in &self.shards {
            lock(shard).retain(|name, topic| {
                // Under the lock of the shard nobody else can come by the topic.
                let keep = Arc::strong_count(topic) > 1 || !topic.is_idle(linger);
                if !keep {
                    gone.push(Arc::clone(name));
                }
                keep
            });
        }
        gone
    }
}

/// The log of a group, with those who listen: both under one lock, so that nobody attaches between a
/// message and the word of it.
pub(crate) struct Topic {
    name: Arc<str>,
    started: Instant,
    inner: Mutex<Inner>,
    /// The link to elsewhere that it is subscribed to on; 0 for none.
    #[cfg(feature = "redis")]
    link: AtomicU64,
}

struct Inner {
    log: Log,
    retention: Retention,
    listeners: Slab<Listener>,
    touched: Duration,
}

impl Inner {
    fn trim(&mut self, now: Duration) {
        let since = now.saturating_sub(self.retention.age);
        self.log.trim(self.retention.messages, millis(since));
    }

    fn tell(&self, event: impl Fn(Stream) -> BrokerEvent) {
        for (_, listener) in &self.listeners {
            listener.tell(event(listener.stream));
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Topic {
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Appends a message, and tells the listeners.
    pub(crate) fn append(&self, retention: Retention, data: bytes::Bytes) -> Cursor {
        let mut inner = lock(&self.inner);
        let now = self.started.elapsed();
        inner.touched = now;
        inner.retention = retention;
        let prev = inner.log.top();
        let offset = prev + 1;
        let pushed = inner.log.push(millis(now), Message { offset, prev, data });
        debug_assert!(pushed, "the next offset follows the last");
        inner.trim(now);
        inner.tell(BrokerEvent::More);
        Cursor {
            epoch: Arc::clone(inner.log.epoch()),
            offset,
        }
    }

    pub(crate) fn attach(self: &Arc<Self>, retention: Retention, listener: Listener) -> Feed {
        let mut inner = lock(&self.inner);
        inner.retention = retention;
        let now = self.started.elapsed();
        inner.trim(now);
        inner.touched = now;
        let place = inner.listeners.insert(listener);
        drop(inner);
        Feed::new(Arc::clone(self), place)
    }

    pub(crate) fn detach(&self, place: usize) {
        let mut inner = lock(&self.inner);
        inner.touched = self.started.elapsed();
        inner.listeners.try_remove(place);
        if inner.listeners.is_empty() {
            inner.listeners.shrink_to_fit();
        }
    }

    pub(crate) fn state(&self, recent: usize) -> (LogState, u64) {
        let inner = lock(&self.inner);
        (inner.log.state(), inner.log.back(recent))
    }

    pub(crate) fn read(&self, after: &Cursor, most: usize) -> ReadReply {
        lock(&self.inner).log.read(after, most, READ_BYTES)
    }

    pub(crate) fn page(&self, before: Option<u64>, limit: usize) -> (Arc<str>, Vec<Message>, bool) {
        let mut inner = lock(&self.inner);
        let now = self.started.elapsed();
        inner.trim(now);
        let (messages, more) = inner.log.page(before, limit);
        (Arc::clone(inner.log.epoch()), messages, more)
    }

    fn is_idle(&self, linger: Duration) -> bool {
        let mut inner = lock(&self.inner);
        let now = self.started.elapsed();
        inner.trim(now);
        let state = inner.log.state();
        let is_empty = state.floor == state.top;
        inner.listeners.is_empty() && is_empty && now.saturating_sub(inner.touched) > linger
            // Nothing was ever published, and nobody holds a position that means anything.
            || inner.listeners.is_empty() && state.top == 0 && now > inner.touched
    }
}

impl Topics {
    /// How long topics linger in memory, where the log is nowhere else.
    pub(crate) const LINGER: Duration = LINGER;
}

/// What a server needs whose logs are elsewhere, too.
#[cfg(feature = "redis")]
impl Topics {
    pub(crate) fn get(&self, group: &str) -> Option<Arc<Topic>> {
        lock(self.shard(group)).get(group).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Topic>> {
        let shards = self.shards.iter();
        shards
            .flat_map(|shard| lock(shard).values().cloned().collect::<Vec<_>>())
            .collect()
    }
}

#[cfg(feature = "redis")]
impl Topic {
    pub(crate) fn link(&self) -> &AtomicU64 {
        &self.link
    }

    /// Takes a message from elsewhere, `age` after it was published. Whether it was one that follows
    /// or is known already; otherwise the log is to be brought up to date.
    pub(crate) fn take(&self, epoch: &str, message: Message, age: Duration) -> bool {
        let mut inner = lock(&self.inner);
        if **inner.log.epoch() != *epoch {
            return false;
        }
        if message.offset <= inner.log.top() {
            return true;
        }
        let now = self.started.elapsed();
        let at = millis(now.saturating_sub(age));
        if !inner.log.push(at, message) {
            return false;
        }
        inner.touched = now;
        inner.trim(now);
        inner.tell(BrokerEvent::More);
        true
    }

    /// Begins anew where the log is elsewhere or has a hole: in `epoch`, after `floor`.
    pub(crate) fn restart(&self, epoch: &str, floor: u64) {
        let mut inner = lock(&self.inner);
        inner.log = Log::new(epoch.into(), floor);
        inner.touched = self.started.elapsed();
        inner.tell(BrokerEvent::More);
    }

    /// Tells the listeners of what happened to the broker.
    pub(crate) fn tell(&self, event: BrokerEvent) {
        lock(&self.inner).tell(|_| event);
    }

    pub(crate) fn has_listeners(&self) -> bool {
        !lock(&self.inner).listeners.is_empty()
    }
}
