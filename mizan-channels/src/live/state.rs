//! The live queries of a process, and the part of the log of invalidations that it knows.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use mizan_core::adapter::{FunctionEntry, Published};
use mizan_core::{App, Invalidation};
use parking_lot::Mutex;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::change::Change;
use super::index::{LiveIndex, LiveQuery, QueryChanges};
use super::log_group::{MAX_RECENT, NOTIFY_INTERVAL};
use super::publisher::Publisher;
use super::quota::LiveQuota;
use super::refresh::refresh;
use super::shared::{MAX_CONCURRENT, SharedResult};
use crate::broker::{Broker, LogReader, LogState, Notifier};
use crate::limits::ConnectionLimits;
use crate::transport::Peer;

/// The maximum size of the messages that a process knows, in bytes.
const MAX_RECENT_BYTES: usize = 1024 * 1024;

/// The live queries of a process.
pub(crate) struct LiveQueries {
    pub(super) broker: Arc<dyn Broker>,
    publisher: Arc<Publisher>,
    pub(crate) quota: Arc<LiveQuota>,
    /// Permits for the computation of shared results.
    permits: Arc<Semaphore>,
    pub(super) state: Mutex<LiveState>,
    /// Changes when the process has applied a part of the log.
    pub(super) applied: watch::Sender<()>,
    /// The task that follows the log.
    pub(super) follower: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
pub(super) struct LiveState {
    /// The log, once the process follows it.
    pub(super) log: Option<FollowedLog>,
    pub(super) index: LiveIndex,
    /// The queries whose subscribers are notified again, if the query has changed, at this time.
    paused: VecDeque<(Instant, Arc<LiveQuery>)>,
}

/// The part of the log of invalidations that the process knows.
pub(super) struct FollowedLog {
    pub(super) reader: Arc<dyn LogReader>,
    pub(super) epoch: Arc<str>,
    floor: u64,
    pub(super) top: u64,
    recent: VecDeque<(u64, Vec<Change>)>,
    recent_bytes: usize,
}

impl FollowedLog {
    fn state(&self) -> LogState {
        LogState::new(Arc::clone(&self.epoch), self.floor, self.top, self.top)
    }

    /// Adds a message at the top, and removes the oldest ones.
    fn push(&mut self, offset: u64, changes: Vec<Change>) {
        self.top = offset;
        self.recent_bytes += changes.iter().map(Change::size).sum::<usize>();
        self.recent.push_back((offset, changes));
        while self.recent.len() > MAX_RECENT || self.recent_bytes > MAX_RECENT_BYTES {
            let Some((offset, changes)) = self.recent.pop_front() else {
                return;
            };
            self.floor = offset;
            self.recent_bytes -= changes.iter().map(Change::size).sum::<usize>();
        }
    }

    /// Returns the offset of the last message that affects a query, 0 if there is none.
    pub(super) fn last_change_of(&self, query: &LiveQuery) -> u64 {
        let mut recent = self.recent.iter().rev();
        let last = recent.find(|(_, changes)| changes.iter().any(|it| query.is_affected_by(it)));
        last.map_or(0, |(offset, _)| *offset)
    }
}

impl LiveQueries {
    pub(crate) fn new(broker: Arc<dyn Broker>, limits: &ConnectionLimits) -> Self {
        Self {
            publisher: Arc::new(Publisher::new(Arc::clone(&broker))),
            broker,
            quota: Arc::new(LiveQuota::new(limits)),
            permits: Arc::new(Semaphore::new(MAX_CONCURRENT)),
            state: Mutex::default(),
            applied: watch::Sender::new(()),
            follower: Mutex::default(),
        }
    }

    /// Creates the computation of a result that is the same for each subscriber, for the subscriber `peer`.
    pub(crate) fn shared_result(
        &self,
        app: &App,
        function: &FunctionEntry,
        input: &Bytes,
        peer: &Peer,
    ) -> Option<Arc<SharedResult>> {
        let is_shared = function.is_shared() && !function.is_previous();
        is_shared.then(|| {
            let shared = SharedResult::new(app, function, input, peer, &self.permits);
            Arc::new(shared)
        })
    }

