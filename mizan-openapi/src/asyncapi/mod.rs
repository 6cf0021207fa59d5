//! AsyncAPI 3: channels over a WebSocket.

mod channel;
mod connection;
mod document;
mod draft7;
mod frame;
mod parts;

pub use document::asyncapi;
