//! Tests that every store has to pass.
//!
//! The stores of this crate pass them. Call them from the tests of a custom store: enable the feature
//! `suite` of mizan-auth in `[dev-dependencies]`. Each function expects an empty store and panics if the
//! store is incorrect. They require a tokio runtime; use `#[tokio::test(flavor = "multi_thread")]`, so that
//! concurrent calls run in parallel.
//!
//! # Examples
//!
//! ```
//! use std::sync::Arc;
//!
//! use mizan_auth::store::MemoryStore;
//! use mizan_auth::suite;
//!
//! #[tokio::main]
//! async fn main() {
//!     // A store of accounts, sessions and tokens.
//!     suite::all(Arc::new(MemoryStore::default())).await;
//!     // A store of accounts only.
//!     suite::users(Arc::new(MemoryStore::default())).await;
//! }
//! ```

#![expect(
    clippy::unwrap_used,
    reason = "a failed unwrap fails the test, which is intended"
)]

mod accounts;
mod fixtures;
mod sessions;
mod tokens;
mod users;

pub use accounts::all;
pub use sessions::{session_purge, sessions};
pub use tokens::tokens;
pub use users::users;
