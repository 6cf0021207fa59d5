//! The tower service, its builder, and its limits.

mod builder;
mod caller;
pub(crate) mod config_error;
pub(crate) mod limits;
mod mizan_service;
pub(crate) mod router;
pub(crate) mod state;

pub use builder::MizanServiceBuilder;
pub use caller::Caller;
pub use config_error::HttpConfigError;
pub use limits::HttpLimits;
pub use mizan_service::MizanService;
