//! A bounded map of recent outcomes, which expire.

use std::collections::{HashMap, VecDeque};

use tokio::time::Instant;

use crate::broker::MEMORY;

/// The minimum number of stale entries in the order before they are removed.
const SPARE: usize = 64;

/// Values by key, each with its size in bytes; the oldest goes first.
pub(crate) struct Remembered<T> {
    entries: HashMap<String, (u64, usize, T)>,
    order: VecDeque<(Instant, u64, String)>,
    bytes: usize,
    next: u64,
    most_entries: usize,
    most_bytes: usize,
}

impl<T> Remembered<T> {
    /// Remembers at most so many entries, and so many bytes.
    pub(crate) fn new(most_entries: usize, most_bytes: usize) -> Self {
        Self {
            entries: HashMap::new(),
            order: VecDeque::new(),
            bytes: 0,
            next: 0,
            most_entries,
            most_bytes,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn get(&mut self, key: &str) -> Option<&T> {
        self.forget_old();
        self.entries.get(key).map(|(_, _, value)| value)
    }

    pub(crate) fn insert(&mut self, key: String, value: T, size: usize) {
        self.next += 1;
        let size = size + 2 * key.len();
        self.bytes += size;
        self.order
            .push_back((Instant::now(), self.next, key.clone()));
        if let Some((_, size, _)) = self.entries.insert(key, (self.next, size, value)) {
            self.bytes -= size;
        }
        self.forget_old();
    }

    pub(crate) fn remove(&mut self, key: &str) {
        if let Some((_, size, _)) = self.entries.remove(key) {
            self.bytes -= size;
        }
        // What was removed still stands in the order, which is not to grow with it.
        if self.order.len() > 2 * self.entries.len() + SPARE {
            let entries = &self.entries;
            self.order.retain(|(_, number, key)| {
                let newest = entries.get(key);
                newest.is_some_and(|(newest, ..)| newest == number)
            });
        }
    }

    /// Forgets the oldest entry, whatever its age.
    pub(crate) fn forget_oldest(&mut self) {
        while let Some((_, number, key)) = self.order.pop_front() {
            // What was inserted again since stands further behind as well.
            if self
                .entries
                .get(&key)
                .is_some_and(|(newest, ..)| *newest == number)
            {
                self.remove(&key);
                return;
            }
        }
    }

    pub(crate) fn forget_old(&mut self) {
        while let Some((at, number, key)) = self.order.front() {
            let is_current = self
                .entries
                .get(key)
                .is_some_and(|(newest, ..)| newest == number);
            if !is_current {
                self.order.pop_front();
            } else if at.elapsed() > MEMORY
                || self.entries.len() > self.most_entries
                // One that is large by itself is kept until the next.
                || self.bytes > self.most_bytes && self.entries.len() > 1
            {
                self.forget_oldest();
            } else {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_removed_leaves_nothing_behind() {
        let mut remembered = Remembered::new(1_000, 1_000_000);
        remembered.insert("kept".to_owned(), (), 0);
        for number in 0..10_000 {
            remembered.insert(number.to_string(), (), 0);
            remembered.remove(&number.to_string());
        }
        assert_eq!(remembered.len(), 1);
        assert_eq!(remembered.bytes(), 2 * "kept".len());
        assert!(remembered.order.len() < 100, "{}", remembered.order.len());
        remembered.forget_oldest();
        assert_eq!((remembered.len(), remembered.bytes()), (0, 0));
    }
}
