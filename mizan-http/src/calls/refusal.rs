//! The errors for calls whose reply, a file or a stream, does not fit into the way of the call.

use mizan_core::adapter::FunctionEntry;
use mizan_core::{Error, ErrorCode};

/// Returns the error for a request that would store the reply for repeated calls.
pub(crate) fn refuse_idempotency_key(function: &FunctionEntry) -> Error {
    Error::new(
        ErrorCode::Invalid,
        format!(
            "`{}` returns {}, which is not stored for a repeated call: send the request without `Idempotency-Key`",
            function.name(),
            reply_of(function)
        ),
    )
}

/// Returns the error for a call in a batch or in a page.
pub(crate) fn refuse_embedding(function: &FunctionEntry) -> Error {
    Error::new(
        ErrorCode::MethodNotAllowed,
        format!(
            "`{}` returns {}, which a batch or a page cannot contain: call it by itself",
            function.name(),
            reply_of(function)
        ),
    )
}

fn reply_of(function: &FunctionEntry) -> &'static str {
    if function.is_download() {
        "a file"
    } else {
        "a stream"
    }
}
