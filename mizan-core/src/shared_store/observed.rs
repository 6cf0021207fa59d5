//! The metrics of a shared store.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;

use super::SharedStore;
use super::counter::{Counter, TakeReply};
use super::error::SharedStoreError;
use super::operation::{LeaseReply, Operation};

/// A shared store whose operations are in the metric `mizan_shared_store_duration_seconds`, with the labels
/// `operation` and `outcome` (`ok`, `error`, `cancelled`).
///
/// [`Registry::shared_store`](crate::Registry::shared_store) adds it.
pub struct ObservedSharedStore(Arc<dyn SharedStore>);

impl ObservedSharedStore {
    /// Returns `store` with metrics. A [local](SharedStore::is_local) store needs no I/O, and is returned without them.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use mizan_core::shared_store::{MemorySharedStore, ObservedSharedStore, SharedStore};
    ///
    /// let store = ObservedSharedStore::wrap(Arc::new(MemorySharedStore::new()));
    /// assert!(store.is_local());
    /// ```
    #[must_use]
    pub fn wrap(store: Arc<dyn SharedStore>) -> Arc<dyn SharedStore> {
        if store.is_local() {
            store
        } else {
            Arc::new(Self(store))
        }
    }
}

/// Observes one operation. An operation that is dropped is cancelled.
struct Observer {
    operation: &'static str,
    started: Instant,
    outcome: &'static str,
}

async fn observe<T>(
    operation: &'static str,
    run: impl Future<Output = Result<T, SharedStoreError>>,
) -> Result<T, SharedStoreError> {
    let mut observer = Observer {
        operation,
        started: Instant::now(),
        outcome: "cancelled",
    };
    let result = run.await;
    observer.outcome = if result.is_ok() { "ok" } else { "error" };
    result
}

impl Drop for Observer {
    fn drop(&mut self) {
        metrics::histogram!(
            "mizan_shared_store_duration_seconds",
            "operation" => self.operation,
            "outcome" => self.outcome,
        )
        .record(self.started.elapsed().as_secs_f64());
    }
}

#[async_trait]
impl SharedStore for ObservedSharedStore {
    async fn take(&self, counters: &[Counter<'_>]) -> Result<TakeReply, SharedStoreError> {
        observe("take", self.0.take(counters)).await
    }

    fn try_take(&self, counters: &[Counter<'_>]) -> Option<TakeReply> {
        self.0.try_take(counters)
    }

    async fn acquire(
        &self,
        operation: &Operation,
        duration: Duration,
    ) -> Result<LeaseReply, SharedStoreError> {
        observe("acquire", self.0.acquire(operation, duration)).await
    }

    async fn complete(
        &self,
        operation: &Operation,
        outcome: Bytes,
    ) -> Result<(), SharedStoreError> {
        observe("complete", self.0.complete(operation, outcome)).await
    }

    async fn release(&self, operation: &Operation) -> Result<(), SharedStoreError> {
        observe("release", self.0.release(operation)).await
    }

    async fn cancel(&self, operation: &Operation) -> Result<(), SharedStoreError> {
        observe("cancel", self.0.cancel(operation)).await
    }

    async fn contains(&self, operation: &Operation) -> Result<bool, SharedStoreError> {
        observe("contains", self.0.contains(operation)).await
    }

    fn is_local(&self) -> bool {
        self.0.is_local()
    }
}
