//! The errors for requests that cannot receive a stream.

use mizan_core::adapter::FunctionEntry;
use mizan_core::{Error, ErrorCode};

/// Returns the error for a request that would store the reply of a function with a stream.
pub(crate) fn refuse_idempotency_key(function: &FunctionEntry) -> Error {
    Error::new(
        ErrorCode::Invalid,
        format!(
            "`{}` returns a stream, which is not stored for a repeated call: send the request without \
             `Idempotency-Key`",
            function.name()
        ),
    )
}

/// Returns the error for a call of a function with a stream in a batch or in a page.
pub(crate) fn refuse_embedding(function: &FunctionEntry) -> Error {
    Error::new(
        ErrorCode::MethodNotAllowed,
        format!(
            "`{}` returns a stream, which a batch or a page cannot contain: call it by itself",
            function.name()
        ),
    )
}
