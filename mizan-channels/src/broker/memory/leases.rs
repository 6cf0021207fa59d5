//! The leases and outcomes of operations that run at most once.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::ttl_map::TtlMap;
use crate::broker::lease::{LeaseReply, LeaseRequest, MAX_OWNER_BYTES, MAX_OWNER_LEASES};

/// The limits for all owners together.
const MAX_LEASES: usize = 100_000;
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Leases and outcomes by owner. An owner that exceeds its limits loses its own oldest outcomes, never those of
/// other owners, and never a running lease.
#[derive(Default)]
pub(super) struct LeaseTable {
    owners: HashMap<String, Owner>,
    /// The owners that have outcomes, oldest first.
    owners_with_outcomes: BTreeMap<u64, String>,
    next_owner: u64,
    count: usize,
    bytes: usize,
}

struct Owner {
    number: u64,
    running: HashMap<String, Running>,
    ended: TtlMap<Ended>,
}

struct Running {
    payload_hash: String,
    run_id: String,
    expires_at: Instant,
}

struct Ended {
    payload_hash: String,
    /// The outcome, `None` if the lease expired without one.
    outcome: Option<Bytes>,
}

impl LeaseTable {
    /// Grants the lease to the first caller. Returns [`LeaseReply::QuotaExceeded`] if the limits are reached and
    /// all of the owner's operations are running.
    pub(super) fn acquire(&mut self, request: &LeaseRequest, duration: Duration) -> LeaseReply {
        if let Some(reply) = self.find(request) {
            return reply;
        }
        let running = Running {
            payload_hash: request.payload_hash.clone(),
            run_id: request.run_id.clone(),
            expires_at: Instant::now() + duration,
        };
        let has_room = self.update(&request.owner, |owner| {
            if owner.running.len() >= MAX_OWNER_LEASES {
                owner.end_expired();
            }
            let has_room = owner.running.len() < MAX_OWNER_LEASES;
            if has_room {
                owner.running.insert(request.key.clone(), running);
            }
            has_room
        });
        if has_room && self.make_room(&request.owner) {
            return LeaseReply::Granted;
        }
        if has_room {
            self.update(&request.owner, |owner| owner.running.remove(&request.key));
        }
        LeaseReply::QuotaExceeded
    }

    fn find(&mut self, request: &LeaseRequest) -> Option<LeaseReply> {
        let owner = self.owners.get_mut(&request.owner)?;
        if let Some(running) = owner.running.get(&request.key) {
            return Some(if running.payload_hash != request.payload_hash {
                LeaseReply::PayloadMismatch
            } else if Instant::now() < running.expires_at {
                LeaseReply::Running
            } else {
                LeaseReply::Expired
            });
        }
        let ended = owner.ended.get(&request.key)?;
        Some(match &ended.outcome {
            _ if ended.payload_hash != request.payload_hash => LeaseReply::PayloadMismatch,
            Some(outcome) => LeaseReply::Completed(outcome.clone()),
            None => LeaseReply::Expired,
        })
    }

    pub(super) fn complete(&mut self, request: &LeaseRequest, outcome: Bytes) {
        self.update(&request.owner, |owner| {
            owner.running.remove(&request.key);
            let payload_hash = request.payload_hash.clone();
            owner.end(request.key.clone(), payload_hash, Some(outcome));
        });
        self.make_room(&request.owner);
    }

    pub(super) fn release(&mut self, request: &LeaseRequest) {
        self.update(&request.owner, |owner| {
            let running = owner.running.get(&request.key);
            if running.is_some_and(|running| running.run_id == request.run_id) {
                owner.running.remove(&request.key);
            }
        });
    }

    pub(super) fn remove_expired(&mut self) {
        let owners: Vec<_> = self.owners.keys().cloned().collect();
        for name in owners {
            self.update(&name, |owner| {
                owner.end_expired();
                owner.ended.remove_expired();
            });
        }
    }

    /// Removes outcomes until no limit is exceeded: those of `owner` first, unless it has only one. Returns `false`
    /// if nothing is left to remove.
    fn make_room(&mut self, owner: &str) -> bool {
        while self.count > MAX_LEASES || self.bytes > MAX_BYTES {
            let own = self.owners.get(owner);
            let name = if own.is_some_and(|own| own.ended.len() > 1) {
                Some(owner.to_owned())
            } else {
                let mut others = self.owners_with_outcomes.values();
                others.find(|name| *name != owner).cloned()
            };
            let Some(name) = name else {
                return false;
            };
            self.update(&name, |owner| owner.ended.remove_oldest());
        }
        true
    }

