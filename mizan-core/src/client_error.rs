use schemars::{Schema, SchemaGenerator};

use crate::Error;

/// The failures that a function declares, which its client gets as a discriminated union.
///
/// `#[derive(ClientError)]` on an enum is how this is usually written. [`Error`] implements it
/// too, and declares nothing beyond the common codes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a server function",
    label = "not a `ClientError`",
    note = "return `mizan_core::Error`, or put `#[derive(mizan_core::ClientError)]` on an enum of \
            your own whose variants say what can go wrong"
)]
pub trait ClientError: Sized + Send + 'static {
    /// What can go wrong, for the manifest; nothing where only the common codes are used.
    fn declaration(schemas: &mut SchemaGenerator) -> Option<ErrorDeclaration>;

    /// The failure as the client will be told.
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

/// What an error type declares to the client.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorDeclaration {
    /// The name of the type in the generated client.
    pub name: &'static str,
    /// The type's doc comment.
    pub docs: &'static str,
    /// Each way to fail.
    pub variants: Vec<ErrorVariant>,
}

/// One way to fail.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorVariant {
    /// The code on the wire.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The field of the input that is to blame.
    pub field: Option<&'static str>,
    /// The variant's doc comment.
    pub docs: &'static str,
    /// What the failure carries: the name and the schema of each member.
    pub data: Vec<(&'static str, Schema)>,
}
