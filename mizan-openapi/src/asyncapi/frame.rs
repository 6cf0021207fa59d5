//! Frames: the messages of the protocol.

use serde_json::{Map, Value, json};

use super::draft7::to_draft7;
use crate::schema::unique;

/// The messages of a document.
#[derive(Default)]
pub(super) struct Frames {
    messages: Map<String, Value>,
}

/// A frame, before it is a message of the document.
pub(super) struct Frame {
    kind: &'static str,
    summary: String,
    properties: Map<String, Value>,
    required: Vec<&'static str>,
    correlation: Option<&'static str>,
}

impl Frame {
    /// Creates a frame whose member `t` is `kind`.
    pub(super) fn new(kind: &'static str, summary: impl Into<String>) -> Self {
        Self {
            kind,
            summary: summary.into(),
            properties: Map::from_iter([(
                "t".to_owned(),
                json!({ "type": "string", "const": kind }),
            )]),
            required: vec!["t"],
            correlation: None,
        }
    }

    /// Adds a member that the frame always has.
    pub(super) fn with(mut self, name: &'static str, schema: Value) -> Self {
        self.properties.insert(name.to_owned(), schema);
        self.required.push(name);
        self
    }

    /// Adds a member that the frame may have.
    pub(super) fn with_optional(mut self, name: &'static str, schema: Value) -> Self {
        self.properties.insert(name.to_owned(), schema);
        self
    }

    /// Correlates a request and its reply by the member `name`.
    pub(super) fn correlated_by(mut self, name: &'static str) -> Self {
        self.correlation = Some(name);
        self
    }

    fn into_message(self, title: &str) -> Value {
        let mut message = json!({
            "name": self.kind,
            "title": title,
            "summary": self.summary,
            "payload": to_draft7(&json!({
                "type": "object",
                "properties": self.properties,
                "required": self.required,
            })),
        });
        if let Some(member) = self.correlation {
            message["correlationId"] = json!({ "location": format!("$message.payload#/{member}") });
        }
        message
    }
}

impl Frames {
    /// Adds the frames of a channel, and returns the `messages` of its description: references by the type
    /// of the frame.
    pub(super) fn add(&mut self, channel: &str, frames: Vec<(&'static str, Frame)>) -> Value {
        let mut references = Map::new();
        for (key, frame) in frames {
            let name = unique(&format!("{channel}_{key}"), |name| {
                self.messages.contains_key(name)
            });
            let reference = json!({ "$ref": format!("#/components/messages/{name}") });
            references.insert(key.to_owned(), reference);
            let message = frame.into_message(&name);
            self.messages.insert(name, message);
        }
        Value::Object(references)
    }

    pub(super) fn into_messages(self) -> Value {
        Value::Object(self.messages)
    }
}

/// Returns an operation on messages of a channel: `receive` for frames of clients, or `send`.
pub(super) fn operation(action: &str, channel: &str, summary: &str, messages: &[&str]) -> Value {
    json!({
        "action": action,
        "channel": channel_reference(channel),
        "summary": summary,
        "messages": message_references(channel, messages),
    })
}

/// Adds the messages with which the other side replies.
pub(super) fn with_reply(mut operation: Value, channel: &str, messages: &[&str]) -> Value {
    operation["reply"] = json!({
        "channel": channel_reference(channel),
        "messages": message_references(channel, messages),
    });
    operation
}

fn channel_reference(channel: &str) -> Value {
    json!({ "$ref": format!("#/channels/{channel}") })
}

fn message_references(channel: &str, messages: &[&str]) -> Vec<Value> {
    let reference = |message| json!({ "$ref": format!("#/channels/{channel}/messages/{message}") });
    messages.iter().map(reference).collect()
}

/// The binding of every channel: the handshake of the WebSocket.
pub(super) fn websocket() -> Value {
    json!({
        "ws": {
            "method": "GET",
            "headers": {
                "type": "object",
                "properties": {
                    "Sec-WebSocket-Protocol": { "type": "string", "const": "mizan.v1.json" },
                },
                "required": ["Sec-WebSocket-Protocol"],
            },
            "bindingVersion": "0.1.0",
        },
    })
}

/// The path of the WebSocket below the mount path.
pub(super) const ADDRESS: &str = "/ws";
