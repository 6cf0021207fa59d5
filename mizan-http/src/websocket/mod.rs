//! WebSockets for channels: the upgrade of a request, and the transport of frames.

mod handshake;
mod transport;
pub(crate) mod upgrade;
mod write_buffer;
