//! Channels over a real socket.

mod app;
mod client;
mod conformance;
mod handshake;
mod hostile;
mod life;
mod memory;
mod talk;
