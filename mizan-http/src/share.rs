//! Budgets that clients share: a total, of which each client may hold a part.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A client as limits see it: an IPv4 address, or the /64 network of an IPv6 address, all of which
/// one host can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClientKey(IpAddr);

impl From<IpAddr> for ClientKey {
    fn from(addr: IpAddr) -> Self {
        Self(mizan_core::adapter::client_network(addr))
    }
}

/// An amount of something that all clients take from, and of which each may hold a part at most.
///
/// Clients are remembered only while they hold something. Cloning is cheap.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    total: u64,
    per_client: u64,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    total: u64,
    by_client: HashMap<ClientKey, u64>,
}

/// The limit that a client has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exhausted {
    /// Of all clients together.
    Total,
    /// Of this client.
    Client,
}

impl Budget {
    pub(crate) fn new(total: u64, per_client: u64) -> Self {
        Self(Arc::new(Inner {
            total,
            per_client,
            taken: Mutex::default(),
        }))
    }

    /// Takes `amount` for `client` until the share is dropped. A client without a known address is
    /// held to the total alone.
    pub(crate) fn take(&self, client: Option<ClientKey>, amount: u64) -> Result<Share, Exhausted> {
        let mut share = Share {
            budget: self.clone(),
            client,
            amount: 0,
        };
        share.grow(amount)?;
        Ok(share)
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, taken: &Taken, client: Option<ClientKey>, more: u64) -> Result<(), Exhausted> {
        let of_client = client.and_then(|client| taken.by_client.get(&client).copied());
        if client.is_some() && of_client.unwrap_or(0).saturating_add(more) > self.0.per_client {
            return Err(Exhausted::Client);
        }
        if taken.total.saturating_add(more) > self.0.total {
            return Err(Exhausted::Total);
        }
        Ok(())
    }
}

/// A part of a [`Budget`] that a client holds. Dropped, it is given back.
#[derive(Debug)]
#[must_use = "a share that is dropped is given back"]
pub(crate) struct Share {
    budget: Budget,
    client: Option<ClientKey>,
    amount: u64,
}

impl Share {
    /// Takes `more`, or nothing.
    pub(crate) fn grow(&mut self, more: u64) -> Result<(), Exhausted> {
        if more == 0 {
            return Ok(());
        }
        let mut taken = self.budget.taken();
        self.budget.check(&taken, self.client, more)?;
        taken.total += more;
        if let Some(client) = self.client {
            *taken.by_client.entry(client).or_default() += more;
        }
        self.amount += more;
        Ok(())
    }

    /// Checks that `more` could be taken now, without taking it.
    pub(crate) fn has_room_for(&self, more: u64) -> Result<(), Exhausted> {
        let taken = self.budget.taken();
        self.budget.check(&taken, self.client, more)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.amount == 0 {
            return;
        }
        let mut taken = self.budget.taken();
        taken.total -= self.amount;
        let Some(client) = self.client else {
            return;
        };
        if let Entry::Occupied(mut entry) = taken.by_client.entry(client) {
            *entry.get_mut() -= self.amount;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(addr: &str) -> Option<ClientKey> {
        let addr: IpAddr = addr.parse().unwrap();
        Some(addr.into())
    }

    #[test]
    fn counts_ipv6_clients_by_network() {
        assert_eq!(client("2001:db8::1"), client("2001:db8::ffff:1"));
        assert_ne!(client("2001:db8::1"), client("2001:db8:0:1::1"));
        assert_ne!(client("10.0.0.1"), client("10.0.0.2"));
        assert_eq!(client("::ffff:10.0.0.1"), client("10.0.0.1"));
    }

    #[test]
    fn holds_each_client_to_its_part_and_all_to_the_total() {
        let budget = Budget::new(5, 3);
        let (one, other) = (client("10.0.0.1"), client("10.0.0.2"));
        let mut first = budget.take(one, 2).unwrap();
        assert_eq!(budget.take(one, 2).unwrap_err(), Exhausted::Client);
        first.grow(1).unwrap();
        assert_eq!(first.grow(1), Err(Exhausted::Client));
        assert_eq!(first.has_room_for(1), Err(Exhausted::Client));
        let second = budget.take(other, 2).unwrap();
        assert_eq!(budget.take(other, 1).unwrap_err(), Exhausted::Total);
        assert_eq!(budget.take(None, 1).unwrap_err(), Exhausted::Total);
        drop(first);
        let unknown = budget.take(None, 3).unwrap();
        assert_eq!(budget.take(None, 1).unwrap_err(), Exhausted::Total);
        drop((second, unknown));
        assert_eq!(budget.taken().total, 0);
    }

    #[test]
    fn forgets_clients_that_hold_nothing() {
        let budget = Budget::new(u64::MAX, 1);
        let shares: Vec<_> = (0..1000u32)
            .map(|n| budget.take(Some(IpAddr::from(n.to_be_bytes()).into()), 1))
            .collect();
        let nothing = budget.take(client("203.0.113.1"), 0).unwrap();
        assert_eq!(budget.taken().by_client.len(), 1000);
        drop((shares, nothing));
        assert!(budget.taken().by_client.is_empty());
    }
}
