//! The frames of a connection.

use serde_json::{Value, json};

use super::frame::{ADDRESS, Frame, operation, websocket, with_reply};
use super::parts::Parts;

/// The name of the channel with the frames of a connection.
pub(super) const CONNECTION: &str = "connection";

fn milliseconds(description: &str) -> Value {
    json!({ "type": "integer", "minimum": 0, "description": format!("{description}, in milliseconds.") })
}

/// Describes the frames of a connection.
pub(super) fn describe(parts: &mut Parts) {
    let token = || json!({ "type": "string", "description": "A bearer token." });
    let count = || json!({ "type": "integer", "minimum": 0 });
    let frames = vec![
        (
            "hello",
            Frame::new("hello", "The first frame of a client.")
                .with(
                    "client",
                    json!({
                        "type": "string",
                        "pattern": "^[A-Za-z0-9_-]{8,64}$",
                        "description": "A random id of the page or process, the scope of `mid`.",
                    }),
                )
                .with_optional("token", token()),
        ),
        (
            "welcome",
            Frame::new("welcome", "The server accepts the connection.")
                .with("conn", json!({ "type": "string", "description": "The name of the connection in the log." }))
                .with_optional("user", json!({ "type": "string", "description": "The id of the user." }))
                .with("heartbeat", milliseconds("The maximum time in which the server sends nothing"))
                .with(
                    "limits",
                    json!({
                        "type": "object",
                        "properties": {
                            "frame": count(), "subs": count(), "rate": count(), "inflight": count(),
                        },
                    }),
                ),
        ),
        (
            "ping",
            Frame::new("ping", "The client has to respond within 10 seconds.").with_optional(
                "permissions",
                json!({
                    "type": "boolean",
                    "description": "`true` if the permissions of the user may have changed: the client requests \
                                    refused subscriptions again.",
                }),
            ),
        ),
        ("pong", Frame::new("pong", "The response to `ping`.")),
        (
            "auth",
            Frame::new("auth", "A fresh token of the same user.").with("token", token()),
        ),
        (
            "reauth",
            Frame::new("reauth", "The credential has expired: the client has to send `auth`.")
                .with("within", milliseconds("The time for the response")),
        ),
        (
            "drain",
            Frame::new("drain", "The server is shutting down: the client reconnects.")
                .with("after", milliseconds("The time to wait before reconnecting")),
        ),
    ];
    let channel = json!({
        "address": ADDRESS,
        "title": "Connection",
        "description": "The frames of a connection, which all channels share.",
        "messages": parts.frames.add(CONNECTION, frames),
        "bindings": websocket(),
    });
    parts.channels.insert(CONNECTION.to_owned(), channel);
    let operations = [
        (
            "connect",
            with_reply(
                operation(
                    "receive",
                    CONNECTION,
                    "A client opens the connection.",
                    &["hello"],
                ),
                CONNECTION,
                &["welcome"],
            ),
        ),
        (
            "heartbeat",
            with_reply(
                operation(
                    "send",
                    CONNECTION,
                    "The server checks whether the client responds.",
                    &["ping"],
                ),
                CONNECTION,
                &["pong"],
            ),
        ),
        (
            "authenticate",
            operation(
                "receive",
                CONNECTION,
                "A client renews its credential.",
                &["auth"],
            ),
        ),
        (
            "reauthenticate",
            with_reply(
                operation(
                    "send",
                    CONNECTION,
                    "The server requests a fresh credential.",
                    &["reauth"],
                ),
                CONNECTION,
                &["auth"],
            ),
        ),
        (
            "drain",
            operation(
                "send",
                CONNECTION,
                "The server announces its shutdown.",
                &["drain"],
            ),
        ),
    ];
    let operations = operations.map(|(name, it)| (format!("{CONNECTION}_{name}"), it));
    parts.operations.extend(operations);
}
