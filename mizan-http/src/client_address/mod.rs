//! The address of the client that makes a request, behind any trusted proxies.

mod forwarded;
mod header;
mod network;
mod resolver;

pub use header::ForwardedHeader;
pub(crate) use network::canonical_network;
pub(crate) use resolver::ClientAddressResolver;
pub use resolver::PeerAddr;
