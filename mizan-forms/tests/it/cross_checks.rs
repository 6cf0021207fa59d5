//! The constraints `must_match` and `custom`, with the same verdict in `validate` and `submit`.

use mizan_core::{Cx, Error, Registry};
use mizan_forms::{Form, FormHandler, RegisterForm};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use validator::{Validate, ValidationError};

use crate::app::{call, field_errors};

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "account")]
struct Account {
    password: String,
    #[validate(must_match(other = "password", message = "The passwords differ."))]
    again: String,
    #[validate(custom(function = not_root))]
    name: Option<String>,
    #[validate(custom(function = even, message = "Choose an even number."))]
    number: i32,
    #[validate(custom(function = even))]
    optional_number: Option<i32>,
    #[validate(custom(function = not_root))]
    alias: String,
}

fn not_root(name: &str) -> Result<(), ValidationError> {
    match name {
        "root" => Err(ValidationError::new("reserved").with_message("is reserved".into())),
        _ => Ok(()),
    }
}

fn even(number: i32) -> Result<(), ValidationError> {
    match number % 2 {
        0 => Ok(()),
        _ => Err(ValidationError::new("must_be_even")),
    }
}

impl FormHandler for Account {
    type Output = ();
    type Error = Error;

    async fn submit(self, _: &Cx) -> Result<(), Error> {
        Ok(())
    }
}

/// Returns the errors, which are the same in `validate` and `submit`.
async fn errors(values: Value) -> Vec<String> {
    let app = Registry::new().form::<Account>().build().unwrap();
    let submitted = call(&app, "account.submit", values.clone()).await;
    let submitted = submitted.err().map_or_else(Vec::new, |e| field_errors(&e));
    let validated = call(&app, "account.validate", json!({ "values": values })).await;
    let validated = validated.unwrap()["errors"].clone();
    let mut lines = Vec::new();
    for (path, messages) in validated.as_object().unwrap() {
        let messages: Vec<_> = messages.as_array().unwrap().iter().collect();
        let messages: Vec<_> = messages.iter().filter_map(|text| text.as_str()).collect();
        lines.push(format!("{path}: {}", messages.join(" ")));
    }
    assert_eq!(lines, submitted);
    lines
}

#[tokio::test]
async fn compares_fields_that_must_match() {
    let values = json!({ "password": "a", "again": "b", "number": 2, "alias": "x" });
    assert_eq!(errors(values).await, ["again: The passwords differ."]);
    let values = json!({ "password": "a", "again": "a", "number": 2, "alias": "x" });
    assert!(errors(values).await.is_empty());
}

#[tokio::test]
async fn checks_custom_constraints_of_every_type() {
    let values = json!({
        "password": "a", "again": "a", "name": "root", "number": 1, "optional_number": 3,
        "alias": "root",
    });
    let expected = [
        "alias: is reserved",
        "name: is reserved",
        "number: Choose an even number.",
        "optional_number: Must be even.",
    ];
    assert_eq!(errors(values).await, expected);
}

#[tokio::test]
async fn checks_custom_constraints_beside_fields_that_cannot_be_decoded() {
    let values = json!({
        "password": 1, "again": "a", "name": "root", "number": 1, "optional_number": 3,
        "alias": "root",
    });
    let expected = [
        "alias: is reserved",
        "name: is reserved",
        "number: Choose an even number.",
        "optional_number: Must be even.",
        "password: Must be text.",
    ];
    assert_eq!(errors(values).await, expected);
    let values = json!({ "password": 1, "again": "a", "number": 2, "alias": "a", "name": null });
    assert_eq!(errors(values).await, ["password: Must be text."]);
}
