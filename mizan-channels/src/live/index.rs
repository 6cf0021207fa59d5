//! The live queries of a process, by function and arguments.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use slab::Slab;

use super::arguments::Arguments;
use super::change::{CHANGED, Change};
use super::shared::SharedResult;
use crate::broker::Notifier;

/// A function with arguments, and its subscribers.
pub(super) struct LiveQuery {
    pub(super) function: Box<str>,
    /// `None` for an earlier version of the function, whose arguments may have other names: every change of the
    /// function affects it.
    pub(super) arguments: Option<Arguments>,
    /// The computation of the result, if it is the same for each subscriber.
    pub(super) shared: Option<Arc<SharedResult>>,
    pub(super) subscribers: Mutex<Slab<Notifier>>,
    pub(super) changes: Mutex<QueryChanges>,
}

/// The last change of a live query.
pub(super) struct QueryChanges {
    /// The offset of the last change in the log, 0 if the log has none.
    pub(super) last: u64,
    /// The offset of the last change of which the subscribers are told, with `message`.
    pub(super) told: u64,
    pub(super) message: Bytes,
    /// `true` if the subscribers were notified a moment ago, or the result is being computed.
    pub(super) is_paused: bool,
    /// `true` if the query has changed since the subscribers were notified.
    pub(super) is_changed: bool,
    /// The number of times that the log has restarted.
    pub(super) restarts: u64,
}

impl QueryChanges {
    pub(super) fn new(last: u64) -> Self {
        Self {
            last,
            told: last,
            message: CHANGED,
            is_paused: false,
            is_changed: false,
            restarts: 0,
        }
    }

    /// Records that all changes up to `floor` may have affected the query.
    pub(super) fn restart(&mut self, floor: u64) {
        self.last = floor;
        self.told = floor;
        self.message = CHANGED;
        self.restarts += 1;
    }
}

impl LiveQuery {
    pub(super) fn is_affected_by(&self, change: &Change) -> bool {
        let arguments = self.arguments.as_ref();
        *change.query == *"*"
            || change.query == self.function
                && arguments.is_none_or(|arguments| arguments.contain(&change.arguments))
    }

    pub(super) fn notify_each(&self, notify: impl Fn(&Notifier)) {
        for (_, notifier) in &*self.subscribers.lock() {
            notify(notifier);
        }
    }
}

/// The live queries that have subscribers.
#[derive(Default)]
pub(super) struct LiveIndex(HashMap<Box<str>, QueriesOfFunction>);

#[derive(Default)]
struct QueriesOfFunction {
    all: HashMap<Option<Arguments>, Arc<LiveQuery>>,
    by_argument: HashMap<Box<str>, Vec<Arc<LiveQuery>>>,
}

impl LiveIndex {
    /// Returns the query with these arguments, and creates it with `new` if there is none.
    pub(super) fn open(
        &mut self,
        function: &str,
        arguments: Option<&Arguments>,
        new: impl FnOnce() -> LiveQuery,
    ) -> Arc<LiveQuery> {
        let queries = self.0.entry(function.into()).or_default();
        let key = arguments.cloned();
        if let Some(query) = queries.all.get(&key) {
            return Arc::clone(query);
        }
        let query = Arc::new(new());
        for member in arguments.into_iter().flat_map(Arguments::iter) {
            let same = queries.by_argument.entry(member.into()).or_default();
            same.push(Arc::clone(&query));
        }
        queries.all.insert(key, Arc::clone(&query));
        query
    }

    /// Removes a query.
    pub(super) fn remove(&mut self, query: &Arc<LiveQuery>) {
        let Some(queries) = self.0.get_mut(&query.function) else {
            return;
        };
        queries.all.remove(&query.arguments);
        for member in query.arguments.iter().flat_map(Arguments::iter) {
            if let Some(same) = queries.by_argument.get_mut(member) {
                same.retain(|other| !Arc::ptr_eq(other, query));
                if same.is_empty() {
                    queries.by_argument.remove(member);
                }
            }
        }
        if queries.all.is_empty() {
            self.0.remove(&query.function);
        }
    }

    /// Returns the queries that a change affects.
    pub(super) fn affected_by(&self, change: &Change) -> Vec<Arc<LiveQuery>> {
        let Some(queries) = self.0.get(&change.query) else {
            return if &*change.query == "*" {
                self.all()
            } else {
                Vec::new()
            };
        };
        let Some(first) = change.arguments.iter().next() else {
            return queries.all.values().cloned().collect();
        };
        let same = queries.by_argument.get(first).into_iter().flatten();
        same.chain(queries.all.get(&None))
            .filter(|query| query.is_affected_by(change))
            .cloned()
            .collect()
    }

    pub(super) fn all(&self) -> Vec<Arc<LiveQuery>> {
        let queries = self.0.values();
        queries.flat_map(|of| of.all.values()).cloned().collect()
    }
}
