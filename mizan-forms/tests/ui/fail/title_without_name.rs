use mizan_forms::Form;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(title = "Contact us")]
struct Contact {
    message: String,
}

fn main() {}
