//! The outcome of a call, as layers see it.

use std::any::Any;
use std::fmt;

use crate::error::Error;

/// The outcome of a call: its output, or its error.
pub struct Outcome(pub(super) Result<Box<dyn Any + Send>, Error>);

impl Outcome {
    /// Creates the outcome of a call that fails, with the error for the client.
    #[must_use]
    pub fn error(error: Error) -> Self {
        Self(Err(error))
    }

    /// Returns `true` if the call succeeded.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.0.is_ok()
    }

    /// Returns the output that the client receives, if the call succeeded and its output has the type
    /// `T`.
    #[must_use]
    pub fn output<T: 'static>(&self) -> Option<&T> {
        self.0.as_ref().ok()?.downcast_ref()
    }

    /// Returns the error for the client, if the call failed.
    ///
    /// The function's own error type has been converted by
    /// [`ClientError::into_error`](crate::ClientError::into_error). A panic of the function is an
    /// internal error.
    #[must_use]
    pub fn as_error(&self) -> Option<&Error> {
        self.0.as_ref().err()
    }
}

/// Writes the error, or that the call succeeded.
impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(_) => f.write_str("Outcome(success)"),
            Err(error) => write!(f, "Outcome({error:?})"),
        }
    }
}
