//! The HTTP status and the headers of an error.

use http::{HeaderMap, HeaderValue, StatusCode, header};
use mizan_core::error::ErrorKind;
use mizan_core::{Error, ErrorCode};

/// Returns the status with which the service answers a call that failed with `error`.
pub(crate) fn status(error: &Error) -> StatusCode {
    match error.kind() {
        ErrorKind::Common(code) => status_of_code(code),
        ErrorKind::Declared { status, .. } => {
            StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

fn status_of_code(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::Malformed => StatusCode::BAD_REQUEST,
        // RFC 9470 uses the same status to request another authentication.
        ErrorCode::Unauthenticated | ErrorCode::Reauthenticate => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden | ErrorCode::CrossSite => StatusCode::FORBIDDEN,
        ErrorCode::UnknownFunction | ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        ErrorCode::Conflict | ErrorCode::OutcomeUnknown => StatusCode::CONFLICT,
        ErrorCode::OutdatedClient => StatusCode::GONE,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
    }
}

/// Inserts the header `Retry-After` if the error states a delay.
pub(crate) fn insert_retry_after(error: &Error, headers: &mut HeaderMap) {
    if let Some(delay) = error.retry_after() {
        // Rounded up, so that a client that waits for this long does not retry too early.
        let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}
