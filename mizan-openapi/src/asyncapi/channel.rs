//! The frames of a channel of the app.

use serde_json::{Value, json};

use super::frame::{ADDRESS, Frame, operation, websocket, with_reply};
use super::parts::Parts;
use crate::json::{summary_and_rest, text};
use crate::schema::{to_name, unique};

/// The schemas of a channel.
struct Schemas {
    params: Option<Value>,
    client_message: Option<Value>,
    server_message: Option<Value>,
    reply: Option<Value>,
    snapshot: Option<Value>,
    member: Option<Value>,
}

/// Describes a channel: its frames and the operations on it.
pub(super) fn describe(channel: &Value, parts: &mut Parts) {
    let name = text(channel, "name");
    let key = unique(&to_name(name), |key| parts.channels.contains_key(key));
    let convert = |member: &str| channel.get(member).map(|it| parts.components.convert(it));
    let schemas = Schemas {
        params: convert("params"),
        client_message: convert("client_message"),
        server_message: convert("server_message"),
        reply: convert("reply"),
        snapshot: convert("snapshot"),
        member: convert("member"),
    };
    let frames = frames(name, &schemas);
    let (summary, rest) = summary_and_rest(text(channel, "docs"));
    let mut description = json!({
        "address": ADDRESS,
        "title": name,
        "messages": parts.frames.add(&key, frames),
        "bindings": websocket(),
    });
    for (member, value) in [
        ("summary", summary.as_str()),
        ("description", rest),
        ("x-mizan-contract", text(channel, "contract")),
    ] {
        if !value.is_empty() {
            description[member] = json!(value);
        }
    }
    if let Some(limits) = channel.get("limits") {
        description["x-mizan-limits"] = limits.clone();
    }
    let operations = operations(&key, &schemas);
    parts.channels.insert(key.clone(), description);
    let operations = operations
        .into_iter()
        .map(|(operation, it)| (format!("{key}_{operation}"), it));
    parts.operations.extend(operations);
}

fn frames(name: &str, schemas: &Schemas) -> Vec<(&'static str, Frame)> {
    let mut frames = vec![
        ("sub", subscribe(name, schemas.params.as_ref())),
        ("subok", confirm(schemas.snapshot.as_ref())),
        ("gap", gap(schemas.snapshot.as_ref())),
        ("state", state()),
        ("unsub", unsubscribe()),
        ("history", history()),
    ];
    if let Some(message) = &schemas.server_message {
        frames.push(("pub", publication(message)));
    }
    if let Some(message) = &schemas.client_message {
        let frame = Frame::new("msg", "A message of a client.")
            .with("sub", subscription())
            .with("mid", message_id())
            .with("data", message.clone())
            .correlated_by("mid");
        frames.push(("msg", frame));
        frames.push(("reply", reply(schemas.reply.clone().unwrap_or(json!({})))));
    }
    frames.push(("page", reply(page(schemas.server_message.as_ref()))));
    if let Some(member) = &schemas.member {
        frames.push(("presence", presence(member)));
    }
    frames
}

fn operations(key: &str, schemas: &Schemas) -> Vec<(&'static str, Value)> {
    let receive = |summary, message| operation("receive", key, summary, &[message]);
    let send = |summary, messages: &[&str]| operation("send", key, summary, messages);
    let mut operations = vec![
        (
            "subscribe",
            with_reply(
                receive("A client subscribes.", "sub"),
                key,
                &["subok", "unsub"],
            ),
        ),
        (
            "unsubscribe",
            with_reply(
                receive("A client ends its subscription.", "unsub"),
                key,
                &["unsub"],
            ),
        ),
        (
            "history",
            with_reply(
                receive("A client requests older messages.", "history"),
                key,
                &["page"],
            ),
        ),
        (
            "notify",
            send(
                "The server reports the state of a subscription.",
                &["gap", "state", "unsub"],
            ),
        ),
    ];
    if schemas.server_message.is_some() {
        operations.push(("publish", send("The server sends a message.", &["pub"])));
    }
    if schemas.client_message.is_some() {
        let message = receive("A client sends a message.", "msg");
        operations.push(("message", with_reply(message, key, &["reply"])));
    }
    if schemas.member.is_some() {
        operations.push((
            "presence",
            send("The server sends the members.", &["presence"]),
        ));
    }
    operations
}

fn subscription() -> Value {
    json!({
        "type": "integer",
        "minimum": 0,
        "maximum": u32::MAX,
        "description": "The number of the subscription, which the client chose.",
    })
}

fn message_id() -> Value {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": 64,
        "description": "Identifies the message among those of this client.",
    })
}

fn offset(description: &str) -> Value {
    json!({ "type": "integer", "minimum": 0, "description": description })
}

fn epoch() -> Value {
    json!({ "type": "string", "description": "The epoch of the log." })
}

fn position(description: &str) -> Value {
    json!({
        "type": "object",
        "properties": { "epoch": epoch(), "offset": offset("The offset in the epoch.") },
        "required": ["epoch", "offset"],
        "description": description,
    })
}

fn contract() -> Value {
    json!({
        "type": "string",
        "pattern": "^[0-9a-f]{8}$",
        "description": "The contract of the channel (`x-mizan-contract`) from which the client was generated. The \
                        server refuses one that is retired with `outdated_client`, and presumes any other to be \
                        compatible.",
    })
}

