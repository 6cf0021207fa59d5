//! The service as its clients see it: called in process, and over loopback sockets.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod addresses;
mod app;
mod authentication;
mod batch;
mod caller;
mod calls;
#[cfg(unix)]
mod child;
mod connections;
mod declared_form;
mod forms_app;
mod form_layers;
mod forms;
mod heads;
mod host_header;
mod hostile;
mod hosts;
mod http2;
mod idempotency;
mod input;
mod lifetimes;
mod mounting;
mod naughty;
#[cfg(unix)]
mod open_files;
mod raw_http2;
mod serving;
mod shares;
#[cfg(all(unix, feature = "channels"))]
mod signals;
mod cross_origin;
#[cfg(feature = "channels")]
mod websocket;
mod uploads;
mod wire;
