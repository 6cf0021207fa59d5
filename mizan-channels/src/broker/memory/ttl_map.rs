//! A map that is limited in entries, bytes and age.

use std::collections::{HashMap, VecDeque};

use tokio::time::Instant;

use crate::broker::lease::DEDUP_TTL;

/// The number of stale insertions that may accumulate before they are removed.
const MAX_STALE: usize = 64;

/// A map from strings to values, each with its size in bytes. The oldest entry is removed first.
pub(super) struct TtlMap<T> {
    entries: HashMap<String, Entry<T>>,
    /// Insertions, oldest first. Those of removed or replaced entries are stale.
    order: VecDeque<Insertion>,
    bytes: usize,
    next_number: u64,
    max_entries: usize,
    max_bytes: usize,
}

struct Entry<T> {
    number: u64,
    size: usize,
    value: T,
}

struct Insertion {
    time: Instant,
    number: u64,
    key: String,
}

impl<T> TtlMap<T> {
    pub(super) fn new(max_entries: usize, max_bytes: usize) -> Self {
        Self {
            entries: HashMap::new(),
            order: VecDeque::new(),
            bytes: 0,
            next_number: 0,
            max_entries,
            max_bytes,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn get(&mut self, key: &str) -> Option<&T> {
        self.remove_expired();
        self.entries.get(key).map(|entry| &entry.value)
    }

    pub(super) fn insert(&mut self, key: String, value: T, size: usize) {
        self.next_number += 1;
        let entry = Entry {
            number: self.next_number,
            size: size + 2 * key.len(),
            value,
        };
        self.bytes += entry.size;
        self.order.push_back(Insertion {
            time: Instant::now(),
            number: entry.number,
            key: key.clone(),
        });
        if let Some(replaced) = self.entries.insert(key, entry) {
            self.bytes -= replaced.size;
        }
        self.remove_expired();
    }

    pub(super) fn remove(&mut self, key: &str) {
        if let Some(removed) = self.entries.remove(key) {
            self.bytes -= removed.size;
        }
        if self.order.len() > 2 * self.entries.len() + MAX_STALE {
            let entries = &self.entries;
            self.order
                .retain(|insertion| is_current(entries, insertion));
        }
    }

    /// Removes the oldest entry, regardless of its age.
    pub(super) fn remove_oldest(&mut self) {
        while let Some(insertion) = self.order.pop_front() {
            if is_current(&self.entries, &insertion) {
                self.remove(&insertion.key);
                return;
            }
        }
    }

    /// Removes entries that are too old, and the oldest ones while the map exceeds its limits. A single entry that
    /// exceeds the size limit is kept until the next insertion.
    pub(super) fn remove_expired(&mut self) {
        while let Some(insertion) = self.order.front() {
            if !is_current(&self.entries, insertion) {
                self.order.pop_front();
            } else if insertion.time.elapsed() > DEDUP_TTL
                || self.entries.len() > self.max_entries
                || self.bytes > self.max_bytes && self.entries.len() > 1
            {
                self.remove_oldest();
            } else {
                return;
            }
        }
    }
}

fn is_current<T>(entries: &HashMap<String, Entry<T>>, insertion: &Insertion) -> bool {
    let entry = entries.get(&insertion.key);
    entry.is_some_and(|entry| entry.number == insertion.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removed_entries_free_their_memory() {
        let mut map = TtlMap::new(1_000, 1_000_000);
        map.insert("kept".to_owned(), (), 0);
        for number in 0..10_000 {
            map.insert(number.to_string(), (), 0);
            map.remove(&number.to_string());
        }
        assert_eq!(map.len(), 1);
        assert_eq!(map.bytes(), 2 * "kept".len());
        assert!(map.order.len() < 100, "{}", map.order.len());
        map.remove_oldest();
        assert_eq!((map.len(), map.bytes()), (0, 0));
    }
}
