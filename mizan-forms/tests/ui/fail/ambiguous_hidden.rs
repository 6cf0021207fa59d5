use mizan_forms::Form;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "contact")]
struct Contact {
    #[field(hidden)]
    campaign: String,
}

fn main() {}
