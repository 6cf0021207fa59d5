//! Tests that every implementation of [`Broker`] has to pass.
//!
//! Each function takes a broker without data, and panics if the broker violates its contract. Run them on a
//! multi-threaded runtime, so that concurrent operations run in parallel.
//!
//! ```toml
//! [dev-dependencies]
//! mizan-channels = { version = "..", features = ["suite"] }
//! ```
//!
//! ```
//! # use mizan_channels::broker::MemoryBroker as MyBroker;
//! use std::sync::Arc;
//!
//! use mizan_channels::suite;
//!
//! // #[tokio::test(flavor = "multi_thread")]
//! async fn my_broker_passes_the_suite() {
//!     suite::all(Arc::new(MyBroker::new())).await;
//! }
//! # tokio::runtime::Runtime::new().unwrap().block_on(my_broker_passes_the_suite());
//! ```

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot continue fails by panicking"
)]

mod fixtures;
mod logs;
mod presence;

use std::sync::Arc;

pub use fixtures::{TestReader, publication, within_timeout};
pub use logs::logs;
pub use presence::presence;

use crate::broker::Broker;

/// Tests everything: [`logs`], [`presence`], and that [`Broker::maintain`] returns.
///
/// # Panics
///
/// Panics if the broker violates its contract.
pub async fn all(broker: Arc<dyn Broker>) {
    logs(&broker).await;
    presence(&*broker).await;
    within_timeout(broker.maintain()).await;
}
