//! Integration tests of accounts.

#![allow(
    clippy::unwrap_used,
    reason = "a failed unwrap fails the test, which is intended"
)]

mod attacks;
mod builder;
mod cookies;
mod credentials;
mod faulty_sessions;
mod flows;
mod permission_changes;
mod rate_limits;
mod second_factor;
mod secrets;
mod site;
mod store_metrics;
#[cfg(feature = "suite")]
mod stores;
#[cfg(feature = "tower-sessions")]
mod tower_sessions;
