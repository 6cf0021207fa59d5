//! Operations that run at most once.

use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::key_hash::KeyHash;

/// The time for which a store keeps an outcome, or the fact that a lease expired without one.
pub const OUTCOME_TTL: Duration = Duration::from_secs(10 * 60);

/// The maximum number of leases and outcomes that a store keeps for an owner.
pub const MAX_OWNER_OPERATIONS: usize = 2_000;

/// The maximum size of the outcomes that a store keeps for an owner. The newest outcome is kept even if
/// it is larger.
pub const MAX_OWNER_BYTES: usize = 1024 * 1024;

/// A run of an operation that has to run at most once, such as a mutation with an `Idempotency-Key`.
///
/// ```
/// use mizan_core::shared_store::Operation;
///
/// let parts = |text| -> [&'static [u8]; 2] { [b"user-42", text] };
/// let first = Operation::new(parts(b""), parts(b"transfer-1"), [&b"5 euros"[..]]);
/// let retry = Operation::new(parts(b""), parts(b"transfer-1"), [&b"5 euros"[..]]);
/// assert_eq!((first.key, first.payload), (retry.key, retry.payload));
/// assert_ne!(first.run, retry.run);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The user or the network whose operations are limited together. It does not identify the operation.
    pub owner: KeyHash,
    /// The key that identifies the operation.
    pub key: KeyHash,
    /// The input of the operation. A key belongs to one input.
    pub payload: KeyHash,
    /// A random id of this run.
    pub run: KeyHash,
}

impl Operation {
    /// Creates a run with a new random id. Each argument is a list of parts, which are hashed.
    #[must_use]
    pub fn new<'a>(
        owner: impl IntoIterator<Item = &'a [u8]>,
        key: impl IntoIterator<Item = &'a [u8]>,
        payload: impl IntoIterator<Item = &'a [u8]>,
    ) -> Self {
        Self {
            owner: hash(owner),
            key: hash(key),
            payload: hash(payload),
            run: KeyHash::from_bytes(Uuid::new_v4().into_bytes()),
        }
    }
}

/// Hashes the parts, each with its length, so that moving bytes from one part to the next changes the
/// hash.
fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> KeyHash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    KeyHash::from_digest(&hasher.finalize())
}

/// The reply to a request for the lease of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaseReply {
    /// This run has the lease: run the operation, and complete or release the lease.
    Granted,
    /// Another run has the lease.
    Running,
    /// Another run had the lease, which expired without an outcome. For example, its process ended. The
    /// operation may have run.
    Expired,
    /// The operation has completed with this outcome.
    Completed(Bytes),
    /// The key belongs to an operation with another input.
    PayloadMismatch,
    /// The owner, or all owners together, have too many running operations.
    QuotaExceeded,
}
