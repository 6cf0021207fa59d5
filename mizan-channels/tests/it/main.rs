//! Tests of the public API.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot continue fails by panicking"
)]

mod connections;
mod custom_broker;
mod log_output;
mod memory_broker;
#[cfg(feature = "redis")]
mod proxy;
#[cfg(feature = "redis")]
mod redis_broker;
#[cfg(feature = "redis")]
mod redis_faults;
#[cfg(feature = "redis")]
mod redis_server;
