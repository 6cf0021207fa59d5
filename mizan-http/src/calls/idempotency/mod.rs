//! Mutations that run once for each `Idempotency-Key`
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>).

mod eviction;
mod fingerprint;
mod key;
mod store;

pub(crate) use fingerprint::RequestFingerprint;
pub(crate) use key::IdempotencyKey;
pub(crate) use store::{Claim, IdempotencyStore, PendingEntry};
