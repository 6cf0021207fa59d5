//! The description of one channel.

use std::collections::BTreeMap;

use mizan_core::{Cx, Error, client};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::schema::definitions;
use crate::explored::Explored;

/// The description of a channel. The schema of a part that the channel does not have is `null`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ChannelDetails {
    /// The name on the wire.
    name: String,
    /// The documentation, as Markdown.
    docs: String,
    /// The rate limits of the messages of clients.
    limits: Vec<String>,
    /// The source file.
    source: Option<String>,
    /// The JSON Schema of the params of a subscription.
    params: Option<Value>,
    /// The JSON Schema of a message from a client.
    client_message: Option<Value>,
    /// The JSON Schema of a message from the server.
    server_message: Option<Value>,
    /// The JSON Schema of the reply to a client's message.
    reply: Option<Value>,
    /// The JSON Schema of the state that a new subscriber receives.
    snapshot: Option<Value>,
    /// The JSON Schema of the public information about a member.
    member: Option<Value>,
    /// The JSON Schemas to which these refer, by name.
    definitions: BTreeMap<String, Value>,
}

/// Returns the description of a channel.
#[client(query, auth = "anyone")]
pub(crate) async fn describe_channel(
    cx: &Cx,
    /// The name of the channel on the wire.
    name: String,
) -> Result<ChannelDetails, Error> {
    let manifest = &cx.state::<Explored>().manifest;
    let channels = &mut manifest.channels.iter();
    let channel = channels
        .find(|channel| channel.name == name)
        .ok_or_else(|| Error::not_found("the application has no channel with this name"))?;
    let schemas = [
        &channel.params,
        &channel.client_message,
        &channel.server_message,
        &channel.reply,
        &channel.snapshot,
        &channel.member,
    ];
    Ok(ChannelDetails {
        name: channel.name.clone(),
        docs: channel.docs.clone().unwrap_or_default(),
        limits: channel.limits.clone(),
        source: channel.source.as_ref().map(|source| source.file.clone()),
        params: channel.params.clone(),
        client_message: channel.client_message.clone(),
        server_message: channel.server_message.clone(),
        reply: channel.reply.clone(),
        snapshot: channel.snapshot.clone(),
        member: channel.member.clone(),
        definitions: definitions(schemas.into_iter().flatten(), &manifest.defs),
    })
}
