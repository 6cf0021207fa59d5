//! Channels in a manifest.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::source_location::{self, SourceLocation};

/// A channel that a client can subscribe to. The schema of a part that the channel does not have is
/// absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Channel {
    /// The name on the wire.
    pub name: String,
    /// A hash of everything that the channel's clients depend on; absent if the server does not
    /// tell versions apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// The schema of the subscription's parameters, an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Value>,
    /// The schema of a message from a client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_message: Option<Value>,
    /// The schema of a message from the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_message: Option<Value>,
    /// The schema of the reply to a client's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Value>,
    /// The schema of the state that a new subscriber receives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Value>,
    /// The schema of a member's public information (presence).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Value>,
    /// The rate limits of a client's messages, such as `30/min by principal`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<String>,
    /// The doc comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// The location in the Rust source, unless it is in a dependency.
    #[serde(
        default,
        deserialize_with = "source_location::in_workspace",
        skip_serializing_if = "Option::is_none"
    )]
    pub source: Option<SourceLocation>,
}
