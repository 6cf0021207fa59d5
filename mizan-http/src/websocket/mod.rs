//! WebSockets for channels: the upgrade of a request, and the transport of frames.

mod authenticator;
mod handshake;
pub(crate) mod permissions;
mod retained_head;
mod session_watch;
mod transport;
pub(crate) mod upgrade;
mod write_buffer;
