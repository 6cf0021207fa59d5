use mizan_core::{Cx, Error, Registry};
use mizan_forms::{Form, FormHandler, RegisterForm};
use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

#[derive(Form, Deserialize, JsonSchema, Validate)]
struct Contact {
    message: String,
}

impl FormHandler for Contact {
    type Output = ();
    type Error = Error;

    async fn submit(self, _: &Cx) -> Result<(), Error> {
        Ok(())
    }
}

fn main() {
    let _ = Registry::new().form::<Contact>();
}
