use mizan_forms::Form;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Form, Deserialize, JsonSchema)]
#[form(name = "contact")]
struct Contact {
    message: String,
}

fn main() {}
