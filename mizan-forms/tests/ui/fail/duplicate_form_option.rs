use mizan_forms::Form;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "contact", name = "contacts")]
struct Contact {
    message: String,
}

fn main() {}
