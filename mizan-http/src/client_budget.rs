//! Budgets of a resource: a total, and the part of it that each client may hold.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::Arc;

use mizan_core::RequestHead;
use parking_lot::Mutex;

/// The key by which limits count a client: an IPv4 address, or the /64 network of an IPv6 address,
/// because one host can use all addresses of that network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClientKey(IpAddr);

impl ClientKey {
    /// Returns the key of the client that made a request, if its address is known.
    pub(crate) fn of_request(head: &RequestHead) -> Option<Self> {
        head.client_addr().map(Self::from)
    }
}

impl From<IpAddr> for ClientKey {
    fn from(addr: IpAddr) -> Self {
        Self(mizan_core::adapter::client_network(addr))
    }
}

/// A limited amount of a resource that all clients share, with a limit for each client.
///
/// A client has an entry only while it holds a share. Cloning is cheap.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    total: u64,
    per_client: u64,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    total: u64,
    by_client: HashMap<ClientKey, u64>,
}

/// The limit that prevented a client from taking a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exhausted {
    /// The limit for all clients together.
    Total,
    /// The limit for this client.
    Client,
}

impl Budget {
    pub(crate) fn new(total: u64, per_client: u64) -> Self {
        Self(Arc::new(Inner {
            total,
            per_client,
            used: Mutex::default(),
        }))
    }

    /// Creates a budget that limits each client, but not all clients together.
    pub(crate) fn per_client(limit: usize) -> Self {
        Self::new(u64::MAX, limit as u64)
    }

    /// Takes `amount` for `client` until the share is dropped. Only the total limits a client without a
    /// known address.
    pub(crate) fn take(&self, client: Option<ClientKey>, amount: u64) -> Result<Share, Exhausted> {
        let mut share = Share {
            budget: self.clone(),
            client,
            amount: 0,
        };
        share.grow(amount)?;
        Ok(share)
    }

    fn check(&self, used: &Used, client: Option<ClientKey>, more: u64) -> Result<(), Exhausted> {
        let used_by_client = client.and_then(|client| used.by_client.get(&client).copied());
        if client.is_some() && used_by_client.unwrap_or(0).saturating_add(more) > self.0.per_client
        {
            return Err(Exhausted::Client);
        }
        if used.total.saturating_add(more) > self.0.total {
            return Err(Exhausted::Total);
        }
        Ok(())
    }
}

/// A part of a [`Budget`] that a client holds. Dropping it returns the amount to the budget.
#[derive(Debug)]
#[must_use = "dropping a share returns its amount to the budget"]
pub(crate) struct Share {
    budget: Budget,
    client: Option<ClientKey>,
    amount: u64,
}

impl Share {
    /// Takes `more` from the budget, or nothing if that exceeds a limit.
    pub(crate) fn grow(&mut self, more: u64) -> Result<(), Exhausted> {
        if more == 0 {
            return Ok(());
        }
        let mut used = self.budget.0.used.lock();
        self.budget.check(&used, self.client, more)?;
        used.total += more;
        if let Some(client) = self.client {
            *used.by_client.entry(client).or_default() += more;
        }
        self.amount += more;
        Ok(())
    }

    /// Checks that `more` is available now, without taking it.
    pub(crate) fn check_available(&self, more: u64) -> Result<(), Exhausted> {
        let used = self.budget.0.used.lock();
        self.budget.check(&used, self.client, more)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.amount == 0 {
            return;
        }
        let mut used = self.budget.0.used.lock();
        used.total -= self.amount;
        let Some(client) = self.client else {
            return;
        };
        if let Entry::Occupied(mut entry) = used.by_client.entry(client) {
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
    fn enforces_the_total_and_the_limit_of_each_client() {
        let budget = Budget::new(5, 3);
        let (one, other) = (client("10.0.0.1"), client("10.0.0.2"));
        let mut first = budget.take(one, 2).unwrap();
        assert_eq!(budget.take(one, 2).unwrap_err(), Exhausted::Client);
        first.grow(1).unwrap();
        assert_eq!(first.grow(1), Err(Exhausted::Client));
        assert_eq!(first.check_available(1), Err(Exhausted::Client));
        let second = budget.take(other, 2).unwrap();
        assert_eq!(budget.take(other, 1).unwrap_err(), Exhausted::Total);
        assert_eq!(budget.take(None, 1).unwrap_err(), Exhausted::Total);
        drop(first);
        let unknown = budget.take(None, 3).unwrap();
        assert_eq!(budget.take(None, 1).unwrap_err(), Exhausted::Total);
        drop((second, unknown));
        assert_eq!(budget.0.used.lock().total, 0);
    }

    #[test]
    fn removes_entries_of_clients_without_shares() {
        let budget = Budget::new(u64::MAX, 1);
        let shares: Vec<_> = (0..1000u32)
            .map(|n| budget.take(Some(IpAddr::from(n.to_be_bytes()).into()), 1))
            .collect();
        let nothing = budget.take(client("203.0.113.1"), 0).unwrap();
        assert_eq!(budget.0.used.lock().by_client.len(), 1000);
        drop((shares, nothing));
        assert!(budget.0.used.lock().by_client.is_empty());
    }
}
