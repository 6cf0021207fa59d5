//! Errors in lists of single values, at the index of each item.

use std::collections::BTreeSet;

use mizan_core::error::MAX_FIELD_ERRORS;
use mizan_core::{App, Cx, Error, Registry};
use mizan_forms::{Choice, Form, FormHandler, RegisterForm};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use validator::Validate;

use crate::app::{call, field_errors};

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "lists")]
#[serde(default)]
#[derive(Default)]
#[expect(dead_code, reason = "the fields are only validated")]
struct Lists {
    #[serde(default)]
    numbers: Vec<u32>,
    #[serde(default)]
    texts: Vec<String>,
    #[serde(default)]
    optional_texts: Vec<Option<String>>,
    optional_numbers: Option<Vec<i8>>,
    #[serde(default)]
    set: BTreeSet<u8>,
    array: Option<[u8; 3]>,
    #[serde(default)]
    sizes: Vec<Size>,
    #[field(choices = rooms)]
    #[serde(default)]
    rooms: Vec<u32>,
    #[validate(nested)]
    #[serde(default)]
    rows: Vec<Row>,
    #[validate(length(min = 1))]
    named: Option<Vec<String>>,
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[expect(dead_code, reason = "the fields are only validated")]
struct Row {
    numbers: Vec<u32>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Size {
    Small,
    Large,
}

async fn rooms(_: &Cx) -> Result<Vec<Choice>, Error> {
    Ok(vec![Choice::new(1, "One"), Choice::new(2, "Two")])
}

impl FormHandler for Lists {
    type Output = ();
    type Error = Error;

    async fn submit(self, _: &Cx) -> Result<(), Error> {
        Ok(())
    }
}

fn app() -> App {
    Registry::new().form::<Lists>().build().unwrap()
}

async fn errors(values: Value) -> Vec<String> {
    let reply = call(&app(), "lists.submit", values).await;
    reply
        .err()
        .map_or_else(Vec::new, |error| field_errors(&error))
}

#[tokio::test]
async fn reports_every_invalid_number_at_its_index() {
    assert_eq!(
        errors(json!({ "numbers": [1, 2.5, "x", -1, null, 4_294_967_296_u64] })).await,
        [
            "numbers.1: Enter a whole number.",
            "numbers.2: Enter a whole number.",
            "numbers.3: Must be at least 0 and at most 4294967295.",
            "numbers.4: This field is required.",
            "numbers.5: Must be at least 0 and at most 4294967295.",
        ]
    );
    assert_eq!(
        errors(json!({ "optional_numbers": [1, 200], "set": [1, "x"], "array": [1, 2, 256] }))
            .await,
        [
            "array.2: Must be at least 0 and at most 255.",
            "optional_numbers.1: Must be at least -128 and at most 127.",
            "set.1: Enter a whole number.",
        ]
    );
    assert_eq!(
        errors(json!({ "rows": [{ "numbers": [1] }, { "numbers": ["x", 1] }] })).await,
        ["rows.1.numbers.0: Enter a whole number."]
    );
}

#[tokio::test]
async fn reports_items_of_other_types_beside_other_errors() {
    assert_eq!(
        errors(json!({ "texts": ["a", 1, " ", "b\n", null, {}] })).await,
        [
            "texts.1: Must be text.",
            "texts.2: This field is required.",
            "texts.3: Must be one line without control characters.",
            "texts.4: This field is required.",
            "texts.5: Must be text.",
        ]
    );
    assert_eq!(
        errors(json!({ "sizes": ["small", "huge", 1], "rooms": [1, "x"] })).await,
        [
            "rooms.1: Choose one of the options.",
            "sizes.1: Choose one of the options.",
            "sizes.2: Choose one of the options.",
        ]
    );
}

#[tokio::test]
async fn reports_every_item_that_is_not_among_dynamic_choices() {
    assert_eq!(
        errors(json!({ "rooms": [7, 1, 8] })).await,
        [
            "rooms.0: Choose one of the options.",
            "rooms.2: Choose one of the options.",
        ]
    );
}

#[tokio::test]
async fn accepts_null_in_a_list_of_optional_values() {
    let none: [&str; 0] = [];
    assert_eq!(
        errors(json!({ "optional_texts": ["a", null, ""] })).await,
        none
    );
}

#[tokio::test]
async fn posted_lists_have_the_same_errors() {
    let app = app();
    let texts = ["1", "2.5", "x", "-1", "", "07"];
    let fields: Vec<_> = (0..)
        .zip(texts)
        .map(|(index, text): (u32, _)| (format!("numbers.{index}"), text.to_owned()))
        .collect();
    let values = app.form("lists").unwrap().shape.parse_fields(&fields);
    assert_eq!(values["numbers"], json!([1, 2.5, "x", -1, null, 7]));
    assert_eq!(
        errors(values).await,
        [
            "numbers.1: Enter a whole number.",
            "numbers.2: Enter a whole number.",
            "numbers.3: Must be at least 0 and at most 4294967295.",
            "numbers.4: This field is required.",
        ]
    );
}

#[tokio::test]
async fn an_optional_list_with_a_minimum_can_be_left_out() {
    let values = app().form("lists").unwrap().shape.parse_fields(&[]);
    assert_eq!(values["named"], Value::Null);
    assert!(errors(values).await.is_empty());
    assert_eq!(
        errors(json!({ "named": [] })).await,
        ["named: Must have at least 1 item."]
    );
}

#[tokio::test]
async fn of_many_items_are_limited() {
    let app = Registry::new().form::<Lists>().build().unwrap();
    let rows = vec![json!({ "numbers": ["x", "y", 1] }); 900];
    for values in [
        json!({ "numbers": vec!["x"; 900] }),
        json!({ "rooms": vec![7; 900] }),
        json!({ "rows": rows }),
        json!({ "texts": vec![1; 900], "numbers": vec!["x"; 900], "rows": rows }),
    ] {
        let error = call(&app, "lists.submit", values.clone())
            .await
            .unwrap_err();
        assert_eq!(error.fields().len(), MAX_FIELD_ERRORS);
        let validated = call(&app, "lists.validate", json!({ "values": values })).await;
        let errors = validated.unwrap()["errors"].clone();
        assert_eq!(errors.as_object().unwrap().len(), MAX_FIELD_ERRORS);
    }
}
