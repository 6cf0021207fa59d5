//! The records in the log of a resumable stream.

use bytes::Bytes;
use mizan_core::Error;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::response::problem_document;

/// A record. Its names are short, because each part is a record.
#[derive(Serialize, Deserialize)]
pub(super) enum Record<'a> {
    /// A process starts the function.
    #[serde(rename = "b", borrow)]
    Begin(Begin<'a>),
    /// The function failed before it returned its stream, with a problem document. The next call starts it again.
    #[serde(rename = "r", borrow)]
    Refused(&'a RawValue),
    /// A part.
    #[serde(rename = "p", borrow)]
    Part(&'a RawValue),
    /// A sign of life of the process.
    #[serde(rename = "h")]
    Heartbeat,
    /// The request of a client to stop the function.
    #[serde(rename = "s")]
    Stop,
    /// The error that ended the stream, as a problem document.
    #[serde(rename = "x", borrow)]
    Problem(&'a RawValue),
    /// The complete end, with the invalidated queries.
    #[serde(rename = "e")]
    End(String),
}

/// The call of a stream.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Begin<'a> {
    /// Identifies the process that runs the function.
    pub(super) run: u128,
    /// The name of the function.
    pub(super) function: String,
    /// The id of the user.
    pub(super) owner: Option<String>,
    /// The input, for the repeated check of `authorize`.
    #[serde(borrow)]
    pub(super) input: &'a RawValue,
}

impl Record<'_> {
    pub(super) fn encode(&self) -> Bytes {
        let json = serde_json::to_vec(self).expect("all keys of a record are strings");
        Bytes::from(json)
    }
}

/// Returns the problem document of an error as JSON in one piece.
pub(super) fn document(error: &Error) -> Box<RawValue> {
    let json = problem_document::to_json(error, false);
    let json = String::from_utf8(json.to_vec()).unwrap_or_default();
    RawValue::from_string(json).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
