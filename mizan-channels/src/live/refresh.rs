//! Computing the result of a live query after changes, once for all subscribers.

use std::sync::Arc;

use tokio::time::sleep;

use super::index::LiveQuery;
use super::log_group::NOTIFY_INTERVAL;
use crate::broker::Notifier;

/// Computes the result of a query, and tells its subscribers, until it contains the last change.
pub(super) async fn refresh(query: Arc<LiveQuery>) {
    let Some(shared) = &query.shared else {
        return;
    };
    loop {
        let (at, epoch) = {
            let changes = query.changes.lock();
            (changes.last, changes.restarts)
        };
        let message = shared.message().await;
        {
            let mut changes = query.changes.lock();
            // Offsets of different epochs are not comparable.
            if changes.restarts == epoch {
                changes.told = at;
                changes.message = message;
            }
        }
        query.notify_each(Notifier::log_changed);
        sleep(NOTIFY_INTERVAL).await;
        let mut changes = query.changes.lock();
        if changes.told == changes.last || query.subscribers.lock().is_empty() {
            changes.is_paused = false;
            return;
        }
    }
}
