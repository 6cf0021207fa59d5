//! Responses of server-sent events, and the streams of functions that they carry.

mod access;
pub(crate) mod active;
pub(crate) mod body;
mod event;
#[cfg(feature = "channels")]
pub(crate) mod resumable;
mod source;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, Response};

pub(crate) use self::access::access_check;
#[cfg(feature = "channels")]
pub(crate) use self::event::{Event, HEARTBEAT};
use crate::response::ReplyBody;

const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Returns the response that sends events as they become available.
pub(crate) fn response(events: ReplyBody) -> Response<ReplyBody> {
    let mut response = Response::new(events);
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
