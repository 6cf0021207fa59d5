use mizan_forms::Form;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

#[derive(Deserialize, JsonSchema)]
struct Address {
    city: String,
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "contact")]
struct Contact {
    #[serde(flatten)]
    address: Address,
}

fn main() {}
