use mizan_core::Registry;
use mizan_forms::{Form, RegisterForm};
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "contact")]
struct Contact {
    message: String,
}

fn main() {
    let _ = Registry::new().form::<Contact>();
}
