//! Claims for operations that run at most once, in the memory of one process.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::broker::remembered::Remembered;
use crate::broker::{Claim, ClaimRequest, OWNER_BYTES, OWNER_CLAIMS};

/// The most that is remembered for all owners together.
const MOST_CLAIMS: usize = 100_000;
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Claims by owner. An owner with many claims forgets its own outcomes, not those of others, and never one that
/// is still running.
#[derive(Default)]
pub(crate) struct Claims {
    owners: HashMap<String, Owner>,
    /// The owners that have outcomes to forget, in the order in which they came.
    order: BTreeMap<u64, String>,
    next: u64,
    count: usize,
    bytes: usize,
}

struct Owner {
    number: u64,
    running: HashMap<String, Running>,
    ended: Remembered<Ended>,
}

struct Running {
    payload: String,
    nonce: String,
    until: Instant,
}

struct Ended {
    payload: String,
    /// Nothing if the lease ended without an outcome.
    outcome: Option<Bytes>,
}

impl Claims {
    /// Claims a key for its first caller. Returns [`Claim::Full`] if everything that could be forgotten for it
    /// is still running.
    pub(crate) fn claim(&mut self, request: &ClaimRequest, lease: Duration) -> Claim {
        if let Some(known) = self.known(request) {
            return known;
        }
        let running = Running {
            payload: request.payload.clone(),
            nonce: request.nonce.clone(),
            until: Instant::now() + lease,
        };
        let has_room = self.change(&request.owner, |owner| {
            if owner.running.len() >= OWNER_CLAIMS {
                owner.end_leases();
            }
            let has_room = owner.running.len() < OWNER_CLAIMS;
            if has_room {
                owner.running.insert(request.key.clone(), running);
            }
            has_room
        });
        if has_room && self.make_room(&request.owner) {
            return Claim::Granted;
        }
        if has_room {
            self.change(&request.owner, |owner| owner.running.remove(&request.key));
        }
        Claim::Full
    }

    fn known(&mut self, request: &ClaimRequest) -> Option<Claim> {
        let owner = self.owners.get_mut(&request.owner)?;
        if let Some(running) = owner.running.get(&request.key) {
            return Some(if running.payload != request.payload {
                Claim::OtherPayload
            } else if Instant::now() < running.until {
                Claim::Running
            } else {
                Claim::Lost
            });
        }
        let ended = owner.ended.get(&request.key)?;
        Some(match &ended.outcome {
            _ if ended.payload != request.payload => Claim::OtherPayload,
            Some(outcome) => Claim::Settled(outcome.clone()),
            None => Claim::Lost,
        })
    }

    pub(crate) fn settle(&mut self, request: &ClaimRequest, outcome: Bytes) {
        self.change(&request.owner, |owner| {
            owner.running.remove(&request.key);
            owner.end(request.key.clone(), request.payload.clone(), Some(outcome));
        });
        self.make_room(&request.owner);
    }

    pub(crate) fn release(&mut self, request: &ClaimRequest) {
        self.change(&request.owner, |owner| {
            let running = owner.running.get(&request.key);
            if running.is_some_and(|running| running.nonce == request.nonce) {
                owner.running.remove(&request.key);
            }
        });
    }

    pub(crate) fn forget_old(&mut self) {
        let owners: Vec<_> = self.owners.keys().cloned().collect();
        for name in owners {
            self.change(&name, |owner| {
                owner.end_leases();
                owner.ended.forget_old();
            });
        }
    }

    /// Forgets outcomes until the limits hold. Returns `false` if they cannot hold, since nothing has ended.
    fn make_room(&mut self, owner: &str) -> bool {
        while self.count > MOST_CLAIMS || self.bytes > MOST_BYTES {
            // Those of this owner first, unless it is all that the owner has.
            let own = self.owners.get(owner);
            let name = if own.is_some_and(|own| own.ended.len() > 1) {
                Some(owner.to_owned())
            } else {
                self.order.values().find(|name| *name != owner).cloned()
            };
            let Some(name) = name else {
                return false;
            };
            self.change(&name, |owner| owner.ended.forget_oldest());
        }
        true
    }