fn messages_by_path() -> Value {
    json!({
        "type": "object",
        "additionalProperties": { "type": "array", "items": { "type": "string" } },
        "description": "Messages by path.",
    })
}

fn subscribe(name: &str, params: Option<&Value>) -> Frame {
    let frame = Frame::new("sub", format!("Subscribes to `{name}`."))
        .with("sub", subscription())
        .with("channel", json!({ "type": "string", "const": name }))
        .with_optional("contract", contract());
    let frame = match params {
        Some(params) => frame.with("params", params.clone()),
        None => frame.with_optional("params", json!({ "type": "object" })),
    };
    frame
        .with_optional(
            "since",
            position("The last position that the client has seen."),
        )
        .with_optional(
            "recent",
            offset("Without `since`: the number of messages to start with."),
        )
        .correlated_by("sub")
}

fn confirm(snapshot: Option<&Value>) -> Frame {
    let frame = Frame::new("subok", "The subscription is live.")
        .with("sub", subscription())
        .with("epoch", epoch())
        .with("offset", offset("The position of the client."))
        .with(
            "recovered",
            json!({ "type": "boolean", "description": "True if the client has missed nothing." }),
        )
        .correlated_by("sub");
    with_snapshot(frame, snapshot)
}

fn gap(snapshot: Option<&Value>) -> Frame {
    let frame = Frame::new("gap", "Some messages will not be delivered.")
        .with("sub", subscription())
        .with(
            "reason",
            json!({ "type": "string", "enum": ["history", "slow", "latest", "epoch"] }),
        )
        .with(
            "from",
            position("The position before the missing messages."),
        )
        .with("epoch", epoch())
        .with("offset", offset("The new position of the client."));
    with_snapshot(frame, snapshot)
}

fn with_snapshot(frame: Frame, snapshot: Option<&Value>) -> Frame {
    match snapshot {
        Some(snapshot) => frame.with_optional("snapshot", snapshot.clone()),
        None => frame,
    }
}

fn state() -> Frame {
    Frame::new("state", "The broker is unavailable, or available again.")
        .with("sub", subscription())
        .with(
            "state",
            json!({ "type": "string", "enum": ["suspended", "live"] }),
        )
}

fn unsubscribe() -> Frame {
    Frame::new("unsub", "Ends a subscription, or refuses it with a code.")
        .with("sub", subscription())
        .with_optional(
            "code",
            json!({
                "type": "string",
                "description": "Absent if the client ended the subscription. `outdated_client` if the client states a \
                                `contract` that is retired. A channel may declare further codes.",
                "examples": [
                    "unknown_channel", "invalid", "malformed", "unauthenticated", "forbidden", "unavailable",
                    "internal", "outdated_client",
                ],
            }),
        )
        .with_optional("message", json!({ "type": "string" }))
        .with_optional("fields", messages_by_path())
        .with_optional(
            "id",
            json!({ "type": "string", "description": "The id in the log of the server." }),
        )
        .correlated_by("sub")
}

fn publication(message: &Value) -> Frame {
    Frame::new("pub", "A message of the channel.")
        .with("sub", subscription())
        .with("offset", offset("The new position of the client."))
        .with(
            "prev",
            offset("The offset of the previous message, the position of the client."),
        )
        .with("data", message.clone())
}

fn history() -> Frame {
    Frame::new("history", "Requests messages before an offset.")
        .with("sub", subscription())
        .with("mid", message_id())
        .with_optional("before", offset("The offset before which the page ends."))
        .with_optional(
            "limit",
            json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 50 }),
        )
        .correlated_by("mid")
}

/// Returns the schema of the data of a reply to `history`.
fn page(message: Option<&Value>) -> Value {
    json!({
        "type": "object",
        "properties": {
            "epoch": epoch(),
            "messages": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "offset": offset("The offset of the message."),
                        "data": message.cloned().unwrap_or(json!({})),
                    },
                    "required": ["offset", "data"],
                },
            },
            "more": { "type": "boolean", "description": "True if there are older messages." },
        },
        "required": ["epoch", "messages", "more"],
    })
}

fn reply(data: Value) -> Frame {
    let error = json!({
        "type": "object",
        "properties": {
            "code": { "type": "string" },
            "message": { "type": "string" },
            "fields": messages_by_path(),
            "data": { "type": "object" },
            "id": { "type": "string" },
            "retry_after": { "type": "integer", "minimum": 0, "description": "In milliseconds." },
        },
        "required": ["code", "message"],
    });
    Frame::new("reply", "The reply to a message: `data` or `error`.")
        .with("mid", message_id())
        .with_optional("data", data)
        .with_optional("error", error)
        .correlated_by("mid")
}

fn presence(member: &Value) -> Frame {
    let members = |description: &str| {
        json!({
            "type": "array",
            "items": {
                "type": "object",
                "properties": { "id": { "type": "string" }, "info": member },
                "required": ["id", "info"],
            },
            "description": description,
        })
    };
    Frame::new(
        "presence",
        "The members of the channel, or changes of them.",
    )
    .with("sub", subscription())
    .with_optional("members", members("All members."))
    .with_optional("join", members("New members."))
    .with_optional(
        "leave",
        json!({
            "type": "array",
            "items": { "type": "string" },
            "description": "The ids of members who left.",
        }),
    )
}
