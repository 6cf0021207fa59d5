//! Accounts as their clients and their stores see them.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod attacks;
mod builder;
mod cookies;
mod credentials;
mod flows;
mod rate_limits;
mod second_factor;
mod secrets;
mod site;
#[cfg(feature = "suite")]
mod stores;
#[cfg(feature = "tower-sessions")]
mod tower_sessions;
