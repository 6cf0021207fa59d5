//! Turns for the code of channels: so many calls at once in a server, and so many of each client.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::lock::lock;
use crate::session::Limits;

/// The calls that run at once. A client waits for its own share first, so that its queue is not that of others.
pub(crate) struct Calls {
    all: Semaphore,
    per_client: usize,
    clients: Mutex<Clients>,
}

/// Clients are remembered while they have a call or wait for one.
#[derive(Default)]
struct Clients {
    shares: HashMap<IpAddr, Weak<Semaphore>>,
    /// Those who have none any more are forgotten once there are so many.
    most: usize,
}

/// The turn of a call, until it is dropped.
pub(crate) struct Turn<'a> {
    _all: SemaphorePermit<'a>,
    _own: Option<OwnedSemaphorePermit>,
}

impl Calls {
    pub(crate) fn new(limits: &Limits) -> Self {
        let bounded = |calls: usize| calls.min(Semaphore::MAX_PERMITS);
        Self {
            all: Semaphore::new(bounded(limits.concurrent_calls)),
            per_client: bounded(limits.concurrent_calls_per_client),
            clients: Mutex::default(),
        }
    }

    /// Waits for a turn. A client without a known address is held to the total alone.
    pub(crate) async fn turn(&self, client: Option<IpAddr>) -> Turn<'_> {
        const OPEN: &str = "these semaphores are never closed";
        let own = match client {
            Some(client) => Some(self.share(client).acquire_owned().await.expect(OPEN)),
            None => None,
        };
        Turn {
            _all: self.all.acquire().await.expect(OPEN),
            _own: own,
        }
    }

    fn share(&self, client: IpAddr) -> Arc<Semaphore> {
        let Clients { shares, most } = &mut *lock(&self.clients);
        if let Some(share) = shares.get(&client).and_then(Weak::upgrade) {
            return share;
        }
        if shares.len() >= *most {
            shares.retain(|_, share| share.strong_count() > 0);
            *most = 2 * shares.len() + 64;
        }
        let share = Arc::new(Semaphore::new(self.per_client));
        shares.insert(client, Arc::downgrade(&share));
        share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn forgets_clients_that_have_no_call() {
        let calls = Calls::new(&Limits::default());
        for client in 0..10_000_u32 {
            let _turn = calls.turn(Some(IpAddr::from(client.to_be_bytes()))).await;
        }
        let known = lock(&calls.clients).shares.len();
        assert!(known < 100, "{known} clients are remembered");
    }
}
