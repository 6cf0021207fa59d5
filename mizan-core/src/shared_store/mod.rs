//! State that the processes of an application share: the counts of rate limits, and the outcomes of
//! operations that run at most once.
//!
//! By default an application keeps this state in the memory of its process. Several processes need one
//! of the stores of the crate `mizan-store`, which keep it in Redis, PostgreSQL or SQLite, or an
//! implementation of [`SharedStore`] that passes the tests of the module `suite` (feature `suite`).
//! [`Registry::shared_store`](crate::Registry::shared_store) sets the store.

mod counter;
mod error;
mod key_hash;
mod memory;
mod observed;
mod operation;
#[cfg(feature = "suite")]
#[cfg_attr(docsrs, doc(cfg(feature = "suite")))]
pub mod suite;

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

pub use self::counter::{Counter, TakeReply};
pub use self::error::SharedStoreError;
pub use self::key_hash::KeyHash;
pub use self::memory::MemorySharedStore;
pub use self::observed::ObservedSharedStore;
pub use self::operation::{
    LeaseReply, MAX_OWNER_BYTES, MAX_OWNER_OPERATIONS, OUTCOME_TTL, Operation,
};

/// Keeps the counts of rate limits and the outcomes of operations that run at most once, for all
/// processes of an application.
///
/// Every implementation has to pass the tests of the module `suite` (feature `suite`). An implementation
/// limits the time that a request may take, because calls wait for it, and the number of keys that it
/// stores, because clients choose them.
#[async_trait]
pub trait SharedStore: Send + Sync + 'static {
    /// Takes one call from each count, in order, up to the first one that is exhausted.
    ///
    /// An exhausted count is not changed, and neither are the counts after it.
    ///
    /// # Errors
    ///
    /// Returns an error if the store is unavailable. The calls may have been counted.
    async fn take(&self, counters: &[Counter<'_>]) -> Result<TakeReply, SharedStoreError>;

    /// Does the same as [`take`](Self::take), if the store needs no I/O. Otherwise returns `None`.
    fn try_take(&self, counters: &[Counter<'_>]) -> Option<TakeReply> {
        let _ = counters;
        None
    }

    /// Acquires the lease of an operation for `duration`, unless another run has acquired it.
    ///
    /// # Errors
    ///
    /// Returns an error if the store is unavailable. Unless the error
    /// [is unsent](SharedStoreError::is_unsent), the lease may have been granted: in that case,
    /// [cancel](Self::cancel) it.
    async fn acquire(
        &self,
        operation: &Operation,
        duration: Duration,
    ) -> Result<LeaseReply, SharedStoreError>;

    /// Stores the outcome of an operation for [`OUTCOME_TTL`], within the limits of its owner.
    ///
    /// # Errors
    ///
    /// Returns an error if the store is unavailable. Other runs then learn that the operation may have
    /// run, but not its outcome.
    async fn complete(&self, operation: &Operation, outcome: Bytes)
    -> Result<(), SharedStoreError>;

    /// Releases a lease, so that another run can acquire it. Does nothing if another run has the lease.
    ///
    /// # Errors
    ///
    /// Returns an error if the store is unavailable. The lease then expires without an outcome.
    async fn release(&self, operation: &Operation) -> Result<(), SharedStoreError>;

    /// Releases a lease whose acquisition failed with an unknown result, and rejects the acquisition if it
    /// reaches the store later.
    ///
    /// The default implementation calls [`release`](Self::release), for stores on which a request cannot
    /// arrive after its error.
    ///
    /// # Errors
    ///
    /// Returns an error if the store is unavailable. The lease then expires without an outcome.
    async fn cancel(&self, operation: &Operation) -> Result<(), SharedStoreError> {
        self.release(operation).await
    }

    /// Returns whether the owner has an operation with this key, with any payload.
    ///
    /// # Errors
    ///
    /// Returns an error if the store is unavailable.
    async fn contains(&self, operation: &Operation) -> Result<bool, SharedStoreError>;

    /// Returns `true` if other processes do not see the state.
    fn is_local(&self) -> bool {
        false
    }
}
