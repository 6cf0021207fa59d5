//! The log of a group: a ring of the newest messages.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

/// A published message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Message {
    /// The offset of the message in its log.
    pub offset: u64,
    /// The offset of the previous message, 0 for the first.
    pub prev: u64,
    /// The message as JSON.
    pub data: Bytes,
}

impl Message {
    /// Creates a message.
    #[must_use]
    pub fn new(offset: u64, prev: u64, data: Bytes) -> Self {
        Self { offset, prev, data }
    }
}

/// The extent of a log at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LogState {
    /// The epoch of the log. Offsets compare within one epoch only.
    pub epoch: Arc<str>,
    /// The log keeps all messages after this offset.
    pub floor: u64,
    /// The offset of the newest message, 0 in a new log.
    pub top: u64,
    /// The offset of the message before the newest.
    pub before_top: u64,
}

impl LogState {
    /// Creates the state of a log.
    #[must_use]
    pub fn new(epoch: impl Into<Arc<str>>, floor: u64, top: u64, before_top: u64) -> Self {
        Self {
            epoch: epoch.into(),
            floor,
            top,
            before_top,
        }
    }
}

/// A reader's position in a log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Cursor {
    /// The epoch of the log.
    pub epoch: Arc<str>,
    /// The offset of the last message that was read.
    pub offset: u64,
}

impl Cursor {
    /// Creates a cursor.
    #[must_use]
    pub fn new(epoch: impl Into<Arc<str>>, offset: u64) -> Self {
        Self {
            epoch: epoch.into(),
            offset,
        }
    }
}

/// The messages after a cursor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReadReply {
    /// The messages that follow the cursor, without a gap.
    Messages {
        /// The messages, none if the cursor is at the top.
        messages: Vec<Message>,
        /// True if the log has more messages after these.
        has_more: bool,
    },
    /// The log does not keep the messages after the cursor any more, or has another epoch.
    Behind(LogState),
}

/// A page of a log's history.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryPage {
    /// The epoch of the log.
    pub epoch: Arc<str>,
    /// The messages in the order of their offsets.
    pub messages: Vec<Message>,
    /// True if the log keeps older messages.
    pub has_more: bool,
}

impl HistoryPage {
    /// Creates a page.
    #[must_use]
    pub fn new(epoch: impl Into<Arc<str>>, messages: Vec<Message>, has_more: bool) -> Self {
        Self {
            epoch: epoch.into(),
            messages,
            has_more,
        }
    }
}

/// The newest messages of a group: a ring of encoded messages that all readers share.
///
/// The log has no clock: the caller passes times as numbers that never decrease.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Log {
    epoch: Arc<str>,
    floor: u64,
    entries: VecDeque<(u64, Message)>,
}

impl Log {
    /// Creates an empty log, whose next message follows `floor`.
    pub(crate) fn new(epoch: Arc<str>, floor: u64) -> Self {
        Self {
            epoch,
            floor,
            entries: VecDeque::new(),
        }
    }

    pub(crate) fn epoch(&self) -> &Arc<str> {
        &self.epoch
    }

    pub(crate) fn top(&self) -> u64 {
        self.entries
            .back()
            .map_or(self.floor, |(_, message)| message.offset)
    }

    pub(crate) fn state(&self) -> LogState {
        LogState {
            epoch: Arc::clone(&self.epoch),
            floor: self.floor,
            top: self.top(),
            before_top: self
                .entries
                .back()
                .map_or(self.floor, |(_, message)| message.prev),
        }
    }

    /// Adds the message that follows the top. Returns `false` for any other message, which is not added.
    #[must_use]
    pub(crate) fn push(&mut self, time: u64, message: Message) -> bool {
        let follows = message.prev == self.top() && message.offset > message.prev;
        if follows {
            self.entries.push_back((time, message));
        }
        follows
    }

    /// Removes all but the newest `max_messages` messages, and those that were pushed before `since`.
    pub(crate) fn trim(&mut self, max_messages: usize, since: u64) {
        while let Some((time, message)) = self.entries.front()
            && (self.entries.len() > max_messages || *time < since)
        {
            self.floor = message.offset;
            self.entries.pop_front();
        }
        // Frees the memory of a burst.
        if self.entries.capacity() > 64 && self.entries.len() < self.entries.capacity() / 4 {
            self.entries.shrink_to(self.entries.len() * 2);
        }
    }

    /// Returns the messages after `after`: at most `max_messages`, and about `max_bytes`.
    pub(crate) fn read(&self, after: &Cursor, max_messages: usize, max_bytes: usize) -> ReadReply {
        if after.epoch != self.epoch || after.offset < self.floor {
            return ReadReply::Behind(self.state());
        }
        let start = self
            .entries
            .partition_point(|(_, message)| message.offset <= after.offset);
        let mut bytes_left = max_bytes;
        let messages: Vec<_> = self
            .entries
            .range(start..)
            .take(max_messages)
            .take_while(|(_, message)| {
                let fits = bytes_left > 0;
                bytes_left = bytes_left.saturating_sub(message.data.len());
                fits
            })
            .map(|(_, message)| message.clone())
            .collect();
        let has_more = start + messages.len() < self.entries.len();
        ReadReply::Messages { messages, has_more }
    }

