//! Tests of the public API: requests to an application with an explorer.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot continue fails by panicking"
)]

mod application;
mod calls;
#[cfg(feature = "mailbox")]
mod mailbox;
mod pages;
mod protection;
