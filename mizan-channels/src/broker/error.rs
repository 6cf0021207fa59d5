//! The error of a broker.

use std::error::Error as StdError;
use std::fmt;

/// The error of an operation that a broker could not perform.
///
/// ```
/// use mizan_channels::broker::BrokerError;
///
/// // The request was sent, and the connection broke before the response arrived.
/// assert!(!BrokerError::new("connection reset").is_unsent());
/// // There was no connection to send the request on.
/// assert!(BrokerError::unsent("not connected").is_unsent());
/// ```
#[derive(Debug)]
pub struct BrokerError {
    source: Box<dyn StdError + Send + Sync>,
    is_unsent: bool,
}

impl BrokerError {
    /// Creates the error of an operation that may have taken effect.
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            source: source.into(),
            is_unsent: false,
        }
    }

    /// Creates the error of an operation that has certainly not taken effect.
    pub fn unsent(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            source: source.into(),
            is_unsent: true,
        }
    }

    /// Returns whether the operation has certainly not taken effect.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        self.is_unsent
    }
}

impl fmt::Display for BrokerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the broker is unavailable")
    }
}

impl StdError for BrokerError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
