use mizan_forms::Form;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

#[derive(Form, Deserialize, JsonSchema, Validate)]
struct Phone {
    #[field(param)]
    id: u32,
}

fn main() {}
