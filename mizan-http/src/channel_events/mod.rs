//! Channels over server-sent events and `POST`, for clients whose WebSockets do not get through.
//!
//! The response to `GET` carries the frames of the server, and the bodies of `POST` requests carry those of the client.

mod body;
mod buffer;
mod connections;
mod open;
mod send;
mod transport;

pub(crate) use self::body::ChannelEvents;
pub(crate) use self::connections::EventConnections;
pub(crate) use self::open::open;
pub(crate) use self::send::send;
