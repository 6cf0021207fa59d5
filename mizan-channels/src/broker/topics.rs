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
use crate::broker::{Retention, random_id};
use crate::lock::lock;
use crate::log::{Cursor, Log, LogState, Message, ReadReply};
use crate::session::{BrokerEvent, Stream};

const SHARDS: usize = 64;

/// How much is read from a log at a time, in bytes.
const READ_BYTES: usize = 64 * 1024;

/// The maximum size of a page of history, in bytes: far less than a socket sends in one frame.
const PAGE_BYTES: usize = 512 * 1024;

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
            kept: Mutex::new(Kept {
                log: Log::new(random_id().into(), 0),
                retention,
                touched: self.started.elapsed(),
            }),
            listeners: Mutex::default(),
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

/// The log of a group, with those who listen.
///
/// Messages are appended and listeners attached under the lock of the log, so that whoever attaches finds a
/// message there or is told of it. Listeners are told outside of it: those who are woken read the log while
/// others are still being told.
pub(crate) struct Topic {
    name: Arc<str>,
    started: Instant,
    kept: Mutex<Kept>,
    listeners: Mutex<Slab<Listener>>,
    /// The link to elsewhere that it is subscribed to on; 0 for none.
    #[cfg(feature = "redis")]
    link: AtomicU64,
}

struct Kept {
    log: Log,
    retention: Retention,
    /// When somebody last added to it, came or went.
    touched: Duration,
}

impl Kept {
    fn trim(&mut self, now: Duration) {
        let since = now.saturating_sub(self.retention.age);
        self.log.trim(self.retention.messages, millis(since));
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
        let mut kept = lock(&self.kept);
        let now = self.started.elapsed();
        kept.touched = now;
        kept.retention = retention;
        let prev = kept.log.top();
        let offset = prev + 1;
        let pushed = kept.log.push(millis(now), Message { offset, prev, data });
        debug_assert!(pushed, "the next offset follows the last");
        kept.trim(now);
        let epoch = Arc::clone(kept.log.epoch());
        drop(kept);
        self.tell_each(BrokerEvent::More);
        Cursor { epoch, offset }
    }

    fn tell_each(&self, event: impl Fn(Stream) -> BrokerEvent) {
        for (_, listener) in &*lock(&self.listeners) {
            listener.tell(event(listener.stream));
        }
    }

    pub(crate) fn attach(self: &Arc<Self>, retention: Retention, listener: Listener) -> Feed {
        let mut kept = lock(&self.kept);
        kept.retention = retention;
        let now = self.started.elapsed();
        kept.trim(now);
        kept.touched = now;
        let place = lock(&self.listeners).insert(listener);
        drop(kept);
        Feed::new(Arc::clone(self), place)
    }

    pub(crate) fn detach(&self, place: usize) {
        lock(&self.kept).touched = self.started.elapsed();
        let mut listeners = lock(&self.listeners);
        listeners.try_remove(place);
        if listeners.is_empty() {
            listeners.shrink_to_fit();
        }
    }

    pub(crate) fn state(&self, recent: usize) -> (LogState, u64) {
        let kept = lock(&self.kept);
        (kept.log.state(), kept.log.back(recent))
    }

    pub(crate) fn read(&self, after: &Cursor, most: usize) -> ReadReply {
        lock(&self.kept).log.read(after, most, READ_BYTES)
    }

    pub(crate) fn page(&self, before: Option<u64>, limit: usize) -> (Arc<str>, Vec<Message>, bool) {
        let mut kept = lock(&self.kept);
        let now = self.started.elapsed();
        kept.trim(now);
        let (messages, more) = kept.log.page(before, limit, PAGE_BYTES);
        (Arc::clone(kept.log.epoch()), messages, more)
    }

    fn is_idle(&self, linger: Duration) -> bool {
        if self.has_listeners() {
            return false;
        }
        let mut kept = lock(&self.kept);
        let now = self.started.elapsed();
        kept.trim(now);
        let state = kept.log.state();
        let is_empty = state.floor == state.top;
        is_empty && now.saturating_sub(kept.touched) > linger
            // Nothing was ever published, and nobody holds a position that means anything.
            || state.top == 0 && now > kept.touched
    }

    pub(crate) fn has_listeners(&self) -> bool {
        !lock(&self.listeners).is_empty()
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
        let mut kept = lock(&self.kept);
        if **kept.log.epoch() != *epoch {
            return false;
        }
        if message.offset <= kept.log.top() {
            return true;
        }
        let now = self.started.elapsed();
        let at = millis(now.saturating_sub(age));
        if !kept.log.push(at, message) {
            return false;
        }
        kept.touched = now;
        kept.trim(now);
        drop(kept);
        self.tell_each(BrokerEvent::More);
        true
    }

    /// Begins anew where the log is elsewhere or has a hole: in `epoch`, after `floor`.
    pub(crate) fn restart(&self, epoch: &str, floor: u64) {
        let mut kept = lock(&self.kept);
        kept.log = Log::new(epoch.into(), floor);
        kept.touched = self.started.elapsed();
        drop(kept);
        self.tell_each(BrokerEvent::More);
    }

    /// Tells the listeners of what happened to the broker.
    pub(crate) fn tell(&self, event: BrokerEvent) {
        self.tell_each(|_| event);
    }
}
