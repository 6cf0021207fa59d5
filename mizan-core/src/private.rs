pub use {schemars, serde, serde_json, validator};

use crate::error::ClientError;
use crate::function::{Input, Output};

/// The return type of a `#[client]` function, which may be an alias.
#[diagnostic::on_unimplemented(
    message = "a server function cannot return `{Self}`",
    label = "not a `Result`",
    note = "return `Result<T, mizan_core::Error>`, or `Result<T, E>` with an `E` that derives \
            `mizan_core::ClientError`"
)]
pub trait FunctionResult {
    type Output: Output;
    type Error: ClientError;

    fn into_result(self) -> Result<Self::Output, Self::Error>;
}

impl<T: Output, E: ClientError> FunctionResult for Result<T, E> {
    type Output = T;
    type Error = E;

    fn into_result(self) -> Self {
        self
    }
}

pub const fn is_input<T: Input>() {}

pub const fn is_output<T: Output>() {}
