//! Tests that every implementation of [`SharedStore`] has to pass.
//!
//! Each function takes a store without data, and panics if the store violates its contract. Run them on
//! a multi-threaded runtime, so that concurrent operations run in parallel.
//!
//! ```toml
//! [dev-dependencies]
//! mizan-core = { version = "..", features = ["suite"] }
//! ```
//!
//! ```
//! # use mizan_core::shared_store::MemorySharedStore as MyStore;
//! use std::sync::Arc;
//!
//! use mizan_core::shared_store::suite;
//!
//! // #[tokio::test(flavor = "multi_thread")]
//! async fn my_store_passes_the_suite() {
//!     suite::all(Arc::new(MyStore::new())).await;
//! }
//! # tokio::runtime::Runtime::new().unwrap().block_on(my_store_passes_the_suite());
//! ```

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot continue fails by panicking"
)]

mod counts;
mod operations;

use std::sync::Arc;

pub use self::counts::counts;
pub use self::operations::operations;
use super::SharedStore;

/// Tests everything: [`counts`] and [`operations`].
///
/// # Panics
///
/// Panics if the store violates its contract.
pub async fn all(store: Arc<dyn SharedStore>) {
    counts(&store).await;
    operations(&store).await;
}
