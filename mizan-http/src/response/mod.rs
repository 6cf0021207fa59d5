//! Responses to calls, and problem details for errors.

mod body;
pub(crate) mod busy;
pub(crate) mod problem_details;
pub(crate) mod problem_document;
pub(crate) mod redirect;
pub(crate) mod reply;
pub(crate) mod status;

use http::Response;
use mizan_core::Error;

pub use body::ReplyBody;

/// Returns the response of the service to a call that failed: its status, `Retry-After`, and problem
/// details (RFC 9457) as JSON. A route of the application's router can answer in the same way.
///
/// ```
/// use mizan_core::Error;
/// use mizan_http::response::problem;
///
/// let response = problem(&Error::not_found("there is no such post"));
/// assert_eq!(response.status(), 404);
/// assert_eq!(response.headers()["content-type"], "application/problem+json");
/// ```
#[must_use]
pub fn problem(error: &Error) -> Response<ReplyBody> {
    problem_details::response(error, false)
}
