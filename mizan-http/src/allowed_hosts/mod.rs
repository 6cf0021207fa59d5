//! A layer that rejects requests for other hosts, which protects against DNS rebinding.

mod body;
mod future;
mod host;
mod layer;
mod service;

pub use body::AllowedHostsBody;
pub use future::AllowedHostsFuture;
pub use layer::AllowedHosts;
pub use service::AllowedHostsService;
