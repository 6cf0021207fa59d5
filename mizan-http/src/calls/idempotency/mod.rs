//! Mutations that run once for each `Idempotency-Key`
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>).

mod key;
mod lease;
mod operation;
mod stored_reply;

pub(crate) use key::IdempotencyKey;
pub(crate) use lease::{Claim, IdempotentCalls, PendingCall};
pub(crate) use operation::operation;
