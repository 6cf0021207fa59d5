//! Channels over WebSockets.

pub(crate) mod app;
pub(crate) mod client;
mod conformance;
mod handshake;
mod hostile;
mod lifecycle;
mod limits;
mod memory;
mod messages;
