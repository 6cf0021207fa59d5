//! Errors that a function declares for its client.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::Error;

/// The error type of a server function, which its client receives as a discriminated union.
///
/// Usually derived with [`#[derive(ClientError)]`](derive@crate::ClientError) on an enum. [`Error`]
/// implements the trait too, and declares only the common codes.
///
/// ```
/// use mizan_core::{ClientError, Error};
///
/// #[derive(ClientError)]
/// enum RenameError {
///     #[client_error(status = 409, field = "title", message = "post {by} has this title")]
///     Taken { by: u32 },
///     #[client_error(internal)]
///     Internal(Error),
/// }
///
/// let error = RenameError::Taken { by: 3 }.into_error();
/// assert_eq!(error.code(), "taken");
/// assert_eq!(error.message(), "post 3 has this title");
/// assert_eq!(error.data()["by"], 3);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error type of a server function",
    label = "does not implement `ClientError`",
    note = "use `mizan_core::Error`, or put `#[derive(mizan_core::ClientError)]` on an enum with \
            one variant for each failure"
)]
pub trait ClientError: Sized + Send + 'static {
    /// Describes the error type for the manifest. Returns `None` if it uses only the common codes.
    fn declaration(schemas: &mut SchemaGenerator) -> Option<ErrorDeclaration>;

    /// Converts the failure into the error that the client receives.
    fn into_error(self) -> Error;
}

impl ClientError for Error {
    fn declaration(_: &mut SchemaGenerator) -> Option<ErrorDeclaration> {
        None
    }

    fn into_error(self) -> Error {
        self
    }
}

/// The description of an error type in the manifest.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ErrorDeclaration {
    /// The name of the type in the generated client.
    pub name: &'static str,
    /// The documentation of the type.
    pub docs: &'static str,
    /// The failures, in the order of their declaration.
    pub variants: Vec<ErrorVariant>,
}

impl ErrorDeclaration {
    /// Creates the description of an error type with these failures.
    #[must_use]
    pub fn new(name: &'static str, variants: Vec<ErrorVariant>) -> Self {
        Self {
            name,
            docs: "",
            variants,
        }
    }

    /// Sets the documentation.
    #[must_use]
    pub fn with_docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }
}

/// The description of one failure of an error type.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ErrorVariant {
    /// The error code that the client receives.
    pub code: &'static str,
    /// The HTTP status code.
    pub status: u16,
    /// The input field at fault.
    pub field: Option<&'static str>,
    /// The documentation of the failure.
    pub docs: &'static str,
    /// The name and schema of each member of the error's data.
    pub data: Vec<(&'static str, Schema)>,
}

impl ErrorVariant {
    /// Creates the description of a failure without data.
    #[must_use]
    pub fn new(code: &'static str, status: u16) -> Self {
        Self {
            code,
            status,
            field: None,
            docs: "",
            data: Vec::new(),
        }
    }

    /// Sets the documentation.
    #[must_use]
    pub fn with_docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }

    /// Sets the input field at fault.
    #[must_use]
    pub fn with_field(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    /// Adds a member of the type `T` to the error's data.
    #[must_use]
    pub fn with_data<T: JsonSchema>(
        mut self,
        name: &'static str,
        schemas: &mut SchemaGenerator,
    ) -> Self {
        self.data.push((name, schemas.subschema_for::<T>()));
        self
    }
}