    pub(crate) fn publish(&self, invalidations: &[Invalidation]) -> Published {
        self.publisher.publish(invalidations)
    }

    pub(super) fn log_state(&self) -> LogState {
        let state = self.state.lock();
        let log = state.log.as_ref();
        log.map_or_else(|| LogState::new("", 0, 0, 0), FollowedLog::state)
    }

    /// Removes a subscriber, and the query with its last subscriber.
    pub(super) fn detach(&self, query: &Arc<LiveQuery>, index: usize) {
        let mut state = self.state.lock();
        let mut subscribers = query.subscribers.lock();
        subscribers.try_remove(index);
        if subscribers.is_empty() {
            drop(subscribers);
            state.index.remove(query);
        }
    }

    /// Begins to follow the log, or a new epoch of it. All subscribers get a gap if the epoch differs.
    pub(super) fn restart(&self, reader: Arc<dyn LogReader>, epoch: &Arc<str>, floor: u64) {
        let mut state = self.state.lock();
        state.log = Some(FollowedLog {
            reader,
            epoch: Arc::clone(epoch),
            floor,
            top: floor,
            recent: VecDeque::new(),
            recent_bytes: 0,
        });
        let queries = state.index.all();
        for query in &queries {
            query.changes.lock().restart(floor);
        }
        drop(state);
        self.applied.send_replace(());
        for query in queries {
            query.notify_each(Notifier::log_changed);
        }
    }

    /// Applies a message of the log, and notifies the subscribers of the affected queries.
    pub(super) fn apply(&self, offset: u64, changes: Vec<Change>) {
        let now = Instant::now();
        let mut state = self.state.lock();
        let mut notified = Vec::new();
        let mut refreshed = Vec::new();
        for change in &changes {
            for query in state.index.affected_by(change) {
                let mut of_query = query.changes.lock();
                of_query.last = offset;
                let is_paused = std::mem::replace(&mut of_query.is_paused, true);
                if query.shared.is_some() {
                    drop(of_query);
                    refreshed.extend((!is_paused).then_some(query));
                    continue;
                }
                of_query.told = offset;
                of_query.is_changed = is_paused;
                drop(of_query);
                if !is_paused {
                    let resume_at = now + NOTIFY_INTERVAL;
                    state.paused.push_back((resume_at, Arc::clone(&query)));
                    notified.push(query);
                }
            }
        }
        if let Some(log) = &mut state.log {
            log.push(offset, changes);
        }
        drop(state);
        self.applied.send_replace(());
        for query in notified {
            query.notify_each(Notifier::log_changed);
        }
        for query in refreshed {
            tokio::spawn(refresh(query));
        }
    }

    /// Returns the time of the next call of [`notify_paused`](Self::notify_paused).
    pub(super) fn next_notification(&self) -> Option<Instant> {
        self.state.lock().paused.front().map(|(at, _)| *at)
    }

    /// Notifies the subscribers of queries that have changed since the last notification, which was long enough ago.
    pub(super) fn notify_paused(&self) {
        let now = Instant::now();
        let mut notified = Vec::new();
        let mut state = self.state.lock();
        while state.paused.front().is_some_and(|(at, _)| *at <= now)
            && let Some((_, query)) = state.paused.pop_front()
        {
            let QueryChanges {
                is_paused,
                is_changed,
                ..
            } = &mut *query.changes.lock();
            *is_paused = std::mem::take(is_changed);
            if *is_paused {
                notified.push(Arc::clone(&query));
            }
        }
        for query in &notified {
            state
                .paused
                .push_back((now + NOTIFY_INTERVAL, Arc::clone(query)));
        }
        drop(state);
        for query in notified {
            query.notify_each(Notifier::log_changed);
        }
    }

    pub(super) fn notify_each(&self, notify: impl Fn(&Notifier)) {
        let queries = self.state.lock().index.all();
        for query in queries {
            query.notify_each(&notify);
        }
    }
}

impl Drop for LiveQueries {
    fn drop(&mut self) {
        if let Some(task) = self.follower.lock().take() {
            task.abort();
        }
    }
}
