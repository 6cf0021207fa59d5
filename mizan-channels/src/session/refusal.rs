//! Errors that are sent to the client.

use bytes::Bytes;
use mizan_core::Error;
use mizan_core::adapter::ClientVersion;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// An error for the client, as a JSON object.
///
/// ```
/// use mizan_channels::session::Refusal;
///
/// let refusal = Refusal::new("forbidden", "you may not do this");
/// assert_eq!(&refusal.as_json()[..], br#"{"code":"forbidden","message":"you may not do this"}"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Refusal(Bytes);

impl Refusal {
    /// Creates a refusal with an error code and a message.
    #[must_use]
    pub fn new(code: &str, message: &str) -> Self {
        Self(
            json!({ "code": code, "message": message })
                .to_string()
                .into(),
        )
    }

    pub(crate) fn not_subscribed() -> Self {
        Self::new("not_subscribed", "there is no such subscription")
    }

    pub(crate) fn draining() -> Self {
        Self::new("unavailable", "the server is shutting down; reconnect")
    }

    /// Creates a refusal from the result of [`as_json`](Self::as_json).
    pub(crate) fn from_json(object: Bytes) -> Self {
        Self(object)
    }

    /// Adds `outdated` if the error shows that the client is outdated.
    pub(crate) fn for_client(self, client: ClientVersion) -> Self {
        /// The member that the decision depends on.
        #[derive(Deserialize)]
        struct Code {
            code: String,
        }
        if client == ClientVersion::Current {
            return self;
        }
        match serde_json::from_slice(&self.0) {
            Ok(Code { code }) if client.is_outdated_by(&code) => {
                let members = &self.0[..self.0.len() - 1];
                Self([members, b",\"outdated\":true}"].concat().into())
            }
            _ => self,
        }
    }

    /// Returns the JSON object.
    #[must_use]
    pub fn as_json(&self) -> &Bytes {
        &self.0
    }
}

/// Converts the parts of the error that are meant for the client. The source of the error is left out.
impl From<&Error> for Refusal {
    fn from(error: &Error) -> Self {
        let mut members = Map::new();
        members.insert("code".to_owned(), json!(error.code()));
        members.insert("message".to_owned(), json!(error.message()));
        if !error.fields().is_empty() {
            members.insert("fields".to_owned(), json!(error.fields()));
        }
        if !error.data().is_empty() {
            members.insert("data".to_owned(), json!(error.data()));
        }
        if let Some(id) = error.id() {
            members.insert("id".to_owned(), json!(id));
        }
        if let Some(wait) = error.retry_after() {
            let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            members.insert("retry_after".to_owned(), json!(millis));
        }
        Self(Value::Object(members).to_string().into())
    }
}
