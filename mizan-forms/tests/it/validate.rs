//! The query `contact.validate`.

use serde_json::{Value, json};

use crate::app::{app, call};

async fn errors(input: Value) -> Value {
    let (app, sent) = app();
    let output = call(&app, "contact.validate", input).await.unwrap();
    assert!(sent.0.lock().unwrap().is_empty());
    output["errors"].clone()
}

#[tokio::test]
async fn validates_only_selected_fields() {
    let values = json!({ "email": "taken@example.org", "phones": [{ "the-number": "1" }] });
    assert_eq!(
        errors(json!({ "values": values, "fields": ["email"] })).await,
        json!({ "email": ["is taken"] })
    );
    assert_eq!(
        errors(json!({ "values": values, "fields": ["phones.0.the-number", "nothing"] })).await,
        json!({ "phones.0.the-number": ["Must have 3 to 9 characters."] })
    );
    assert_eq!(
        errors(json!({ "values": values, "fields": ["phones"] })).await,
        json!({
            "phones.0.kind": ["This field is required."],
            "phones.0.the-number": ["Must have 3 to 9 characters."],
        })
    );
    assert_eq!(
        errors(json!({ "values": {}, "fields": [] })).await,
        json!({})
    );
}

#[tokio::test]
async fn validates_all_fields_by_default() {
    assert_eq!(
        errors(json!({ "values": { "email": "taken@example.org" } })).await,
        json!({ "email": ["is taken"], "fullName": ["This field is required."] })
    );
    let silent = json!({ "fullName": "silent", "email": "a@example.org" });
    assert_eq!(
        errors(json!({ "values": silent, "fields": ["email"] })).await,
        json!({ "__all__": ["leave a message or a number"] })
    );
    let (app, _) = app();
    for input in [
        json!({}),
        json!({ "values": [] }),
        json!({ "values": {}, "more": 1 }),
    ] {
        let rejected = call(&app, "contact.validate", input.clone())
            .await
            .unwrap_err();
        assert_eq!(rejected.code(), "invalid", "{input}");
    }
}
