//! Responses that stream the parts of a function as server-sent events.

mod access;
mod active;
mod body;
mod event;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, Response};
use mizan_core::adapter::FunctionEntry;
use mizan_core::{Error, ErrorCode};

pub(crate) use self::access::access_check;
pub(crate) use self::active::ActiveStreams;
pub(crate) use self::body::{EventStream, StreamSettings};
use crate::response::ReplyBody;

const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Returns the response that sends events as they become available.
pub(crate) fn response(events: EventStream) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::events(events));
    let headers = response.headers_mut();
    headers.reserve(4);
    for (name, value) in [
        (CONTENT_TYPE, "text/event-stream"),
        // Proxies that compress or transform a response also buffer it.
        (CACHE_CONTROL, "no-store, no-transform"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // nginx and proxies that follow it buffer responses otherwise.
        (X_ACCEL_BUFFERING, "no"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

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
