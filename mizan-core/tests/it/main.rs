//! Tests of the public API.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its name documents it"
)]

mod affects;
mod channels;
mod client_error;
mod client_macro;
mod cx;
mod dispatch;
mod downloads;
mod errors;
mod foreign_types;
mod forms;
mod layers;
mod limits;
mod live;
mod manifest;
mod observation;
mod pages;
mod policies;
mod redirects;
mod registry;
mod report;
mod streams;
mod ui;
mod uploads;
mod versions;
mod wire;

use std::sync::Arc;

use bytes::Bytes;
use mizan_core::adapter::CallReply;
use mizan_core::{App, Error, Identity, Principal, RequestHead};
use serde_json::Value;

/// Calls a function with JSON, as a server does.
async fn dispatch(
    app: &App,
    principal: impl Into<Principal>,
    name: &str,
    input: impl AsRef<[u8]>,
) -> CallReply {
    let cx = app.context(principal.into(), Arc::new(RequestHead::empty()));
    let input = Bytes::copy_from_slice(input.as_ref());
    app.function(name).unwrap().dispatch(cx, input).await
}

/// Calls a function with JSON, and returns its output or its error.
async fn result(
    app: &App,
    principal: impl Into<Principal>,
    name: &str,
    input: impl AsRef<[u8]>,
) -> Result<Value, Error> {
    let reply = dispatch(app, principal, name, input).await;
    reply
        .result
        .map(|json| serde_json::from_slice(&json).unwrap())
}

fn member() -> Identity {
    Identity::new("mia")
}

/// Returns the field errors of an error, as `path: message`.
fn field_errors(error: &Error) -> Vec<String> {
    let fields = error.fields().iter();
    fields
        .map(|(path, messages)| format!("{path}: {}", messages.join(" ")))
        .collect()
}
