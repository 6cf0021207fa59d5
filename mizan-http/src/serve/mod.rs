//! A server on hyper that limits connections and times, and shuts down gracefully.

mod acceptor;
mod client_stream;
mod connection;
mod host_header;
mod http2_streams;
mod open_files;
mod server;

pub use server::{Serve, serve};
