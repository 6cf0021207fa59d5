//! The public API, as an application uses it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its functions are documented by its name"
)]

mod channels;
mod client_error;
mod client_macro;
mod cx;
mod dispatch;
mod errors;
mod forms;
mod manifest;
mod policies;
mod registry;
mod ui;
mod uploads;

use std::sync::Arc;

use bytes::Bytes;
use mizan_core::adapter::CallReply;
use mizan_core::{App, Error, Identity, Principal, RequestHead};
use serde_json::Value;

/// Calls the function `name` as a server does.
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

/// The output or the error of [`dispatch`].
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

/// The fields that an error blames, as `path: message`.
fn blamed(error: &Error) -> Vec<String> {
    let fields = error.fields().iter();
    fields
        .map(|(path, messages)| format!("{path}: {}", messages.join(" ")))
        .collect()
}
