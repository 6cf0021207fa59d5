//! The log of invalidations in the broker.

use std::time::Duration;

use crate::broker::Retention;

/// The group of the log. It cannot collide with the group of a channel, which begins with a letter.
pub(super) const LIVE_GROUP: &str = "!live";

/// The number of messages that the log keeps, and that a process knows.
pub(super) const MAX_RECENT: usize = 1_024;

/// The minimum time between two notifications of the subscribers of a query.
pub(super) const NOTIFY_INTERVAL: Duration = Duration::from_millis(100);

/// The retention of the log.
pub(super) fn retention() -> Retention {
    Retention::default().with_messages(MAX_RECENT)
}
