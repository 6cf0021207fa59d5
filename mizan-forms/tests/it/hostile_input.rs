//! Rejection of invalid and hostile values, with errors on the right fields.

use std::time::{Duration, Instant};

use mizan_core::{Cx, Error, Principal, Registry};
use mizan_forms::functions::ValidateQuery;
use mizan_forms::{Form, FormHandler, RegisterForm};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use validator::Validate;

use crate::app::{app, call, field_errors, valid_with};

async fn rejection(values: Value) -> Vec<String> {
    let (app, sent) = app();
    let error = call(&app, "contact.submit", valid_with(values))
        .await
        .unwrap_err();
    assert!(sent.0.lock().unwrap().is_empty());
    field_errors(&error)
}

#[tokio::test]
async fn rejects_values_for_server_set_fields() {
    assert_eq!(
        rejection(json!({ "account": 1, "tenant": "other" })).await,
        [
            "account: This field cannot be changed.",
            "tenant: This field cannot be changed."
        ]
    );
    assert_eq!(
        rejection(json!({ "account": null })).await,
        ["account: This field cannot be changed."]
    );
}

#[tokio::test]
async fn rejects_unknown_fields() {
    assert_eq!(
        rejection(json!({ "__proto__": {} })).await,
        ["__proto__: Unknown field."]
    );
    let phone = json!({ "the-number": "123", "kind": "home", "constructor": 1 });
    assert_eq!(
        rejection(json!({ "phones": [phone] })).await,
        ["phones.0.constructor: Unknown field."]
    );
    let many: serde_json::Map<_, _> = (0..1_000).map(|i| (format!("a{i}"), json!(1))).collect();
    assert_eq!(rejection(Value::Object(many)).await.len(), 20);
}

#[tokio::test]
async fn rejects_control_characters_in_single_line_text() {
    assert_eq!(
        rejection(json!({ "email": "a@example.org\r\nBcc: b@example.org" })).await,
        ["email: Must be one line without control characters. Enter a valid email address."]
    );
    assert_eq!(
        rejection(json!({ "fullName": "a\nb" })).await,
        ["fullName: Must be one line without control characters."]
    );
    let (app, _) = app();
    let message = valid_with(json!({ "message": "two\nlines" }));
    assert!(call(&app, "contact.submit", message).await.is_ok());
}

#[tokio::test]
async fn enforces_length_limits_exactly() {
    for (values, message) in [
        (json!({ "fullName": "é".repeat(10) }), None),
        (
            json!({ "fullName": "é".repeat(11) }),
            Some("fullName: please tell us your name"),
        ),
        (json!({ "message": "é".repeat(10) }), None),
        (
            json!({ "message": "é".repeat(10) + "a" }),
            Some("message: Must have at most 20 bytes."),
        ),
        (json!({ "message": "a".repeat(15) }), None),
        (
            json!({ "message": "a".repeat(16) }),
            Some("message: Must have at most 15 characters."),
        ),
    ] {
        let (app, _) = app();
        let outcome = call(&app, "contact.submit", valid_with(values.clone())).await;
        match message {
            None => assert!(outcome.is_ok(), "{values}: {outcome:?}"),
            Some(message) => assert_eq!(field_errors(&outcome.unwrap_err()), [message], "{values}"),
        }
    }
}

#[tokio::test]
async fn rejects_oversized_list_without_decoding_it() {
    let rows = vec![json!({ "nonsense": true }); 10_000];
    assert_eq!(
        rejection(json!({ "phones": rows })).await,
        ["phones: Must have at most 2 items."]
    );
}

#[tokio::test]
async fn treats_blank_text_as_missing() {
    assert_eq!(
        rejection(json!({ "email": " \u{a0}\u{3000}" })).await,
        ["email: This field is required."]
    );
    assert_eq!(
        rejection(json!({ "email": null })).await,
        ["email: This field is required."]
    );
    assert_eq!(
        rejection(json!({ "fullName": "" })).await,
        ["fullName: please tell us your name"]
    );
    assert_eq!(
        rejection(json!({ "fullName": "  " })).await,
        ["fullName: This field is required."]
    );
}

#[tokio::test]
async fn reports_expected_type_of_wrong_value() {
    for (values, message) in [
        (json!({ "email": 1 }), "email: Must be text."),
        (json!({ "phones": {} }), "phones: Must be a list."),
        (json!({ "phones": [1] }), "phones.0: Must be an object."),
        (json!({ "image": {} }), "image: Choose a file."),
        (
            json!({ "image": "../../etc/passwd" }),
            "image: Choose a file.",
        ),
        (
            json!({ "country": 1 }),
            "country: Choose one of the options.",
        ),
    ] {
        assert_eq!(rejection(values.clone()).await, [message], "{values}");
    }
}

#[tokio::test]
async fn concurrent_submissions_do_not_interfere() {
    let (app, sent) = app();
    let calls = (0..50).map(|i| {
        let app = app.clone();
        let values = valid_with(json!({ "fullName": format!("n{i}"), "email": if i % 2 == 0 { "a@example.org" } else { "x" } }));
        async move { call(&app, "contact.submit", values).await.is_ok() }
    });
    let outcomes = futures_util::future::join_all(calls).await;
    assert_eq!(outcomes.iter().filter(|ok| **ok).count(), 25);
    assert_eq!(sent.0.lock().unwrap().len(), 25);
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "long")]
struct Long {
    #[validate(nested)]
    rows: Vec<LongRow>,
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[expect(dead_code, reason = "the rows are only validated")]
struct LongRow {
    a: String,
    b: String,
    c: String,
    d: String,
    e: String,
}

impl FormHandler for Long {
    type Output = ();
    type Error = Error;

    async fn submit(self, _: &Cx) -> Result<(), Error> {
        Ok(())
    }
}

/// Comparing each field with each selected path would take almost a minute.
#[tokio::test]
async fn validates_many_selected_paths_in_linear_time() {
    let app = Registry::new().form::<Long>().build().unwrap();
    let row = json!({ "a": "x", "b": "x", "c": "x", "d": "x", "e": " " });
    let values = json!({ "rows": vec![row; 1_000] });
    let names: Vec<_> = (0..150_000).map(|name| format!("r{name}")).collect();
    let names = names.iter().map(String::as_str);
    let check = ValidateQuery::<Long>::new(values).fields(names.chain(["rows.7.e", "rows.8"]));
    let begin = Instant::now();
    let checked = app.call_as(Principal::anonymous(), check).await.unwrap();
    assert!(begin.elapsed() < Duration::from_secs(10));
    let paths: Vec<_> = checked.errors.keys().collect();
    assert_eq!(paths, ["rows.7.e", "rows.8.e"]);
}
