use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

/// A published message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// Its place in the log.
    pub offset: u64,
    /// The place of the message before it; 0 for the first.
    pub prev: u64,
    /// What was published, as JSON.
    pub data: Bytes,
}

/// How far a log goes, at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogState {
    /// The life of the log.
    pub epoch: Arc<str>,
    /// Whoever has this offset can be given all that came after it.
    pub floor: u64,
    /// The offset of the newest message, 0 in a new log.
    pub top: u64,
    /// The offset of the message before the newest.
    pub before_top: u64,
}

/// A place in a log that somebody has read up to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The life of the log.
    pub epoch: Arc<str>,
    /// The offset of the last message that was read.
    pub offset: u64,
}

/// What there is after a cursor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReadReply {
    /// The messages that follow, without a hole.
    Messages {
        /// The messages, none where the cursor is at the top.
        messages: Vec<Message>,
        /// Whether there are more.
        more: bool,
    },
    /// What follows is kept no more, or the log began anew.
    Behind(LogState),
}

/// The newest messages of a group: a ring of encoded messages, shared by all who read it.
///
/// Pure: it knows no clock. Times are whatever grows, given by whoever pushes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Log {
    epoch: Arc<str>,
    floor: u64,
    entries: VecDeque<(u64, Message)>,
}

impl Log {
    /// An empty log, whose next message follows `floor`.
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

    /// Adds the message that follows the top; refuses any other.
    #[must_use]
    pub(crate) fn push(&mut self, at: u64, message: Message) -> bool {
        let follows = message.prev == self.top() && message.offset > message.prev;
        if follows {
            self.entries.push_back((at, message));
        }
        follows
    }

    /// Keeps the newest `most` messages, and of those the ones pushed at `since` or later.
    pub(crate) fn trim(&mut self, most: usize, since: u64) {
        while let Some((at, message)) = self.entries.front()
            && (self.entries.len() > most || *at < since)
        {
            self.floor = message.offset;
            self.entries.pop_front();
        }
        // A burst does not hold its memory for good.
        if self.entries.capacity() > 64 && self.entries.len() < self.entries.capacity() / 4 {
            self.entries.shrink_to(self.entries.len() * 2);
        }
    }

    /// What follows `after`: at most `most` messages, and no more than about `bytes` bytes.
    pub(crate) fn read(&self, after: &Cursor, most: usize, bytes: usize) -> ReadReply {
        if after.epoch != self.epoch || after.offset < self.floor {
            return ReadReply::Behind(self.state());
        }
        let start = self
            .entries
            .partition_point(|(_, message)| message.offset <= after.offset);
        let mut left = bytes;
        let messages: Vec<_> = self
            .entries
            .range(start..)
            .take(most)
            .take_while(|(_, message)| {
                let fits = left > 0;
                left = left.saturating_sub(message.data.len());
                fits
            })
            .map(|(_, message)| message.clone())
            .collect();
        let more = start + messages.len() < self.entries.len();
        ReadReply::Messages { messages, more }
    }

    /// The offset that `recent` messages follow, as far as they are kept.
    pub(crate) fn back(&self, recent: usize) -> u64 {
        match recent.min(self.entries.len()) {
            0 => self.top(),
            count => self.entries[self.entries.len() - count].1.prev,
        }
    }

    /// The newest kept messages before `before`, and whether there are older ones: at most `limit` messages,
    /// and no more than `bytes` bytes unless it is one message.
    pub(crate) fn page(
        &self,
        before: Option<u64>,
        limit: usize,
        bytes: usize,
    ) -> (Vec<Message>, bool) {
        let end = before.map_or(self.entries.len(), |before| {
            self.entries
                .partition_point(|(_, message)| message.offset < before)
        });
        let mut left = bytes;
        let fitting = self
            .entries
            .range(..end)
            .rev()
            .take(limit)
            .take_while(|(_, message)| {
                let is_first = left == bytes;
                let fits = message.data.len() <= left;
                left = left.saturating_sub(message.data.len().max(1));
                is_first || fits
            });
        let start = end - fitting.count();
        let page = self.entries.range(start..end);
        (
            page.map(|(_, message)| message.clone()).collect(),
            start > 0,
        )
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
            ReadReply::Messages { messages, more } => {
                Ok((messages.iter().map(|m| m.offset).collect(), more))
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
    fn only_what_follows_is_taken() {
        let mut log = log();
        for (offset, prev) in [(7, 6), (5, 4), (6, 4), (5, 5), (4, 5)] {
            assert!(!log.push(9, message(offset, prev)), "{offset} after {prev}");
        }
        assert!(log.push(9, message(9, 5)));
    }

    #[test]
    fn reading_goes_on_where_the_cursor_is() {
        let log = log();
        let read = |offset, most, bytes| offsets(log.read(&cursor(offset), most, bytes));
        assert_eq!(read(0, 9, 99), Ok((vec![1, 3, 4, 5], false)));
        assert_eq!(read(1, 2, 99), Ok((vec![3, 4], true)));
        assert_eq!(read(3, 9, 1), Ok((vec![4], true)));
        assert_eq!(read(5, 9, 99), Ok((vec![], false)));
        assert_eq!(read(99, 9, 99), Ok((vec![], false)));
    }

    #[test]
    fn who_is_behind_is_told() {
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
    fn pages_end_before_an_offset() {
        let log = log();
        let page = |before, limit| {
            let (page, more) = log.page(before, limit, 99);
            (page.iter().map(|m| m.offset).collect::<Vec<_>>(), more)
        };
        assert_eq!(page(None, 2), (vec![4, 5], true));
        assert_eq!(page(Some(4), 2), (vec![1, 3], false));
        assert_eq!(page(Some(1), 2), (vec![], false));
        assert_eq!([0, 1, 3, 9].map(|n| log.back(n)), [5, 4, 1, 0]);
    }

    #[test]
    fn pages_hold_so_many_bytes_or_one_message() {
        let mut log = log();
        let data = Bytes::from("x".repeat(50));
        let (offset, prev) = (6, 5);
        assert!(log.push(5, Message { offset, prev, data }));
        let page = |before, bytes| {
            let (page, more) = log.page(before, 9, bytes);
            (page.iter().map(|m| m.offset).collect::<Vec<_>>(), more)
        };
        assert_eq!(page(None, 10), (vec![6], true));
        assert_eq!(page(None, 52), (vec![4, 5, 6], true));
        assert_eq!(page(Some(6), 3), (vec![3, 4, 5], true));
        assert_eq!(page(Some(6), 4), (vec![1, 3, 4, 5], false));
    }
}
