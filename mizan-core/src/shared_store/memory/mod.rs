//! The shared store in memory.

mod counts;
mod operations;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;

use self::counts::CountTable;
use self::operations::OperationTable;
use super::{Counter, LeaseReply, Operation, SharedStore, SharedStoreError, TakeReply};

/// Keeps the shared state in the memory of one process.
///
/// It occupies at most 4 MB for counts and 64 MB for outcomes. While clients use more than about 200,000
/// keys of limits at once, counts that are almost unused are evicted; exhausted counts are kept.
#[derive(Default)]
pub struct MemorySharedStore {
    counts: CountTable,
    operations: Mutex<OperationTable>,
}

impl MemorySharedStore {
    /// Creates an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl SharedStore for MemorySharedStore {
    async fn take(&self, counters: &[Counter<'_>]) -> Result<TakeReply, SharedStoreError> {
        Ok(self.counts.take(counters))
    }

    fn try_take(&self, counters: &[Counter<'_>]) -> Option<TakeReply> {
        Some(self.counts.take(counters))
    }

    async fn acquire(
        &self,
        operation: &Operation,
        duration: Duration,
    ) -> Result<LeaseReply, SharedStoreError> {
        Ok(self.operations.lock().acquire(operation, duration))
    }

    async fn complete(
        &self,
        operation: &Operation,
        outcome: Bytes,
    ) -> Result<(), SharedStoreError> {
        self.operations.lock().complete(operation, outcome);
        Ok(())
    }

    async fn release(&self, operation: &Operation) -> Result<(), SharedStoreError> {
        self.operations.lock().release(operation);
        Ok(())
    }

    async fn contains(&self, operation: &Operation) -> Result<bool, SharedStoreError> {
        Ok(self.operations.lock().contains(operation))
    }

    fn is_local(&self) -> bool {
        true
    }
}

impl fmt::Debug for MemorySharedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySharedStore").finish_non_exhaustive()
    }
}
