//! `affects` of forms.

use std::sync::Arc;

use mizan_core::{Cx, Error, Principal, Registry, RequestHead, client};
use mizan_forms::{Form, FormHandler, RegisterForm};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use validator::Validate;

#[derive(Clone, Serialize, JsonSchema)]
struct Saved {
    text: String,
}

#[client(query)]
async fn note(id: u32) -> Result<Saved, Error> {
    Err(Error::not_found(format!("there is no note {id}")))
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "edit_note", auth = "anyone", affects(note(id = noteId) = returns))]
#[serde(rename_all = "camelCase")]
struct EditNote {
    #[expect(dead_code, reason = "the client reads it from the reply")]
    note_id: u32,
    #[validate(length(min = 1))]
    text: String,
}

impl FormHandler for EditNote {
    type Output = Saved;
    type Error = Error;

    async fn submit(self, _: &Cx) -> Result<Saved, Error> {
        Ok(Saved { text: self.text })
    }
}

#[tokio::test]
async fn submission_invalidates_queries_with_its_values() {
    let app = Registry::new()
        .function::<Note>()
        .form::<EditNote>()
        .build()
        .unwrap();
    let submit = async |values: serde_json::Value| {
        let cx = app.context(Principal::anonymous(), Arc::new(RequestHead::empty()));
        let function = app.function("edit_note.submit").unwrap();
        function.dispatch(cx, values.to_string().into()).await
    };
    let reply = submit(json!({ "noteId": 7, "text": "New" })).await;
    assert_eq!(reply.result.unwrap(), r#"{"text":"New"}"#);
    let affects: Vec<_> = reply.head.affects.iter().map(ToString::to_string).collect();
    assert_eq!(affects, ["note?input=%7B%22id%22%3A7%7D&returns"]);

    let rejected = submit(json!({ "noteId": 7, "text": "" })).await;
    assert!(rejected.result.is_err() && rejected.head.affects.is_empty());
}
