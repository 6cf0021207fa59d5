//! Rate limits of the account flows.

mod config;
mod limiter;
mod limiters;

pub use config::RateLimits;
pub(crate) use limiters::RateLimiters;
#[doc(no_inline)]
pub use mizan_core::limits::RateLimit;
