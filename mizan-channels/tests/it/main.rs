//! Tests of the public API.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot continue fails by panicking"
)]

mod connections;
mod custom_broker;
mod live;
#[cfg(feature = "redis")]
mod live_quiet;
#[cfg(feature = "redis")]
mod live_redis;
mod memory_broker;
#[cfg(feature = "postgres")]
mod postgres_broker;
#[cfg(feature = "postgres")]
mod postgres_database;
#[cfg(feature = "postgres")]
mod postgres_faults;
#[cfg(feature = "postgres")]
#[path = "../../../mizan-auth/tests/it/stores/postgres_server.rs"]
mod postgres_server;
#[cfg(any(feature = "redis", feature = "postgres"))]
#[cfg_attr(
    not(feature = "redis"),
    expect(dead_code, reason = "the tests of Redis use the other methods")
)]
mod proxy;
#[cfg(feature = "redis")]
mod redis_broker;
#[cfg(feature = "redis")]
mod redis_faults;
#[cfg(feature = "redis")]
mod redis_server;
