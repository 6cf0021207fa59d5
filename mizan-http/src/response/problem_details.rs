//! Responses to calls that failed, with problem details.

use http::Response;
use mizan_core::Error;

use super::body::ReplyBody;
use super::problem_document::to_json;
use super::reply;
use super::status::{insert_retry_after, status};

/// Returns a response with the document and the status of `error`.
pub(crate) fn response(error: &Error, outdated_client: bool) -> Response<ReplyBody> {
    let body = ReplyBody::complete(to_json(error, outdated_client));
    let mut response = reply::response(body, "application/problem+json", "no-store");
    *response.status_mut() = status(error);
    insert_retry_after(error, response.headers_mut());
    response
}
