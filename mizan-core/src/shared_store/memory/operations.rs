//! The leases and outcomes of operations that run at most once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::super::{
    KeyHash, LeaseReply, MAX_OWNER_BYTES, MAX_OWNER_OPERATIONS, OUTCOME_TTL, Operation,
};

/// The limits for all owners together.
const MAX_OPERATIONS: usize = 100_000;
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The size that an operation counts as, in addition to its outcome.
const OVERHEAD_BYTES: usize = 512;

/// Leases and outcomes. An owner that exceeds its limits loses its own oldest outcomes. If all owners
/// together exceed theirs, the owner whose outcomes take the most memory does. Running leases are never
/// evicted.
#[derive(Default)]
pub(super) struct OperationTable {
    operations: HashMap<KeyHash, Record>,
    owners: HashMap<KeyHash, Owner>,
    /// The running operations, in the order in which their leases expire.
    running: BTreeSet<(Instant, KeyHash)>,
    /// The times at which operations ended, by sequence number.
    ended: BTreeMap<u64, (Instant, KeyHash)>,
    /// The owners that have ended operations, by the memory that these take.
    owners_by_size: BTreeSet<(usize, KeyHash)>,
    next_sequence: u64,
    bytes: usize,
}

struct Record {
    owner: KeyHash,
    payload: KeyHash,
    state: State,
}

enum State {
    Running {
        run: KeyHash,
        expires_at: Instant,
    },
    Ended {
        sequence: u64,
        /// The outcome, `None` if the lease expired without one.
        outcome: Option<Bytes>,
    },
}

#[derive(Default)]
struct Owner {
    running: usize,
    /// The sequence numbers of the ended operations.
    ended: BTreeSet<u64>,
    /// The size of the ended operations.
    bytes: usize,
}

impl OperationTable {
    /// Grants the lease to the first caller.
    pub(super) fn acquire(&mut self, operation: &Operation, duration: Duration) -> LeaseReply {
        let now = Instant::now();
        self.remove_expired(now);
        if let Some(record) = self.operations.get(&operation.key) {
            return record.reply_to(operation);
        }
        while self.owner_count(operation.owner) >= MAX_OWNER_OPERATIONS {
            if !self.evict_oldest_of(operation.owner) {
                return LeaseReply::QuotaExceeded;
            }
        }
        while self.operations.len() >= MAX_OPERATIONS {
            if !self.evict_from_largest() {
                return LeaseReply::QuotaExceeded;
            }
        }
        let expires_at = now + duration;
        self.running.insert((expires_at, operation.key));
        self.owners.entry(operation.owner).or_default().running += 1;
        let state = State::Running {
            run: operation.run,
            expires_at,
        };
        let record = Record {
            owner: operation.owner,
            payload: operation.payload,
            state,
        };
        self.operations.insert(operation.key, record);
        LeaseReply::Granted
    }

    pub(super) fn complete(&mut self, operation: &Operation, outcome: Bytes) {
        let now = Instant::now();
        self.remove_expired(now);
        self.remove(operation.key);
        let Operation {
            owner,
            key,
            payload,
            ..
        } = *operation;
        self.insert_ended(now, key, owner, payload, Some(outcome));
        while self
            .owners
            .get(&operation.owner)
            .is_some_and(|owner| owner.ended.len() > 1 && owner.bytes > MAX_OWNER_BYTES)
        {
            self.evict_oldest_of(operation.owner);
        }
        while self.bytes > MAX_BYTES && self.evict_from_largest() {}
    }

    pub(super) fn release(&mut self, operation: &Operation) {
        let state = self
            .operations
            .get(&operation.key)
            .map(|record| &record.state);
        if matches!(state, Some(State::Running { run, .. }) if *run == operation.run) {
            self.remove(operation.key);
        }
    }

    pub(super) fn contains(&mut self, operation: &Operation) -> bool {
        self.remove_expired(Instant::now());
        self.operations.contains_key(&operation.key)
    }

    /// Ends leases that have expired, and removes old outcomes.
    fn remove_expired(&mut self, now: Instant) {
        while let Some(&(expires_at, key)) = self.running.first()
            && expires_at <= now
        {
            if let Some((owner, payload)) = self.remove(key) {
                self.insert_ended(now, key, owner, payload, None);
            }
        }
        while let Some((_, &(ended_at, key))) = self.ended.first_key_value()
            && now.saturating_duration_since(ended_at) >= OUTCOME_TTL
        {
            self.remove(key);
        }
    }

    fn owner_count(&self, owner: KeyHash) -> usize {
        let owner = self.owners.get(&owner);
        owner.map_or(0, |owner| owner.running + owner.ended.len())
    }

    /// Removes the oldest outcome of an owner. Returns `false` if it has none.
    fn evict_oldest_of(&mut self, owner: KeyHash) -> bool {
        let owner = self.owners.get(&owner);
        let oldest = owner.and_then(|owner| owner.ended.first());
        let oldest = oldest.and_then(|sequence| self.ended.get(sequence));
        match oldest {
            Some(&(_, key)) => self.remove(key).is_some(),
            None => false,
        }
    }

    /// Removes the oldest outcome of the owner whose outcomes take the most memory. Returns `false` if
    /// there is none.
    fn evict_from_largest(&mut self) -> bool {
        match self.owners_by_size.last() {
            Some(&(_, owner)) => self.evict_oldest_of(owner),
            None => false,
        }
    }

