//! A form and a function with every constraint.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use mizan_core::{Cx, Error, Registry, client};
use mizan_forms::{Form, FormHandler, RegisterForm};
use regex::Regex;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use validator::Validate;

/// The field with bytes, which only the function has: no control of a form holds bytes.
pub(super) const BYTES: &str = "bytes";

static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new("(?i)^[a-f]{2}-[0-9]+$").unwrap());

#[expect(dead_code, reason = "the fields are only validated")]
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "constrained")]
struct Constrained {
    #[validate(length(min = 2, max = 5))]
    length: String,
    #[validate(length(equal = 3, message = "Three letters."))]
    exact: String,
    #[validate(length(max = 4))]
    optional: Option<String>,
    #[validate(email)]
    email: String,
    #[validate(url(message = "Not a link."))]
    url: String,
    #[validate(regex(path = *CODE))]
    code: String,
    #[validate(contains(pattern = "@", message = "Needs an at."))]
    with_at: String,
    #[validate(contains(pattern = "."))]
    with_dot: String,
    #[validate(does_not_contain(pattern = "a"))]
    without: String,
    #[validate(range(min = -5, max = 10))]
    range: i32,
    #[validate(range(max = 100))]
    at_most: u8,
    #[validate(range(min = 3, message = "Three or more."))]
    at_least: i8,
    #[validate(range(exclusive_min = 0.0, exclusive_max = 1.0))]
    share: f64,
    #[validate(range(min = 1))]
    optional_number: Option<u16>,
    whole: u32,
    #[validate(length(min = 1, max = 3))]
    tags: Vec<String>,
    #[validate(length(equal = 2, message = "Two tags."))]
    pair: Vec<String>,
    secret: String,
    #[validate(must_match(other = "secret", message = "Repeat it."))]
    again: String,
    big: i64,
    unsigned: u64,
    #[client(as_number)]
    safe: u64,
    id: Uuid,
    price: Decimal,
    day: Date,
    clock: Time,
    local: DateTime,
    moment: Timestamp,
}

impl FormHandler for Constrained {
    type Output = ();
    type Error = Error;

    async fn submit(self, _: &Cx) -> Result<(), Error> {
        Ok(())
    }
}

#[client]
#[expect(
    clippy::too_many_arguments,
    reason = "one argument for each constraint"
)]
async fn check(
    #[validate(length(min = 2, max = 5))] length: String,
    #[validate(length(equal = 3, message = "Three letters."))] exact: String,
    #[validate(length(max = 4))] optional: Option<String>,
    #[validate(email)] email: String,
    #[validate(url(message = "Not a link."))] url: String,
    #[validate(regex(path = *CODE))] code: String,
    #[validate(contains(pattern = "@", message = "Needs an at."))] with_at: String,
    #[validate(contains(pattern = "."))] with_dot: String,
    #[validate(does_not_contain(pattern = "a"))] without: String,
    #[validate(range(min = -5, max = 10))] range: i32,
    #[validate(range(max = 100))] at_most: u8,
    #[validate(range(min = 3, message = "Three or more."))] at_least: i8,
    #[validate(range(exclusive_min = 0.0, exclusive_max = 1.0))] share: f64,
    #[validate(range(min = 1))] optional_number: Option<u16>,
    whole: u32,
    #[validate(length(min = 1, max = 3))] tags: Vec<String>,
    #[validate(length(equal = 2, message = "Two tags."))] pair: Vec<String>,
    secret: String,
    #[validate(must_match(other = "secret", message = "Repeat it."))] again: String,
    big: i64,
    unsigned: u64,
    #[client(as_number)] safe: u64,
    id: Uuid,
    price: Decimal,
    day: Date,
    clock: Time,
    local: DateTime,
    moment: Timestamp,
    #[serde(with = "mizan_core::wire::Base64::<Vec<u8>>")] bytes: Vec<u8>,
) -> Result<(), Error> {
    let _ = (
        length, exact, optional, email, url, code, with_at, with_dot, without,
    );
    let _ = (range, at_most, at_least, share, optional_number, whole);
    let _ = (tags, pair, secret, again);
    let _ = (big, unsigned, safe, id, price, day, clock, local, moment);
    let _ = bytes;
    Ok(())
}

pub(crate) fn registry() -> Registry {
    Registry::new().form::<Constrained>().function::<Check>()
}

/// Returns valid values of the form.
pub(super) fn base() -> Map<String, Value> {
    let Value::Object(base) = json!({
        "length": "abc", "exact": "abc", "optional": null, "email": "a@example.org",
        "url": "https://example.org", "code": "ab-1", "with_at": "@", "with_dot": ".",
        "without": "b", "range": 1, "at_most": 1, "at_least": 5, "share": 0.5,
        "optional_number": null, "whole": 1, "tags": ["a"], "pair": ["a", "b"],
        "secret": "abc", "again": "abc", "big": 1, "unsigned": 1, "safe": 1,
        "id": "67e55044-10b1-426f-9247-bb680e5fe0c8", "price": "12.50", "day": "2026-01-31",
        "clock": "18:30:00", "local": "2026-01-31T18:30:00", "moment": "2026-01-31T18:30:00Z",
    }) else {
        unreachable!("the base is an object")
    };
    base
}
