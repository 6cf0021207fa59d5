use mizan_forms::Form;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

#[derive(Form)]
struct Contact<T> {
    message: T,
}

fn main() {}
