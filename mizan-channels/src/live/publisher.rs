//! Publishing invalidations to all processes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use mizan_core::adapter::Published;
use mizan_core::{Error, ErrorCode, Invalidation};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::timeout;

use super::change::{PendingChange, encode};
use super::log_group::{LIVE_GROUP, retention};
use crate::backoff::Backoff;
use crate::broker::{Broker, Publication};

/// The maximum number of changes that wait for the broker. Above it, queries are invalidated for every input.
const MAX_PENDING: usize = 1_024;

/// The maximum number of changes in one message.
const MAX_CHANGES_PER_MESSAGE: usize = 128;

/// The time that a mutation waits for the broker.
const PUBLISH_TIMEOUT: Duration = Duration::from_secs(1);

/// Publishes invalidations in the order in which they arrive. Those that arrive while the broker is busy are
/// coalesced.
pub(super) struct Publisher {
    broker: Arc<dyn Broker>,
    pending: Mutex<Pending>,
    /// The number of the last batch that is published.
    published: watch::Sender<u64>,
}

#[derive(Default)]
struct Pending {
    changes: BTreeSet<PendingChange>,
    /// The number of the batch that collects changes.
    batch: u64,
    is_running: bool,
}

impl Pending {
    fn add(&mut self, change: PendingChange) {
        self.changes.insert(change);
        if self.changes.len() > MAX_PENDING {
            let changes = std::mem::take(&mut self.changes).into_iter();
            self.changes = changes.map(PendingChange::without_arguments).collect();
        }
        if self.changes.len() > MAX_PENDING {
            self.changes = [PendingChange::new(&Invalidation::of("*"))].into();
        }
    }
}

impl Publisher {
    pub(super) fn new(broker: Arc<dyn Broker>) -> Self {
        Self {
            broker,
            pending: Mutex::default(),
            published: watch::Sender::new(0),
        }
    }

    /// Accepts invalidations. The future resolves when the broker has stored them.
    pub(super) fn publish(self: &Arc<Self>, invalidations: &[Invalidation]) -> Published {
        let mut pending = self.pending.lock();
        for invalidation in invalidations {
            pending.add(PendingChange::new(invalidation));
        }
        let batch = pending.batch + 1;
        if !std::mem::replace(&mut pending.is_running, true) {
            tokio::spawn(Arc::clone(self).run());
        }
        drop(pending);
        let mut published = self.published.subscribe();
        Box::pin(async move {
            let is_published = published.wait_for(|published| *published >= batch);
            match timeout(PUBLISH_TIMEOUT, is_published).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(Error::new(
                    ErrorCode::Unavailable,
                    "the broker is unavailable; the invalidation is published later",
                )),
            }
        })
    }

    /// Publishes batches until no change is pending.
    async fn run(self: Arc<Self>) {
        loop {
            let (changes, batch) = {
                let mut pending = self.pending.lock();
                if pending.changes.is_empty() {
                    pending.is_running = false;
                    return;
                }
                pending.batch += 1;
                (std::mem::take(&mut pending.changes), pending.batch)
            };
            let changes: Vec<_> = changes.into_iter().collect();
            for changes in changes.chunks(MAX_CHANGES_PER_MESSAGE) {
                self.publish_until_stored(changes).await;
            }
            self.published.send_replace(batch);
        }
    }

    async fn publish_until_stored(&self, changes: &[PendingChange]) {
        let publication = Publication::new(encode(changes)).with_retention(retention());
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(3));
        let mut is_first_failure = true;
        // A message that was stored twice is harmless.
        while let Err(error) = self.broker.publish(LIVE_GROUP, publication.clone()).await {
            if std::mem::take(&mut is_first_failure) {
                tracing::warn!(%error, "publishing the invalidations of live queries failed; retrying");
            }
            backoff.wait().await;
        }
    }
}
