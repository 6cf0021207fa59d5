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
mod declared_form;
mod form_app;
mod form_layers;
mod forms;
mod heads;
mod hostile;
mod hosts;
mod idempotency;
mod input;
mod lifetimes;
mod mounting;
mod naughty;
mod serving;
mod sites;
#[cfg(feature = "channels")]
mod socket;
mod uploads;
mod wire;
