use std::error::Error;
use std::fmt;
use std::time::Duration;

use mizan_core::error::Unavailable;

/// A failure of a store: it could not be asked, or it answered what it cannot have been told.
///
/// A [temporary](Self::temporary) one becomes `unavailable` (503 with `Retry-After`), any other `internal` (500).
#[derive(Debug)]
pub struct StoreError(Box<dyn Error + Send + Sync>);

/// The time that clients wait before they try again.
const RETRY_AFTER: Duration = Duration::from_secs(2);

impl StoreError {
    /// An error out of what the store's client says.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }

    /// An error that is likely to pass: the store is locked, full, overloaded or away. Clients are told to try
    /// again.
    pub fn temporary(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Unavailable::new(source).with_retry_after(RETRY_AFTER))
    }

    /// Returns whether the error is temporary: a retry is likely to succeed.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.0.is::<Unavailable>()
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store of accounts failed")
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}
