//! Rate limits of functions.
//!
//! A function declares its limits with `#[client(limit = "10/min by principal")]`, a form with
//! `#[form(limit = "5/hour by address")]`, and an implementation of
//! [`ServerFunction`](crate::ServerFunction) by hand with
//! [`LIMITS`](crate::ServerFunction::LIMITS). [`Registry::limit`](crate::Registry::limit) adds a limit
//! to a function of another crate.
//!
//! The counts are in the [shared store](crate::shared_store) of the application: by default in the
//! memory of the process, or in Redis or a database for several processes.

mod limit;
mod limit_key;
mod network;
mod rate_limit;

pub use self::limit::{Limit, LimitBy, StoreFailure};
pub use self::limit_key::limit_key;
pub use self::network::{LimitedNetwork, limited_networks};
pub use self::rate_limit::RateLimit;