    fn insert_ended(
        &mut self,
        now: Instant,
        key: KeyHash,
        owner: KeyHash,
        payload: KeyHash,
        outcome: Option<Bytes>,
    ) {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let size = OVERHEAD_BYTES + outcome.as_ref().map_or(0, Bytes::len);
        self.ended.insert(sequence, (now, key));
        self.bytes += size;
        self.update_owner(owner, |owner| {
            owner.ended.insert(sequence);
            owner.bytes += size;
        });
        let state = State::Ended { sequence, outcome };
        let record = Record {
            owner,
            payload,
            state,
        };
        self.operations.insert(key, record);
    }

    /// Removes an operation, and returns its owner and its payload.
    fn remove(&mut self, key: KeyHash) -> Option<(KeyHash, KeyHash)> {
        let record = self.operations.remove(&key)?;
        let owner = record.owner;
        match record.state {
            State::Running { expires_at, .. } => {
                self.running.remove(&(expires_at, key));
                self.update_owner(owner, |owner| owner.running -= 1);
            }
            State::Ended { sequence, outcome } => {
                let size = OVERHEAD_BYTES + outcome.as_ref().map_or(0, Bytes::len);
                self.ended.remove(&sequence);
                self.bytes -= size;
                self.update_owner(owner, |owner| {
                    owner.ended.remove(&sequence);
                    owner.bytes -= size;
                });
            }
        }
        Some((owner, record.payload))
    }

    fn update_owner(&mut self, name: KeyHash, update: impl FnOnce(&mut Owner)) {
        let owner = self.owners.entry(name).or_default();
        self.owners_by_size.remove(&(owner.bytes, name));
        update(owner);
        if !owner.ended.is_empty() {
            self.owners_by_size.insert((owner.bytes, name));
        } else if owner.running == 0 {
            self.owners.remove(&name);
        }
    }
}

impl Record {
    fn reply_to(&self, operation: &Operation) -> LeaseReply {
        match &self.state {
            _ if self.payload != operation.payload => LeaseReply::PayloadMismatch,
            State::Running { .. } => LeaseReply::Running,
            State::Ended { outcome, .. } => match outcome {
                Some(outcome) => LeaseReply::Completed(outcome.clone()),
                None => LeaseReply::Expired,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(30);

    fn operation(owner: &str, key: usize) -> Operation {
        let id = key.to_be_bytes();
        Operation::new([owner.as_bytes()], [owner.as_bytes(), &id[..]], [])
    }

    impl OperationTable {
        fn run(&mut self, owner: &str, key: usize, outcome: Bytes) -> LeaseReply {
            let operation = operation(owner, key);
            let reply = self.acquire(&operation, LEASE);
            if reply == LeaseReply::Granted {
                self.complete(&operation, outcome);
            }
            reply
        }
    }

    #[test]
    fn flood_evicts_only_outcomes_of_its_owner() {
        let mut table = OperationTable::default();
        let done = Bytes::from_static(b"done");
        table.run("mia", 0, done.clone());
        for key in 0..2 * MAX_OWNER_OPERATIONS {
            assert_eq!(table.run("eve", key, done.clone()), LeaseReply::Granted);
        }
        assert_eq!(table.operations.len(), MAX_OWNER_OPERATIONS + 1);
        for owner in 0..100 {
            let large = Bytes::from(vec![0; MAX_OWNER_BYTES]);
            table.run(&format!("large{owner}"), 0, large);
            assert!(table.bytes <= MAX_BYTES);
        }
        assert_eq!(
            table.run("mia", 0, Bytes::new()),
            LeaseReply::Completed(done)
        );
    }

    #[test]
    fn limits_running_operations() {
        let mut table = OperationTable::default();
        for key in 0..MAX_OWNER_OPERATIONS {
            let reply = table.acquire(&operation("eve", key), LEASE);
            assert_eq!(reply, LeaseReply::Granted);
        }
        let more = operation("eve", MAX_OWNER_OPERATIONS);
        assert_eq!(table.acquire(&more, LEASE), LeaseReply::QuotaExceeded);
        assert_eq!(
            table.acquire(&operation("mia", 0), LEASE),
            LeaseReply::Granted
        );
        table.complete(&operation("eve", 0), Bytes::new());
        assert_eq!(table.acquire(&more, LEASE), LeaseReply::Granted);
        for owner in 0..MAX_OPERATIONS {
            table.acquire(&operation(&owner.to_string(), 0), LEASE);
        }
        assert_eq!(table.operations.len(), MAX_OPERATIONS);
        let late = table.acquire(&operation("late", 0), LEASE);
        assert_eq!(late, LeaseReply::QuotaExceeded);
    }

    #[tokio::test(start_paused = true)]
    async fn everything_expires() {
        let mut table = OperationTable::default();
        table.run("mia", 0, Bytes::from_static(b"done"));
        let lost = operation("mia", 1);
        assert_eq!(table.acquire(&lost, LEASE), LeaseReply::Granted);
        assert_eq!(table.acquire(&lost, LEASE), LeaseReply::Running);
        tokio::time::advance(LEASE).await;
        assert_eq!(table.acquire(&lost, LEASE), LeaseReply::Expired);
        tokio::time::advance(OUTCOME_TTL).await;
        assert!(!table.contains(&lost));
        assert_eq!(table.bytes, 0);
        assert!(table.operations.is_empty() && table.owners.is_empty());
        assert!(table.owners_by_size.is_empty() && table.ended.is_empty());
    }
}
