//! Every constraint of `validator` on the fields of a form, with each type that takes it.
#![deny(warnings, clippy::all, clippy::pedantic)]

use std::borrow::Cow;

use jiff::civil::Date;
use mizan_core::{Cx, Error, Registry};
use mizan_forms::{Form, FormHandler, RegisterForm};
use schemars::JsonSchema;
use serde::Deserialize;
use validator::{Validate, ValidationError};

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "constraints")]
struct Constraints {
    #[validate(length(min = 8))]
    password: String,
    #[validate(must_match(other = "password", message = "The passwords differ."))]
    again: String,
    pin: u32,
    #[validate(must_match(other = "pin"), range(min = 1))]
    pin_again: u32,
    #[validate(custom(function = any_text))]
    text: String,
    #[validate(custom(function = any_text), custom(function = "any_text", message = "Again."))]
    optional_text: Option<String>,
    #[validate(custom(function = any_text))]
    shared: Cow<'static, str>,
    #[validate(custom(function = even))]
    number: i32,
    #[validate(custom(function = even, code = "odd"), range(max = 10))]
    optional_number: Option<i32>,
    #[validate(custom(function = any_share))]
    share: Option<f64>,
    #[validate(custom(function = any_date))]
    date: Date,
    #[validate(custom(function = any_date))]
    optional_date: Option<Date>,
    #[validate(custom(function = any_list), length(max = 3))]
    list: Vec<u32>,
    #[validate(custom(function = any_list))]
    optional_list: Option<Vec<u32>>,
}

fn any_text(_: &str) -> Result<(), ValidationError> {
    Ok(())
}

fn even(number: i32) -> Result<(), ValidationError> {
    if number % 2 == 0 { Ok(()) } else { Err(ValidationError::new("odd")) }
}

fn any_share(_: f64) -> Result<(), ValidationError> {
    Ok(())
}

fn any_date(_: &Date) -> Result<(), ValidationError> {
    Ok(())
}

fn any_list(_: &[u32]) -> Result<(), ValidationError> {
    Ok(())
}

impl FormHandler for Constraints {
    type Output = ();
    type Error = Error;

    async fn submit(self, _: &Cx) -> Result<(), Error> {
        let _ = (self.password, self.again, self.pin, self.pin_again);
        let _ = (self.text, self.optional_text, self.shared, self.number);
        let _ = (self.optional_number, self.share, self.date, self.optional_date);
        let _ = (self.list, self.optional_list);
        Ok(())
    }
}

fn main() {
    let registry = Registry::new().form::<Constraints>();
    assert!(registry.manifest().is_ok());
}
