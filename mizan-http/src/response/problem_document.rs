//! The document of an error: problem details (RFC 9457) as JSON.

use bytes::Bytes;
use mizan_core::error::FieldErrors;
use mizan_core::{Error, TraceId};
use serde::Serialize;
use serde_json::{Map, Value};

use super::status::status;

/// A problem details document. `code` and the members after it are extension members.
#[derive(Serialize)]
pub(crate) struct ProblemDetails<'a> {
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
    error_id: Option<TraceId>,
    /// True if the client was generated from an earlier version of the function, which explains the error.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    outdated_client: bool,
}

impl<'a> ProblemDetails<'a> {
    pub(crate) fn new(error: &'a Error, outdated_client: bool) -> Self {
        let status = status(error);
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

/// Returns the document as JSON.
pub(crate) fn to_json(error: &Error, outdated_client: bool) -> Bytes {
    let problem = ProblemDetails::new(error, outdated_client);
    let json = serde_json::to_vec(&problem).expect("all keys of a problem are strings");
    Bytes::from(json)
}