    /// Returns the offset that the newest `recent` kept messages follow.
    pub(crate) fn start_of_recent(&self, recent: usize) -> u64 {
        match recent.min(self.entries.len()) {
            0 => self.top(),
            count => self.entries[self.entries.len() - count].1.prev,
        }
    }

    /// Returns the newest kept messages before `before`: at most `limit`, and at most `max_bytes` unless the
    /// page is a single message.
    pub(crate) fn page(&self, before: Option<u64>, limit: usize, max_bytes: usize) -> HistoryPage {
        let end = before.map_or(self.entries.len(), |before| {
            self.entries
                .partition_point(|(_, message)| message.offset < before)
        });
        let mut bytes_left = max_bytes;
        let fitting = self
            .entries
            .range(..end)
            .rev()
            .take(limit)
            .take_while(|(_, message)| {
                let is_first = bytes_left == max_bytes;
                let fits = message.data.len() <= bytes_left;
                bytes_left = bytes_left.saturating_sub(message.data.len().max(1));
                is_first || fits
            });
        let start = end - fitting.count();
        let messages = self.entries.range(start..end);
        HistoryPage {
            epoch: Arc::clone(&self.epoch),
            messages: messages.map(|(_, message)| message.clone()).collect(),
            has_more: start > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(offset: u64, prev: u64) -> Message {
        Message {
            offset,
            prev,
            data: Bytes::from(offset.to_string()),
        }
    }

    fn log() -> Log {
        let mut log = Log::new("a".into(), 0);
        for (at, offset, prev) in [(1, 1, 0), (2, 3, 1), (3, 4, 3), (4, 5, 4)] {
            assert!(log.push(at, message(offset, prev)));
        }
        log
    }

    fn offsets(reply: ReadReply) -> Result<(Vec<u64>, bool), LogState> {
        match reply {
            ReadReply::Messages { messages, has_more } => {
                Ok((messages.iter().map(|m| m.offset).collect(), has_more))
            }
            ReadReply::Behind(state) => Err(state),
        }
    }

    fn cursor(offset: u64) -> Cursor {
        Cursor {
            epoch: "a".into(),
            offset,
        }
    }

    #[test]
    fn push_accepts_only_the_next_message() {
        let mut log = log();
        for (offset, prev) in [(7, 6), (5, 4), (6, 4), (5, 5), (4, 5)] {
            assert!(!log.push(9, message(offset, prev)), "{offset} after {prev}");
        }
        assert!(log.push(9, message(9, 5)));
    }

    #[test]
    fn read_continues_after_the_cursor() {
        let log = log();
        let read = |offset, max_messages, max_bytes| {
            offsets(log.read(&cursor(offset), max_messages, max_bytes))
        };
        assert_eq!(read(0, 9, 99), Ok((vec![1, 3, 4, 5], false)));
        assert_eq!(read(1, 2, 99), Ok((vec![3, 4], true)));
        assert_eq!(read(3, 9, 1), Ok((vec![4], true)));
        assert_eq!(read(5, 9, 99), Ok((vec![], false)));
        assert_eq!(read(99, 9, 99), Ok((vec![], false)));
    }

    #[test]
    fn read_reports_a_cursor_that_is_behind() {
        let mut log = log();
        log.trim(2, 0);
        let state = LogState {
            epoch: "a".into(),
            floor: 3,
            top: 5,
            before_top: 4,
        };
        assert_eq!(offsets(log.read(&cursor(1), 9, 99)), Err(state.clone()));
        assert_eq!(
            offsets(log.read(&cursor(3), 9, 99)),
            Ok((vec![4, 5], false))
        );
        log.trim(9, 4);
        assert_eq!(offsets(log.read(&cursor(4), 9, 99)), Ok((vec![5], false)));
        let elsewhere = Cursor {
            epoch: "b".into(),
            offset: 5,
        };
        let state = LogState { floor: 4, ..state };
        assert_eq!(offsets(log.read(&elsewhere, 9, 99)), Err(state));
        log.trim(0, 0);
        assert_eq!(log.state().floor, 5);
        assert!(log.push(5, message(6, 5)));
    }

    #[test]
    fn page_ends_before_the_given_offset() {
        let log = log();
        let page = |before, limit| {
            let page = log.page(before, limit, 99);
            (
                page.messages.iter().map(|m| m.offset).collect::<Vec<_>>(),
                page.has_more,
            )
        };
        assert_eq!(page(None, 2), (vec![4, 5], true));
        assert_eq!(page(Some(4), 2), (vec![1, 3], false));
        assert_eq!(page(Some(1), 2), (vec![], false));
        assert_eq!([0, 1, 3, 9].map(|n| log.start_of_recent(n)), [5, 4, 1, 0]);
    }

    #[test]
    fn page_size_is_limited_in_bytes_or_to_one_message() {
        let mut log = log();
        let data = Bytes::from("x".repeat(50));
        let (offset, prev) = (6, 5);
        assert!(log.push(5, Message { offset, prev, data }));
        let page = |before, bytes| {
            let page = log.page(before, 9, bytes);
            (
                page.messages.iter().map(|m| m.offset).collect::<Vec<_>>(),
                page.has_more,
            )
        };
        assert_eq!(page(None, 10), (vec![6], true));
        assert_eq!(page(None, 52), (vec![4, 5, 6], true));
        assert_eq!(page(Some(6), 3), (vec![3, 4, 5], true));
        assert_eq!(page(Some(6), 4), (vec![1, 3, 4, 5], false));
    }
}
