//! The manifest of a form.

use mizan_core::Registry;
use mizan_forms::{Form, FormHandler, RegisterForm};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use validator::Validate;

use crate::app::registry;

fn manifest() -> Value {
    registry().manifest().unwrap().as_json().clone()
}

fn function(name: &str) -> Value {
    let manifest = manifest();
    let functions = manifest["functions"].as_array().unwrap();
    functions
        .iter()
        .find(|function| function["name"] == name)
        .unwrap()
        .clone()
}

#[test]
fn describes_fields() {
    let manifest = manifest();
    let [form] = &manifest["forms"].as_array().unwrap()[..] else {
        panic!("the manifest has one form");
    };
    let mut form = form.clone();
    let source = form.as_object_mut().unwrap().remove("source").unwrap();
    assert!(source["file"].as_str().unwrap().ends_with("app.rs") && source["line"].is_u64());
    assert_eq!(
        form,
        json!({
            "name": "contact",
            "title": "Contact us",
            "docs": "Write to us.\n\nWe answer within a day.",
            "redirect": "/thanks",
            "fields": [
                {
                    "name": "fullName", "widget": "text", "label": "Your name", "placeholder": "Ada",
                    "required": true, "autocomplete": "name", "min_length": 1, "max_length": 10,
                },
                {
                    "name": "email", "widget": "email", "label": "Email", "help": "We never share it.",
                    "required": true,
                },
                {
                    "name": "message", "widget": "textarea", "label": "Message", "rows": 5,
                    "max_length": 15, "max_bytes": 20,
                },
                {
                    "name": "image", "widget": "image", "label": "Image",
                    "accept": "image/png, image/jpeg", "max_bytes": 2_000_000,
                },
                {
                    "name": "phones", "widget": "list", "label": "Phones",
                    "fields": [
                        {
                            "name": "the-number", "widget": "tel", "label": "The number", "required": true,
                            "min_length": 3, "max_length": 9,
                        },
                        {
                            "name": "kind", "widget": "select", "label": "Kind", "required": true,
                            "choices": [
                                { "value": "home", "label": "At home" },
                                { "value": "mobile_phone", "label": "Mobile phone" },
                            ],
                        },
                        { "name": "scan", "widget": "file", "label": "Scan", "accept": "application/pdf" },
                    ],
                    "list": { "min": 0, "max": 2 },
                },
                { "name": "country", "widget": "select", "label": "Country", "dynamic_choices": true },
                { "name": "secret", "widget": "password", "label": "Secret" },
                {
                    "name": "account", "widget": "number", "label": "Account", "min": 0, "max": 4_294_967_295_u32,
                    "disabled": true,
                },
            ],
        })
    );
}

#[test]
fn adds_form_rules_to_input_schema() {
    let submit = function("contact.submit");
    assert_eq!(
        (&submit["kind"], &submit["error"]),
        (&json!("mutation"), &json!("ContactError"))
    );
    assert_eq!(submit["affects"], json!(["messages"]));
    let input = &submit["input"];
    assert_eq!(input["additionalProperties"], false);
    assert_eq!(input["required"], json!(["fullName", "email"]));
    let property = |name: &str| &input["properties"][name];
    assert_eq!(
        (property("account"), property("tenant")),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        property("fullName")["x-checks"],
        json!({
            "notBlank": true, "singleLine": true,
            "messages": { "length": "please tell us your name" },
        })
    );
    assert_eq!(property("message")["x-checks"], json!({ "maxBytes": 20 }));
    assert_eq!(
        property("image")["x-checks"],
        json!({ "maxBytes": 2_000_000, "accept": ["image/png", "image/jpeg"] })
    );
    let phone = &manifest()["$defs"]["Phone"];
    assert_eq!(phone["additionalProperties"], false);
    assert_eq!(
        phone["properties"]["the-number"]["x-checks"],
        json!({ "notBlank": true, "singleLine": true })
    );
}

#[test]
fn validate_accepts_partial_values() {
    let validate = function("contact.validate");
    assert_eq!(validate["kind"], "query");
    let values = &validate["input"]["properties"]["values"];
    assert_eq!(values["required"], Value::Null);
    assert_eq!(values["properties"]["fullName"]["maxLength"], 10);
    let schema = function("contact.schema");
    assert_eq!(
        (&schema["kind"], &schema["input"]),
        (&json!("query"), &Value::Null)
    );
}

macro_rules! form {
    ($form:ident) => {
        impl FormHandler for $form {
            type Output = ();
            type Error = mizan_core::Error;

            async fn submit(self, _: &mizan_core::Cx) -> Result<(), mizan_core::Error> {
                Ok(())
            }
        }
    };
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "tree")]
struct Tree {
    #[validate(nested)]
    root: Node,
}

#[derive(Form, Deserialize, JsonSchema, Serialize, Validate)]
struct Node {
    #[validate(nested)]
    children: Vec<Node>,
}

#[expect(dead_code, reason = "the form is never submitted")]
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "mismatch")]
struct Mismatch {
    #[field(widget = "checkbox")]
    name: String,
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "held")]
struct Held {
    #[validate(nested)]
    inner: Inner,
}

#[derive(Form, Deserialize, JsonSchema, Serialize, Validate)]
struct Inner {
    #[field(server_only)]
    id: u32,
}

form!(Tree);
form!(Mismatch);
form!(Held);

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "deep")]
struct Deep {
    #[validate(nested)]
    outer: Vec<Outer>,
}

#[derive(Form, Deserialize, JsonSchema, Serialize, Validate)]
struct Outer {
    #[validate(nested)]
    inner: Vec<Leaf>,
}

#[derive(Form, Deserialize, JsonSchema, Serialize, Validate)]
struct Leaf {
    on: bool,
}

form!(Deep);

#[tokio::test]
async fn limits_total_rows_of_nested_lists() {
    let app = Registry::new().form::<Deep>().build().unwrap();
    let fields: Vec<_> = (0..500)
        .map(|i| (format!("outer.{i}.inner.999.on"), "on".to_owned()))
        .collect();
    let values = app.form("deep").unwrap().shape.parse_fields(&fields);
    let rows = values["outer"].as_array().unwrap();
    let inner = rows
        .iter()
        .map(|row| row["inner"].as_array().map_or(0, Vec::len));
    assert!(inner.sum::<usize>() <= 10_000);
    let rejected = crate::app::call(&app, "deep.submit", values)
        .await
        .unwrap_err();
    assert!(
        crate::app::field_errors(&rejected)
            .iter()
            .any(|line| line.ends_with("Unknown field."))
    );
}

#[test]
#[should_panic(expected = "the field `root.children.*` of the form `tree` contains its own type")]
fn rejects_recursive_group() {
    let _ = Registry::new().form::<Tree>();
}

#[test]
#[should_panic(expected = "`name` of the form `mismatch` cannot have the widget `checkbox`")]
fn rejects_widget_that_does_not_fit_type() {
    let _ = Registry::new().form::<Mismatch>();
}

#[test]
#[should_panic(
    expected = "`inner.id` of the form `held` cannot be `server_only` or `disabled` inside"
)]
fn rejects_server_only_field_in_group() {
    let _ = Registry::new().form::<Held>();
}
