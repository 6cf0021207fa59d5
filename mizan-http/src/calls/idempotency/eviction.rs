//! The order in which stored replies expire or are evicted.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::fingerprint::Hash;

/// The time for which a reply is stored.
const REPLY_TTL: Duration = Duration::from_secs(600);
/// The maximum number of stored replies.
pub(super) const MAX_REPLIES: usize = 10_000;
/// The maximum size of all stored replies.
pub(super) const MAX_REPLY_BYTES: usize = 64 * 1024 * 1024;
/// The minimum size that a reply is counted as when callers are compared.
const MIN_SIZE_BYTES: usize = MAX_REPLY_BYTES / MAX_REPLIES;

/// The stored replies by age and by caller.
///
/// If a limit is exceeded, the oldest reply of the caller with the largest replies in total is evicted. So a
/// caller that fills the store evicts its own replies, and never those of callers that use less memory.
#[derive(Default)]
pub(super) struct EvictionQueue {
    next_sequence: u64,
    replies: BTreeMap<u64, StoredReply>,
    callers: HashMap<Hash, CallerReplies>,
    callers_by_size: BTreeSet<(usize, Hash)>,
    bytes: usize,
}

struct StoredReply {
    stored_at: Instant,
    call: Hash,
    caller: Hash,
    bytes: usize,
}

impl StoredReply {
    fn size(&self) -> usize {
        self.bytes.max(MIN_SIZE_BYTES)
    }
}

/// The replies of one caller, by their sequence numbers.
#[derive(Default)]
struct CallerReplies {
    sequences: BTreeSet<u64>,
    size: usize,
}

impl EvictionQueue {
    /// Adds the reply to `call`, which takes `bytes` of memory.
    pub(super) fn push(&mut self, caller: Hash, call: Hash, bytes: usize) {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let reply = StoredReply {
            stored_at: Instant::now(),
            call,
            caller,
            bytes,
        };
        self.update_caller(caller, |replies| {
            replies.sequences.insert(sequence);
            replies.size += reply.size();
        });
        self.bytes += bytes;
        self.replies.insert(sequence, reply);
    }

    /// Removes one reply if a limit is exceeded. Returns its call.
    pub(super) fn pop_excess(&mut self) -> Option<Hash> {
        if self.replies.len() <= MAX_REPLIES && self.bytes <= MAX_REPLY_BYTES {
            return None;
        }
        let (_, largest) = self.callers_by_size.last()?;
        let oldest = *self.callers.get(largest)?.sequences.first()?;
        self.remove(oldest)
    }

    /// Removes the oldest reply if it has expired. Returns its call.
    pub(super) fn pop_expired(&mut self) -> Option<Hash> {
        let (&sequence, oldest) = self.replies.first_key_value()?;
        if oldest.stored_at.elapsed() < REPLY_TTL {
            return None;
        }
        self.remove(sequence)
    }

    fn remove(&mut self, sequence: u64) -> Option<Hash> {
        let reply = self.replies.remove(&sequence)?;
        self.bytes -= reply.bytes;
        self.update_caller(reply.caller, |replies| {
            replies.sequences.remove(&sequence);
            replies.size -= reply.size();
        });
        Some(reply.call)
    }

    fn update_caller(&mut self, caller: Hash, update: impl FnOnce(&mut CallerReplies)) {
        let replies = self.callers.entry(caller).or_default();
        self.callers_by_size.remove(&(replies.size, caller));
        update(replies);
        if replies.sequences.is_empty() {
            self.callers.remove(&caller);
        } else {
            self.callers_by_size.insert((replies.size, caller));
        }
    }
}

#[cfg(test)]
impl EvictionQueue {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns whether all indexes of the queue are empty.
    pub(super) fn is_empty(&self) -> bool {
        self.replies.is_empty() && self.callers.is_empty() && self.callers_by_size.is_empty()
    }
}
