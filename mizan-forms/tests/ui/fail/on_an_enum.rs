use mizan_forms::Form;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

#[derive(Form)]
enum Contact {
    Message,
}

fn main() {}
