//! The error of a store.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use mizan_core::error::Unavailable;

/// An error of a store: it cannot be reached, or it returned invalid data.
///
/// A [temporary](Self::temporary) error becomes `unavailable` (503 with `Retry-After`), any other error
/// `internal` (500).
///
/// # Examples
///
/// ```
/// use mizan_auth::store::StoreError;
///
/// let error = StoreError::temporary("the database is locked");
/// assert!(error.is_temporary());
/// assert!(!StoreError::new("invalid row").is_temporary());
/// ```
#[derive(Debug)]
pub struct StoreError(Box<dyn Error + Send + Sync>);

/// The time that clients wait before they try again.
const RETRY_AFTER: Duration = Duration::from_secs(2);

impl StoreError {
    /// Creates an error whose source is the error of the database client.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }

    /// Creates an error after which a retry is likely to succeed: the store is locked, full, overloaded or
    /// unreachable. Clients receive a `Retry-After` header.
    pub fn temporary(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Unavailable::new(source).with_retry_after(RETRY_AFTER))
    }

    /// Returns true if the error is temporary.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.0.is::<Unavailable>()
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the account store failed")
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}
