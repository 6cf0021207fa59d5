//! The error of an invalid account configuration.

use std::error::Error;
use std::fmt;

/// An error in the configuration of accounts.
#[derive(Debug)]
pub struct AccountsConfigError(Box<dyn Error + Send + Sync>);

impl AccountsConfigError {
    pub(super) fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for AccountsConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid account configuration: {}", self.0)
    }
}

impl Error for AccountsConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
