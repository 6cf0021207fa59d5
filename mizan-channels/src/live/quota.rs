//! The limits of live queries, for each client and for all clients.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::limits::ConnectionLimits;

/// Counts live queries.
pub(crate) struct LiveQuota {
    max_total: usize,
    max_per_client: usize,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    total: usize,
    clients: HashMap<IpAddr, usize>,
}

/// A live query of a client in the counts, until it is dropped.
pub(crate) struct LiveShare {
    quota: Arc<LiveQuota>,
    client: Option<IpAddr>,
}

impl LiveQuota {
    pub(crate) fn new(limits: &ConnectionLimits) -> Self {
        Self {
            max_total: limits.max_live_queries,
            max_per_client: limits.max_live_queries_per_client,
            counts: Mutex::default(),
        }
    }

    /// Counts a live query, unless a limit is reached. A client without a known address counts only in total.
    pub(crate) fn take(self: &Arc<Self>, client: Option<IpAddr>) -> Option<LiveShare> {
        let mut counts = self.counts.lock();
        let of_client = client.map_or(0, |client| {
            counts.clients.get(&client).copied().unwrap_or_default()
        });
        if counts.total >= self.max_total || of_client >= self.max_per_client {
            return None;
        }
        counts.total += 1;
        if let Some(client) = client {
            counts.clients.insert(client, of_client + 1);
        }
        drop(counts);
        Some(LiveShare {
            quota: Arc::clone(self),
            client,
        })
    }
}

impl Drop for LiveShare {
    fn drop(&mut self) {
        let mut counts = self.quota.counts.lock();
        counts.total -= 1;
        let Some(client) = self.client else {
            return;
        };
        if let Some(count) = counts.clients.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                counts.clients.remove(&client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_for_each_client_and_for_all() {
        let limits = ConnectionLimits {
            max_live_queries: 3,
            max_live_queries_per_client: 2,
            ..ConnectionLimits::default()
        };
        let quota = Arc::new(LiveQuota::new(&limits));
        let [one, other] = [1, 2].map(|last| Some(IpAddr::from([127, 0, 0, last])));
        let held: Vec<_> = (0..2).map(|_| quota.take(one).unwrap()).collect();
        assert!(quota.take(one).is_none());
        let last = quota.take(other).unwrap();
        assert!(quota.take(other).is_none());
        assert!(quota.take(None).is_none());
        drop((held, last));
        assert!(quota.take(None).is_some());
        assert!(quota.counts.lock().clients.is_empty());
    }
}
