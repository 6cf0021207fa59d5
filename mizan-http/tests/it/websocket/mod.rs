//! Channels over a real socket.

pub(crate) mod app;
pub(crate) mod client;
mod conformance;
mod handshake;
mod hostile;
mod life;
mod memory;
mod shares;
mod talk;
