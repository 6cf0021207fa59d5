//! Reading the log of a group.

use crate::broker::log::{Cursor, HistoryPage, LogState, ReadReply};

/// A subscriber's access to the log of a group.
///
/// [`Broker::attach`](crate::broker::Broker::attach) returns it; dropping it ends the notifications. The log is
/// in memory, so no method waits.
pub trait LogReader: Send + Sync + 'static {
    /// Returns the state of the log, and the offset that the newest `recent` messages follow, both at the same
    /// moment. If `recent` is 0, it is the offset of the newest message; if the log keeps fewer messages, it is the
    /// floor of the log.
    fn state(&self, recent: usize) -> (LogState, u64);

    /// Returns the messages after `after`, at most `max_messages`.
    fn read(&self, after: &Cursor, max_messages: usize) -> ReadReply;

    /// Returns the newest kept messages before the offset `before`, or the newest of all, at most `limit`.
    /// Large messages make a shorter page.
    fn page(&self, before: Option<u64>, limit: usize) -> HistoryPage;
}
