use mizan_forms::Form;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "contact", redirect = "/thank you")]
struct Contact {
    message: String,
}

fn main() {}
