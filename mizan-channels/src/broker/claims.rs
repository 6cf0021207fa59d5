//! What is to happen once, in the memory of one process.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::broker::remembered::Remembered;
use crate::broker::{Claim, ClaimRequest, OWNER_BYTES, OWNER_CLAIMS};

/// The most that is remembered for all owners together.
const MOST_CLAIMS: usize = 100_000;
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Claims by owner. An owner who claims much forgets their own, not those of others.
#[derive(Default)]
pub(crate) struct Claims {
    owners: HashMap<String, Owner>,
    /// The owners in the order in which they came.
    order: BTreeMap<u64, String>,
    next: u64,
    count: usize,
    bytes: usize,
}

struct Owner {
    number: u64,
    claims: Remembered<Claimed>,
}

struct Claimed {
    payload: String,
    state: State,
}

enum State {
    Until(Instant, String),
    Settled(Bytes),
}

impl Claims {
    pub(crate) fn claim(&mut self, request: &ClaimRequest, lease: Duration) -> Claim {
        let known = self
            .owners
            .get_mut(&request.owner)
            .and_then(|owner| owner.claims.get(&request.key));
        match known {
            Some(known) if known.payload != request.payload => Claim::OtherPayload,
            Some(Claimed { state, .. }) => match state {
                State::Settled(outcome) => Claim::Settled(outcome.clone()),
                State::Until(end, _) if Instant::now() < *end => Claim::Running,
                State::Until(..) => Claim::Lost,
            },
            None => {
                let until = Instant::now() + lease;
                self.insert(request, State::Until(until, request.nonce.clone()), 0);
                Claim::Granted
            }
        }
    }

    pub(crate) fn settle(&mut self, request: &ClaimRequest, outcome: Bytes) {
        let size = outcome.len();
        self.insert(request, State::Settled(outcome), size);
    }

    pub(crate) fn release(&mut self, request: &ClaimRequest) {
        self.change(&request.owner, |owner| {
            let known = owner.get(&request.key).map(|claimed| &claimed.state);
            if matches!(known, Some(State::Until(_, nonce)) if *nonce == request.nonce) {
                owner.remove(&request.key);
            }
        });
    }

    pub(crate) fn forget_old(&mut self) {
        let owners: Vec<_> = self.owners.keys().cloned().collect();
        for name in owners {
            self.change(&name, Remembered::forget_old);
        }
    }

    fn insert(&mut self, request: &ClaimRequest, state: State, size: usize) {
        let claimed = Claimed {
            payload: request.payload.clone(),
            state,
        };
        let size = size + request.payload.len() + request.nonce.len();
        self.change(&request.owner, |owner| {
            owner.insert(request.key.clone(), claimed, size);
        });
        while self.count > MOST_CLAIMS || self.bytes > MOST_BYTES {
            // The owner who claims now, unless this is all that they have.
            let own = self.owners.get(&request.owner);
            let name = if own.is_some_and(|own| own.claims.len() > 1) {
                Some(request.owner.clone())
            } else {
                let mut names = self.order.values();
                names.find(|name| **name != request.owner).cloned()
            };
            let Some(name) = name else {
                return;
            };
            self.change(&name, Remembered::forget_oldest);
        }
    }

    /// Changes what an owner has, and keeps the sums.
    fn change(&mut self, name: &str, change: impl FnOnce(&mut Remembered<Claimed>)) {
        let owner = self.owners.entry(name.to_owned()).or_insert_with(|| {
            self.next += 1;
            self.order.insert(self.next, name.to_owned());
            Owner {
                number: self.next,
                claims: Remembered::new(OWNER_CLAIMS, OWNER_BYTES),
            }
        });
        let Owner { number, claims } = owner;
        self.count -= claims.len();
        self.bytes -= claims.bytes();
        change(claims);
        self.count += claims.len();
        self.bytes += claims.bytes();
        if claims.len() == 0 {
            self.order.remove(number);
            self.owners.remove(name);
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
        claims.settle(&honest, Bytes::from(vec![0; 2 * OWNER_BYTES]));
        assert!(claims.bytes <= MOST_BYTES, "{}", claims.bytes);
    }
}
