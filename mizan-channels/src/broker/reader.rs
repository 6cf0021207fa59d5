//! Reading the log of a group.

use crate::broker::log::{Cursor, HistoryPage, LogState, ReadReply};

/// A subscriber's access to the log of a group.
///
/// [`Broker::attach`](crate::broker::Broker::attach) returns it; dropping it ends the notifications. The log is
/// in memory, so no method waits.
pub trait LogReader: Send + Sync + 'static {
    /// Returns the state of the log, and the offset that the newest `recent` messages follow, both of the same
    /// moment. The offset is that of the newest message if `recent` is 0, and the floor of the log if it keeps
    /// fewer messages.
    fn state(&self, recent: usize) -> (LogState, u64);

    /// Returns the messages after `after`, at most `max_messages`.
    fn read(&self, after: &Cursor, max_messages: usize) -> ReadReply;

    /// Returns the newest kept messages before the offset `before`, or the newest of all, at most `limit`.
    /// Large messages make a shorter page.
    fn page(&self, before: Option<u64>, limit: usize) -> HistoryPage;
}
