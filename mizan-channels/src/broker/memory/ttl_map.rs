//! A map that is limited in entries, bytes and age.

use std::collections::{HashMap, VecDeque};

use tokio::time::Instant;

use crate::broker::publication::DEDUP_TTL;

/// A map from strings to values, each with its size in bytes. The oldest entry is removed first.
pub(super) struct TtlMap<T> {
    entries: HashMap<String, Entry<T>>,
    /// Insertions, oldest first. Those of replaced entries are stale.
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

    /// Removes entries that are too old, and the oldest ones while the map exceeds its limits. A single entry that
    /// exceeds the size limit is kept until the next insertion.
    pub(super) fn remove_expired(&mut self) {
        while let Some(insertion) = self.order.front() {
            let entry = self.entries.get(&insertion.key);
            let is_current = entry.is_some_and(|entry| entry.number == insertion.number);
            let is_excess = insertion.time.elapsed() > DEDUP_TTL
                || self.entries.len() > self.max_entries
                || self.bytes > self.max_bytes && self.entries.len() > 1;
            if is_current && !is_excess {
                return;
            }
            if is_current && let Some(removed) = self.entries.remove(&insertion.key) {
                self.bytes -= removed.size;
            }
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn limits_entries_bytes_and_age() {
        let mut map = TtlMap::new(100, 1_000_000);
        for number in 0..10_000 {
            map.insert((number % 150).to_string(), number, 0);
        }
        assert!(map.order.len() <= 150, "{}", map.order.len());
        assert_eq!(map.entries.len(), 100);
        assert_eq!(map.get(&(9_999 % 150).to_string()), Some(&9_999));
        map.insert("large".to_owned(), 1, 2_000_000);
        assert_eq!((map.entries.len(), map.get("large")), (1, Some(&1)));
        tokio::time::advance(2 * DEDUP_TTL).await;
        assert_eq!(map.get("large"), None);
        assert_eq!(map.bytes, 0);
    }
}
