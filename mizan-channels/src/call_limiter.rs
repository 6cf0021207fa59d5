//! Limits of the concurrent calls of channels' code, in the server and for each client.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

use crate::limits::ConnectionLimits;

/// Limits concurrent calls. A call waits for a permit of its client first, so that the calls of one client do not
/// fill the queue of the server.
pub(crate) struct CallLimiter {
    server: Semaphore,
    max_per_client: usize,
    clients: Mutex<Clients>,
}

/// The semaphores of the clients that have calls.
#[derive(Default)]
struct Clients {
    semaphores: HashMap<IpAddr, Weak<Semaphore>>,
    /// The number of entries at which unused ones are removed.
    cleanup_at: usize,
}

/// The permit of a call.
pub(crate) struct CallPermit<'a> {
    _server: SemaphorePermit<'a>,
    _client: Option<OwnedSemaphorePermit>,
}

impl CallLimiter {
    pub(crate) fn new(limits: &ConnectionLimits) -> Self {
        let bounded = |calls: usize| calls.min(Semaphore::MAX_PERMITS);
        Self {
            server: Semaphore::new(bounded(limits.max_concurrent_calls)),
            max_per_client: bounded(limits.max_concurrent_calls_per_client),
            clients: Mutex::default(),
        }
    }

    /// Waits for a permit. A client without a known address has no limit per client.
    pub(crate) async fn acquire(&self, client: Option<IpAddr>) -> CallPermit<'_> {
        const NEVER_CLOSED: &str = "the semaphores are never closed";
        let client = match client {
            Some(client) => {
                let semaphore = self.client_semaphore(client);
                Some(semaphore.acquire_owned().await.expect(NEVER_CLOSED))
            }
            None => None,
        };
        CallPermit {
            _server: self.server.acquire().await.expect(NEVER_CLOSED),
            _client: client,
        }
    }

    fn client_semaphore(&self, client: IpAddr) -> Arc<Semaphore> {
        let Clients {
            semaphores,
            cleanup_at,
        } = &mut *self.clients.lock();
        if let Some(semaphore) = semaphores.get(&client).and_then(Weak::upgrade) {
            return semaphore;
        }
        if semaphores.len() >= *cleanup_at {
            semaphores.retain(|_, semaphore| semaphore.strong_count() > 0);
            *cleanup_at = 2 * semaphores.len() + 64;
        }
        let semaphore = Arc::new(Semaphore::new(self.max_per_client));
        semaphores.insert(client, Arc::downgrade(&semaphore));
        semaphore
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn removes_clients_without_calls() {
        let limiter = CallLimiter::new(&ConnectionLimits::default());
        for client in 0..10_000_u32 {
            let _permit = limiter
                .acquire(Some(IpAddr::from(client.to_be_bytes())))
                .await;
        }
        let count = limiter.clients.lock().semaphores.len();
        assert!(count < 100, "{count} clients without calls are left");
    }
}
