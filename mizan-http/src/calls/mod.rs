//! Calls of functions: single calls, batches, limits, deadlines and idempotency keys.

pub(crate) mod batch;
pub(crate) mod call;
pub(crate) mod idempotency;
mod live;
mod refusal;
pub(crate) mod resources;
pub(crate) mod runner;
