use mizan_forms::Form;
use serde::Deserialize;
use validator::Validate;

#[derive(Form, Deserialize, Validate)]
#[form(name = "contact")]
struct Contact {
    message: String,
}

fn main() {}
