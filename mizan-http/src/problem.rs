//! Errors as problem details (RFC 9457).

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use mizan_core::error::{ErrorKind, FieldErrors};
use mizan_core::{Error, ErrorCode};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::body::ReplyBody;
use crate::reply;

/// The document. Its extension members are `code` and those after it.
#[derive(Serialize)]
pub(crate) struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "FieldErrors::is_empty")]
    fields: &'a FieldErrors,
    #[serde(skip_serializing_if = "Map::is_empty")]
    data: &'a Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_id: Option<Uuid>,
    /// The client was generated from another contract than the server's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    outdated_client: bool,
}

impl<'a> Problem<'a> {
    pub(crate) fn new(error: &'a Error, outdated_client: bool) -> Self {
        let status = status(error.kind());
        Self {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: error.message(),
            code: error.code(),
            fields: error.fields(),
            data: error.data(),
            error_id: error.id(),
            outdated_client,
        }
    }
}

/// The document as JSON.
pub(crate) fn json(error: &Error, outdated_client: bool) -> Bytes {
    let problem = Problem::new(error, outdated_client);
    Bytes::from(serde_json::to_vec(&problem).expect("a problem has string keys alone"))
}

pub(crate) fn response(error: &Error, outdated_client: bool) -> Response<ReplyBody> {
    let body = ReplyBody::whole(json(error, outdated_client));
    let mut response = reply::response(body, "application/problem+json", "no-store");
    *response.status_mut() = status(error.kind());
    if let Some(wait) = error.retry_after() {
        // Rounded up: a client that waits as told must not come too early.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let seconds = HeaderValue::from(seconds);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

pub(crate) fn status(kind: ErrorKind) -> StatusCode {
    let code = match kind {
        ErrorKind::Common(code) => code,
        ErrorKind::Declared { status, .. } => {
            return StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
        }
    };
    match code {
        ErrorCode::Malformed => StatusCode::BAD_REQUEST,
        // RFC 9470 asks for a fresh authentication with the same status.
        ErrorCode::Unauthenticated | ErrorCode::Reauthenticate => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden | ErrorCode::CrossSite => StatusCode::FORBIDDEN,
        ErrorCode::UnknownFunction | ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        ErrorCode::Conflict => StatusCode::CONFLICT,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
    }
}
