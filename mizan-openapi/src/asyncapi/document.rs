//! The whole document.

use serde_json::{Map, Value, json};

use super::draft7::members_to_draft7;
use super::parts::Parts;
use super::{channel, connection};
use crate::json::{items, text};
use crate::options::{Authentication, Options};

/// Describes the channels of an app as an AsyncAPI 3 document. Returns `None` for an app without channels.
///
/// All channels share one WebSocket, whose frames the protocol `mizan.v1.json` of mizan-channels defines. The
/// document has a channel `connection` for the frames of the connection, and one for the frames of each
/// channel of the app, with its params, messages, replies, members and snapshots. Operations are those of
/// the server: it *receives* what clients send.
///
/// ```
/// use mizan_openapi::{Options, asyncapi};
/// use serde_json::json;
///
/// let manifest = json!({
///     "contract": "9f86d081884c7d65",
///     "functions": [],
///     "channels": [{ "name": "clock", "server_message": { "type": "string" } }]
/// });
/// let document = asyncapi(&manifest, &Options::default()).unwrap_or_default();
/// assert_eq!(document["operations"]["clock_publish"]["action"], "send");
/// ```
#[must_use]
pub fn asyncapi(manifest: &Value, options: &Options) -> Option<Value> {
    let channels = items(manifest, "channels");
    if channels.is_empty() {
        return None;
    }
    let mut parts = Parts::new(manifest);
    connection::describe(&mut parts);
    for channel in channels {
        channel::describe(channel, &mut parts);
    }
    let contract = text(manifest, "contract");
    let mut document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": options.title,
            "version": options.version.as_deref().unwrap_or(contract),
            "description": DESCRIPTION,
        },
        "defaultContentType": "application/json",
        "channels": parts.channels,
        "operations": parts.operations,
        "components": {
            "schemas": members_to_draft7(&parts.components.into_schemas()),
            "messages": parts.frames.into_messages(),
        },
        "x-mizan-contract": contract,
    });
    if let Some((server, schemes)) = server(options) {
        document["servers"] = json!({ "main": server });
        document["components"]["securitySchemes"] = schemes;
    }
    Some(document)
}

const DESCRIPTION: &str = "\
All channels share one WebSocket with the subprotocol `mizan.v1.json`. Each text message is one frame: a JSON object \
whose member `t` is its type. The client sends `hello` first.";

/// Returns the server and its security schemes. A URL without a host describes no server.
fn server(options: &Options) -> Option<(Value, Value)> {
    let url = options.server_url.as_deref()?;
    let (protocol, rest) = match url.split_once("://")? {
        ("https", rest) => ("wss", rest),
        ("http", rest) => ("ws", rest),
        _ => return None,
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut schemes = Map::new();
    for way in &options.authentication {
        let (name, scheme) = match way {
            Authentication::Cookie(name) => (
                "session",
                json!({ "type": "httpApiKey", "in": "cookie", "name": name }),
            ),
            Authentication::Bearer => ("bearer", json!({ "type": "http", "scheme": "bearer" })),
        };
        schemes.insert(name.to_owned(), scheme);
    }
    let security = schemes
        .keys()
        .map(|name| json!({ "$ref": format!("#/components/securitySchemes/{name}") }));
    let mut server = json!({
        "host": host,
        "protocol": protocol,
        "security": security.collect::<Vec<_>>(),
    });
    if !path.is_empty() {
        server["pathname"] = json!(format!("/{}", path.trim_end_matches('/')));
    }
    Some((server, Value::Object(schemes)))
}
