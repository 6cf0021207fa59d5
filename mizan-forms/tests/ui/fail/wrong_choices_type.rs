use mizan_forms::Form;
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

async fn countries(_: &mizan_core::Cx) -> Result<Vec<String>, mizan_core::Error> {
    Ok(Vec::new())
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "contact")]
struct Contact {
    #[field(choices = countries)]
    country: String,
}

fn main() {}
