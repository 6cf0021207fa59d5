//! Leases of operations that run at most once.

use std::time::Duration;

use bytes::Bytes;

/// The maximum number of leases and outcomes that are kept for an owner.
pub(crate) const MAX_OWNER_LEASES: usize = 2_000;

/// The maximum size of the outcomes that are kept for an owner, in bytes.
pub(crate) const MAX_OWNER_BYTES: usize = 1024 * 1024;

/// The time for which idempotency keys and outcomes are kept.
pub(crate) const DEDUP_TTL: Duration = Duration::from_secs(5 * 60);

/// A request for the lease of an operation, which at most one run of the operation gets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeaseRequest {
    /// A user, or a group of anonymous clients. The leases and outcomes of each owner are limited.
    pub owner: String,
    /// The key of the operation, unique for its owner.
    pub key: String,
    /// A hash of the operation's input, in lower-case hexadecimal. A key belongs to one input.
    pub payload_hash: String,
    /// A random id of this run of the operation, in lower-case hexadecimal.
    pub run_id: String,
}

impl LeaseRequest {
    /// Creates a request.
    ///
    /// ```
    /// use mizan_channels::broker::LeaseRequest;
    ///
    /// let request = LeaseRequest::new("user-42", "message-1", "9f86d081", "60303ae2");
    /// assert_eq!(request.owner, "user-42");
    /// ```
    pub fn new(
        owner: impl Into<String>,
        key: impl Into<String>,
        payload_hash: impl Into<String>,
        run_id: impl Into<String>,
    ) -> Self {
        Self {
            owner: owner.into(),
            key: key.into(),
            payload_hash: payload_hash.into(),
            run_id: run_id.into(),
        }
    }
}

/// The reply to a [`LeaseRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaseReply {
    /// This run has the lease: run the operation, and complete the lease.
    Granted,
    /// Another run has the lease.
    Running,
    /// Another run had the lease, which expired without an outcome.
    Expired,
    /// The operation has completed with this outcome.
    Completed(Bytes),
    /// The key belongs to an operation with another input.
    PayloadMismatch,
    /// The owner has too many running operations.
    QuotaExceeded,
}
