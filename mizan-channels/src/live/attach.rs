//! The start of a subscription to a live query.

use std::sync::Arc;
use std::time::Duration;

use mizan_core::channel::Position;
use parking_lot::Mutex;
use tokio::time::timeout;

use super::follower;
use super::handler::LiveTarget;
use super::index::{LiveQuery, QueryChanges};
use super::reader::LiveReader;
use super::state::{LiveQueries, LiveState};
use crate::broker::{LogReader, Notifier};

/// The time for which a subscriber waits until this process knows its position.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(1);

/// Returns the position in the log of invalidations up to which a query that starts now sees all changes. `None`
/// until the process follows the log.
pub(crate) fn position(live: &Arc<LiveQueries>) -> Option<Position> {
    follower::start(live);
    let reader = Arc::clone(&live.state.lock().log.as_ref()?.reader);
    let (state, _) = reader.state(0);
    Some(Position {
        epoch: state.epoch.to_string(),
        offset: state.top,
    })
}

/// Subscribes to the changes of a query. Waits until the process follows the log, and knows the position `since`.
pub(crate) async fn attach(
    live: &Arc<LiveQueries>,
    target: LiveTarget,
    since: Option<&Position>,
    notifier: Notifier,
) -> Box<dyn LogReader> {
    follower::start(live);
    wait_until_followed(live, since, &notifier).await;
    let mut state = live.state.lock();
    let LiveState { log, index, .. } = &mut *state;
    let LiveTarget {
        function,
        arguments,
        shared,
    } = target;
    let query = index.open(function, arguments.as_ref(), || {
        let mut query = LiveQuery {
            function: function.into(),
            arguments: arguments.clone(),
            shared,
            subscribers: Mutex::default(),
            changes: Mutex::new(QueryChanges::new(0)),
        };
        let last = log.as_ref().map_or(0, |log| log.last_change_of(&query));
        *query.changes.get_mut() = QueryChanges::new(last);
        query
    });
    let index = query.subscribers.lock().insert(notifier);
    drop(state);
    Box::new(LiveReader::new(Arc::clone(live), query, index))
}

async fn wait_until_followed(live: &LiveQueries, since: Option<&Position>, notifier: &Notifier) {
    let mut applied = live.applied.subscribe();
    let mut is_first = true;
    while live.state.lock().log.is_none() {
        let next = timeout(CATCH_UP_TIMEOUT, applied.changed()).await;
        if next.is_err() && std::mem::take(&mut is_first) {
            notifier.unavailable();
        }
    }
    let Some(since) = since else {
        return;
    };
    let is_known = || {
        let state = live.state.lock();
        let log = state.log.as_ref();
        log.is_none_or(|log| *log.epoch != *since.epoch || since.offset <= log.top)
    };
    let caught_up = async {
        while !is_known() {
            if applied.changed().await.is_err() {
                return;
            }
        }
    };
    // A position that is unknown after this time never existed: the subscriber gets a gap.
    let _ = timeout(CATCH_UP_TIMEOUT, caught_up).await;
}