    /// Updates an owner, and adjusts the totals.
    fn update<T>(&mut self, name: &str, update: impl FnOnce(&mut Owner) -> T) -> T {
        let owner = self.owners.entry(name.to_owned()).or_insert_with(|| {
            self.next_owner += 1;
            Owner {
                number: self.next_owner,
                running: HashMap::new(),
                ended: TtlMap::new(MAX_OWNER_LEASES, MAX_OWNER_BYTES),
            }
        });
        self.count -= owner.count();
        self.bytes -= owner.ended.bytes();
        let had_outcomes = owner.ended.len() > 0;
        let result = update(owner);
        self.count += owner.count();
        self.bytes += owner.ended.bytes();
        let has_outcomes = owner.ended.len() > 0;
        if has_outcomes && !had_outcomes {
            self.owners_with_outcomes
                .insert(owner.number, name.to_owned());
        } else if !has_outcomes {
            self.owners_with_outcomes.remove(&owner.number);
        }
        if owner.count() == 0 {
            self.owners.remove(name);
        }
        result
    }
}

impl Owner {
    fn count(&self) -> usize {
        self.running.len() + self.ended.len()
    }

    fn end(&mut self, key: String, payload_hash: String, outcome: Option<Bytes>) {
        let size = payload_hash.len() + outcome.as_ref().map_or(0, Bytes::len);
        let ended = Ended {
            payload_hash,
            outcome,
        };
        self.ended.insert(key, ended, size);
    }

    /// Ends the leases that have expired.
    fn end_expired(&mut self) {
        let now = Instant::now();
        let expired: Vec<_> = self
            .running
            .extract_if(|_, running| now >= running.expires_at)
            .collect();
        for (key, running) in expired {
            self.end(key, running.payload_hash, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(30);

    fn request(owner: &str, key: usize) -> LeaseRequest {
        LeaseRequest::new(owner, key.to_string(), "00", "a1")
    }

    #[test]
    fn flood_evicts_only_outcomes_of_its_owner() {
        let mut leases = LeaseTable::default();
        let honest = request("mia", 0);
        assert_eq!(leases.acquire(&honest, LEASE), LeaseReply::Granted);
        leases.complete(&honest, "done".into());
        for key in 0..3 * MAX_OWNER_LEASES {
            let flood = request("eve", key);
            assert_eq!(leases.acquire(&flood, LEASE), LeaseReply::Granted);
            leases.complete(&flood, "done".into());
        }
        assert_eq!(leases.count, MAX_OWNER_LEASES + 1);
        let reply = leases.acquire(&honest, LEASE);
        assert_eq!(reply, LeaseReply::Completed("done".into()));
        for owner in 0..MAX_LEASES + 1_000 {
            leases.acquire(&request(&owner.to_string(), 0), LEASE);
        }
        assert_eq!(leases.count, MAX_LEASES);
        let reply = leases.acquire(&request("late", 0), LEASE);
        assert_eq!(reply, LeaseReply::QuotaExceeded);
        leases.complete(&honest, Bytes::from(vec![0; 2 * MAX_OWNER_BYTES]));
        assert!(leases.bytes <= MAX_BYTES, "{}", leases.bytes);
    }

    #[test]
    fn keeps_running_lease_while_outcomes_are_evicted() {
        let mut leases = LeaseTable::default();
        let slow = request("mia", 0);
        assert_eq!(leases.acquire(&slow, LEASE), LeaseReply::Granted);
        for key in 1..2 * MAX_OWNER_LEASES {
            let quick = request("mia", key);
            assert_eq!(leases.acquire(&quick, LEASE), LeaseReply::Granted);
            leases.complete(&quick, "done".into());
        }
        assert_eq!(leases.acquire(&slow, LEASE), LeaseReply::Running);
        leases.complete(&slow, "done at last".into());
        let reply = leases.acquire(&slow, LEASE);
        assert_eq!(reply, LeaseReply::Completed("done at last".into()));
    }

    #[test]
    fn limits_running_leases_of_an_owner() {
        let mut leases = LeaseTable::default();
        for key in 0..MAX_OWNER_LEASES {
            let reply = leases.acquire(&request("eve", key), LEASE);
            assert_eq!(reply, LeaseReply::Granted);
        }
        let one_more = request("eve", MAX_OWNER_LEASES);
        assert_eq!(leases.acquire(&one_more, LEASE), LeaseReply::QuotaExceeded);
        let reply = leases.acquire(&request("mia", 0), LEASE);
        assert_eq!(reply, LeaseReply::Granted);
        leases.complete(&request("eve", 0), "done".into());
        assert_eq!(leases.acquire(&one_more, LEASE), LeaseReply::Granted);
    }

    #[test]
    fn expired_lease_is_kept_as_long_as_outcomes() {
        let mut leases = LeaseTable::default();
        let lost = request("mia", 0);
        assert_eq!(leases.acquire(&lost, Duration::ZERO), LeaseReply::Granted);
        assert_eq!(leases.acquire(&lost, Duration::ZERO), LeaseReply::Expired);
        leases.remove_expired();
        assert_eq!(leases.acquire(&lost, Duration::ZERO), LeaseReply::Expired);
    }
}
