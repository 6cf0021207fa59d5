//! The order in which stored replies make room for others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use tokio::time::Instant;

use super::{Hash, KEPT_FOR, MOST_BYTES, MOST_REPLIES};

/// The minimum size that a reply counts for when callers are compared.
const MIN_SIZE: usize = MOST_BYTES / MOST_REPLIES;

/// The stored replies by age and by caller.
///
/// When all are too many, the caller that takes the most room loses its oldest. A caller that fills the
/// store so evicts its own replies, and those of others only once they take as much room.
#[derive(Default)]
pub(super) struct Shares {
    next_age: u64,
    replies: BTreeMap<u64, Stored>,
    callers: HashMap<Hash, Share>,
    by_size: BTreeSet<(usize, Hash)>,
    bytes: usize,
}

struct Stored {
    at: Instant,
    call: Hash,
    caller: Hash,
    bytes: usize,
}

impl Stored {
    fn size(&self) -> usize {
        self.bytes.max(MIN_SIZE)
    }
}

/// The replies of one caller.
#[derive(Default)]
struct Share {
    ages: BTreeSet<u64>,
    size: usize,
}

impl Shares {
    /// Adds the reply to `call`, which takes so many bytes.
    pub(super) fn add(&mut self, caller: Hash, call: Hash, bytes: usize) {
        let age = self.next_age;
        self.next_age += 1;
        let stored = Stored {
            at: Instant::now(),
            call,
            caller,
            bytes,
        };
        self.resize(caller, |share| {
            share.ages.insert(age);
            share.size += stored.size();
        });
        self.bytes += bytes;
        self.replies.insert(age, stored);
    }

    /// Removes a reply for which there is no room. Returns its call.
    pub(super) fn remove_excess(&mut self) -> Option<Hash> {
        if self.replies.len() <= MOST_REPLIES && self.bytes <= MOST_BYTES {
            return None;
        }
        let (_, largest) = self.by_size.last()?;
        let oldest = *self.callers.get(largest)?.ages.first()?;
        self.remove(oldest)
    }

    /// Removes a reply that was kept for long enough. Returns its call.
    pub(super) fn remove_expired(&mut self) -> Option<Hash> {
        let (age, stored) = self.replies.first_key_value()?;
        let (age, is_old) = (*age, stored.at.elapsed() >= KEPT_FOR);
        is_old.then(|| self.remove(age)).flatten()
    }

    fn remove(&mut self, age: u64) -> Option<Hash> {
        let stored = self.replies.remove(&age)?;
        self.bytes -= stored.bytes;
        self.resize(stored.caller, |share| {
            share.ages.remove(&age);
            share.size -= stored.size();
        });
        Some(stored.call)
    }

    fn resize(&mut self, caller: Hash, change: impl FnOnce(&mut Share)) {
        let share = self.callers.entry(caller).or_default();
        self.by_size.remove(&(share.size, caller));
        change(share);
        if share.ages.is_empty() {
            self.callers.remove(&caller);
        } else {
            self.by_size.insert((share.size, caller));
        }
    }
}

#[cfg(test)]
impl Shares {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns whether removals have left no entries behind.
    pub(super) fn is_empty(&self) -> bool {
        self.replies.is_empty() && self.callers.is_empty() && self.by_size.is_empty()
    }
}
