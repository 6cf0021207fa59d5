//! The error of a call with Rust values.

use schemars::SchemaGenerator;

use crate::error::{ClientError, Error, ErrorDeclaration};

/// The error of a call with Rust values: [`App::call_as`](crate::App::call_as) or
/// [`Cx::call`](crate::Cx::call).
///
/// The `?` operator converts it into [`Error`].
#[derive(Debug)]
pub enum CallError<E> {
    /// The policy, the validation or `authorize` rejected the call.
    Refused(Error),
    /// The function returned this error.
    Failed(E),
}

impl<E> From<Error> for CallError<E> {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl<E: ClientError> From<CallError<E>> for Error {
    fn from(error: CallError<E>) -> Self {
        error.into_error()
    }
}

/// Lets a function return the `CallError` of another function that it calls. Declares the same
/// codes as `E`.
#[diagnostic::do_not_recommend]
impl<E: ClientError> ClientError for CallError<E> {
    fn declaration(schemas: &mut SchemaGenerator) -> Option<ErrorDeclaration> {
        E::declaration(schemas)
    }

    fn into_error(self) -> Error {
        match self {
            Self::Refused(error) => error,
            Self::Failed(error) => error.into_error(),
        }
    }
}

impl<E: ClientError> CallError<E> {
    /// Converts the failure into the error that a client would receive.
    #[must_use]
    pub fn into_error(self) -> Error {
        ClientError::into_error(self)
    }

    /// Returns the error code that a client would receive.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.into_error().code()
    }
}