    /// Changes what an owner has, and keeps the sums.
    fn change<T>(&mut self, name: &str, change: impl FnOnce(&mut Owner) -> T) -> T {
        let owner = self.owners.entry(name.to_owned()).or_insert_with(|| {
            self.next += 1;
            Owner {
                number: self.next,
                running: HashMap::new(),
                ended: Remembered::new(OWNER_CLAIMS, OWNER_BYTES),
            }
        });
        self.count -= owner.count();
        self.bytes -= owner.ended.bytes();
        let had_outcomes = owner.ended.len() > 0;
        let changed = change(owner);
        self.count += owner.count();
        self.bytes += owner.ended.bytes();
        let has_outcomes = owner.ended.len() > 0;
        if has_outcomes && !had_outcomes {
            self.order.insert(owner.number, name.to_owned());
        } else if !has_outcomes {
            self.order.remove(&owner.number);
        }
        if owner.count() == 0 {
            self.owners.remove(name);
        }
        changed
    }
}

impl Owner {
    fn count(&self) -> usize {
        self.running.len() + self.ended.len()
    }

    fn end(&mut self, key: String, payload: String, outcome: Option<Bytes>) {
        let size = payload.len() + outcome.as_ref().map_or(0, Bytes::len);
        self.ended.insert(key, Ended { payload, outcome }, size);
    }

    /// Ends the claims whose lease is over.
    fn end_leases(&mut self) {
        let now = Instant::now();
        let over: Vec<_> = self
            .running
            .extract_if(|_, running| now >= running.until)
            .collect();
        for (key, running) in over {
            self.end(key, running.payload, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(owner: &str, key: usize) -> ClaimRequest {
        ClaimRequest {
            owner: owner.to_owned(),
            key: key.to_string(),
            payload: "00".to_owned(),
            nonce: "a1".to_owned(),
        }
    }

    #[test]
    fn a_flood_costs_its_owner_alone() {
        let mut claims = Claims::default();
        let lease = Duration::from_secs(30);
        let honest = request("mia", 0);
        assert_eq!(claims.claim(&honest, lease), Claim::Granted);
        claims.settle(&honest, "done".into());
        for key in 0..3 * OWNER_CLAIMS {
            let flood = request("eve", key);
            assert_eq!(claims.claim(&flood, lease), Claim::Granted);
            claims.settle(&flood, "done".into());
        }
        assert_eq!(claims.count, OWNER_CLAIMS + 1);
        let again = claims.claim(&honest, lease);
        assert_eq!(again, Claim::Settled("done".into()));
        for owner in 0..MOST_CLAIMS + 1_000 {
            claims.claim(&request(&owner.to_string(), 0), lease);
        }
        assert_eq!(claims.count, MOST_CLAIMS);
        assert_eq!(claims.claim(&request("late", 0), lease), Claim::Full);
        claims.settle(&honest, Bytes::from(vec![0; 2 * OWNER_BYTES]));
        assert!(claims.bytes <= MOST_BYTES, "{}", claims.bytes);
    }

    #[test]
    fn what_runs_is_not_forgotten_for_what_ended() {
        let mut claims = Claims::default();
        let lease = Duration::from_secs(30);
        let slow = request("mia", 0);
        assert_eq!(claims.claim(&slow, lease), Claim::Granted);
        for key in 1..2 * OWNER_CLAIMS {
            let quick = request("mia", key);
            assert_eq!(claims.claim(&quick, lease), Claim::Granted);
            claims.settle(&quick, "done".into());
        }
        assert_eq!(claims.claim(&slow, lease), Claim::Running);
        claims.settle(&slow, "done at last".into());
        let again = claims.claim(&slow, lease);
        assert_eq!(again, Claim::Settled("done at last".into()));
    }

    #[test]
    fn an_owner_with_too_much_under_way_has_to_wait() {
        let mut claims = Claims::default();
        let lease = Duration::from_secs(30);
        for key in 0..OWNER_CLAIMS {
            let claim = claims.claim(&request("eve", key), lease);
            assert_eq!(claim, Claim::Granted);
        }
        let one_more = request("eve", OWNER_CLAIMS);
        assert_eq!(claims.claim(&one_more, lease), Claim::Full);
        assert_eq!(claims.claim(&request("mia", 0), lease), Claim::Granted);
        claims.settle(&request("eve", 0), "done".into());
        assert_eq!(claims.claim(&one_more, lease), Claim::Granted);
    }

    #[test]
    fn a_lease_that_ended_is_lost_for_as_long_as_outcomes_are_remembered() {
        let mut claims = Claims::default();
        let lost = request("mia", 0);
        assert_eq!(claims.claim(&lost, Duration::ZERO), Claim::Granted);
        assert_eq!(claims.claim(&lost, Duration::ZERO), Claim::Lost);
        claims.forget_old();
        assert_eq!(claims.claim(&lost, Duration::ZERO), Claim::Lost);
    }
}
