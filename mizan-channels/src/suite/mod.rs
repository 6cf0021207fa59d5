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

mod leases;
mod logs;
mod presence;
mod reader;

use std::sync::Arc;
use std::time::Duration;

pub use leases::leases;
pub use logs::logs;
pub use presence::presence;
pub use reader::TestReader;

use crate::broker::{Broker, Publication};

/// Tests everything: [`logs`], [`presence`], [`leases`], and that [`Broker::maintain`] returns.
///
/// # Panics
///
/// Panics if the broker violates its contract.
pub async fn all(broker: Arc<dyn Broker>) {
    logs(&broker).await;
    presence(&*broker).await;
    leases(&broker).await;
    within_timeout(broker.maintain()).await;
}

/// Waits for a future that should complete soon.
///
/// # Panics
///
/// Panics if the future does not complete within 20 seconds.
pub async fn within_timeout<F: Future>(future: F) -> F::Output {
    let result = tokio::time::timeout(Duration::from_secs(20), future).await;
    result.expect("the operation completes within 20 seconds")
}

/// Creates a publication of a text.
#[must_use]
pub fn publication(text: &str) -> Publication {
    Publication::new(serde_json::json!(text).to_string())
}
