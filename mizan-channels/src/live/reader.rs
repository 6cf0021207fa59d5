//! The log of a live query, as its subscribers read it.

use std::sync::Arc;

use super::index::LiveQuery;
use super::state::LiveQueries;
use crate::broker::{Cursor, HistoryPage, LogReader, LogState, Message, ReadReply};

/// A subscriber's access to the changes of a live query.
///
/// However many invalidations follow a cursor, they are one message, because the client needs only the newest result.
pub(super) struct LiveReader {
    live: Arc<LiveQueries>,
    query: Arc<LiveQuery>,
    index: usize,
}

impl LiveReader {
    pub(super) fn new(live: Arc<LiveQueries>, query: Arc<LiveQuery>, index: usize) -> Self {
        Self { live, query, index }
    }
}

impl LogReader for LiveReader {
    fn state(&self, _: usize) -> (LogState, u64) {
        let state = self.live.log_state();
        let top = state.top;
        (state, top)
    }

    fn read(&self, after: &Cursor, _: usize) -> ReadReply {
        let state = self.live.log_state();
        if *state.epoch != *after.epoch {
            return ReadReply::Behind(state);
        }
        let changes = self.query.changes.lock();
        let is_behind = changes.told > after.offset;
        let message =
            is_behind.then(|| Message::new(changes.told, after.offset, changes.message.clone()));
        ReadReply::Messages {
            messages: message.into_iter().collect(),
            has_more: false,
        }
    }

    fn page(&self, _: Option<u64>, _: usize) -> HistoryPage {
        HistoryPage::new(self.live.log_state().epoch, Vec::new(), false)
    }
}

impl Drop for LiveReader {
    fn drop(&mut self) {
        self.live.detach(&self.query, self.index);
    }
}
