//! The error of a shared store.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::error::Unavailable;

/// The time after which clients retry.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// An error of a [`SharedStore`](super::SharedStore): it cannot be reached, or it did not answer.
///
/// `?` converts it into an [`Error`](crate::Error) with the code
/// [`Unavailable`](crate::ErrorCode::Unavailable).
#[derive(Debug)]
pub struct SharedStoreError {
    source: Unavailable,
    is_unsent: bool,
}

impl SharedStoreError {
    /// Creates an error of a request that the store may have processed.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            source: Unavailable::new(source).with_retry_after(RETRY_AFTER),
            is_unsent: false,
        }
    }

    /// Creates an error of a request that was not sent to the store.
    pub fn unsent(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            is_unsent: true,
            ..Self::new(source)
        }
    }

    /// Returns `true` if the request was not sent, and therefore has no effect.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        self.is_unsent
    }
}

impl fmt::Display for SharedStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the shared store failed")
    }
}

impl Error for SharedStoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
