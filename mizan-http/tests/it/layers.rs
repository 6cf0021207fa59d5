//! Layers around calls that come in different ways.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Request;
use mizan_core::layer::{Call, CallLayer, Outcome};
use mizan_core::{Error, Registry, client};
use mizan_forms::{Form, FormHandler, RegisterForm};
use mizan_http::MizanService;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

use crate::harness::{call, get, post};

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl CallLayer for Seen {
    async fn call(&self, call: Call<'_>) -> Outcome {
        let name = call.name();
        if call.cx().head().headers().contains_key("x-panic") {
            panic!("a secret of the layer");
        }
        let outcome = call.run().await;
        let end = if outcome.is_success() { "ok" } else { "failed" };
        self.0.lock().unwrap().push(format!("{name} {end}"));
        outcome
    }
}

#[client(query)]
async fn read(fails: Option<bool>) -> Result<u8, Error> {
    match fails {
        Some(true) => Err(Error::conflict("as requested")),
        _ => Ok(1),
    }
}

#[client]
async fn write() -> Result<u8, Error> {
    Ok(1)
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "note")]
struct Note {
    text: String,
}

impl FormHandler for Note {
    type Output = String;
    type Error = Error;

    async fn submit(self, _: &mizan_core::Cx) -> Result<String, Error> {
        Ok(self.text)
    }
}

#[tokio::test]
async fn layers_see_calls_of_every_kind() {
    let seen = Seen::default();
    let registry = Registry::new()
        .function::<Read>()
        .function::<Write>()
        .form::<Note>();
    let app = registry.layer(seen.clone()).build().unwrap();
    let service = MizanService::new(app);

    call(&service, get("/api/mizan/call/read")).await;
    call(&service, post("/api/mizan/call/write", "")).await;
    let calls = json!([{ "name": "read", "input": { "fails": true } }]).to_string();
    call(&service, post("/api/mizan/batch", calls)).await;
    let page = service.caller(&get("/page")).await.unwrap();
    page.call("read".to_owned(), Bytes::new()).await.unwrap();
    let form = Request::post("/api/mizan/form/note")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(http_body_util::Full::new(Bytes::from("text=hello")));
    call(&service, form.unwrap()).await;

    let panics = crate::harness::with(get("/api/mizan/call/read"), &[("x-panic", "1")]);
    let reply = call(&service, panics).await;
    assert_eq!(reply.failure(), (500, "internal".to_owned()));
    assert!(!String::from_utf8_lossy(&reply.body).contains("secret"));
    call(&service, get("/api/mizan/call/read")).await;

    assert_eq!(
        *seen.0.lock().unwrap(),
        [
            "read ok",
            "write ok",
            "read failed",
            "read ok",
            "note.submit ok",
            "read ok",
        ]
    );
}
