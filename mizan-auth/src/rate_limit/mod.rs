//! Rate limits of the account flows.

mod config;
mod limiter;
mod limiters;

pub use config::{RateLimit, RateLimits};
pub(crate) use limiters::RateLimiters;
