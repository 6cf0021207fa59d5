//! Responses to calls, and problem details for errors.

mod body;
pub(crate) mod busy;
pub(crate) mod problem_details;
pub(crate) mod reply;
pub(crate) mod status;

pub use body::ReplyBody;
