//! The error for a client that exceeds a limit of concurrent work.

use std::time::Duration;

use mizan_core::{Error, ErrorCode};

use crate::client_budget::Exhausted;

/// Returns `unavailable`, with a time after which the client may retry.
pub(crate) fn busy(exhausted: Exhausted) -> Error {
    let (limit, message) = match exhausted {
        Exhausted::Total => ("total", "the server is busy"),
        Exhausted::Client => ("client", "too many concurrent requests from this address"),
    };
    metrics::counter!("mizan_http_rejections_total", "limit" => limit).increment(1);
    Error::new(ErrorCode::Unavailable, message).with_retry_after(Duration::from_secs(1))
}
