//! Property test: posts without JavaScript, `validate` and `submit` have the same verdict and messages.

use jiff::Timestamp;
use jiff::civil::Date;
use mizan_core::{App, Cx, Error, Registry};
use mizan_forms::{Form, FormHandler, RegisterForm};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use validator::{Validate, ValidationError};

use crate::app::call;

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "verdict")]
#[expect(dead_code, reason = "the fields are only validated")]
struct Verdict {
    #[validate(length(min = 2, max = 4))]
    length: Option<String>,
    #[validate(email)]
    email: Option<String>,
    #[validate(url)]
    url: Option<String>,
    #[validate(contains(pattern = "a", message = "Needs an a."))]
    contains: Option<String>,
    #[validate(range(min = -5, max = 10))]
    whole: Option<i32>,
    #[validate(range(min = 0.5, max = 1.5))]
    number: Option<f64>,
    big: Option<i64>,
    unsigned: Option<u64>,
    small: Option<u8>,
    exact: Option<Decimal>,
    id: Option<Uuid>,
    date: Option<Date>,
    at: Option<Timestamp>,
    kind: Option<Kind>,
    #[validate(custom(function = even))]
    custom: Option<i32>,
    numbers: Option<Vec<u32>>,
    #[validate(length(min = 1, max = 2))]
    texts: Option<Vec<String>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    One,
    Two,
}

fn even(number: i32) -> Result<(), ValidationError> {
    match number % 2 {
        0 => Ok(()),
        _ => Err(ValidationError::new("must_be_even")),
    }
}

impl FormHandler for Verdict {
    type Output = ();
    type Error = Error;

    async fn submit(self, _: &Cx) -> Result<(), Error> {
        Ok(())
    }
}

const SCALARS: [&str; 15] = [
    "length", "email", "url", "contains", "whole", "number", "big", "unsigned", "small", "exact",
    "id", "date", "at", "kind", "custom",
];

/// The text of a control, and the value that the generated client sends for it.
fn value_of(field: &str, text: &str) -> Value {
    let is_number = [
        "whole", "number", "big", "unsigned", "small", "custom", "numbers",
    ];
    if text.is_empty() {
        return Value::Null;
    }
    let is_integer = |text: &str| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number.contains(&field) {
        return json!(text);
    }
    let (control, text) = (text, text.trim());
    let integer = is_integer(text)
        .then(|| text.parse::<i128>().ok())
        .flatten()
        .and_then(|number| {
            let unsigned = u64::try_from(number).ok().map(Value::from);
            unsigned.or_else(|| i64::try_from(number).ok().map(Value::from))
        });
    let float = || {
        let (whole, fraction) = text.split_once('.')?;
        let is_number = (whole.is_empty() || is_integer(whole)) && is_integer(fraction);
        let number: f64 = text.parse().ok()?;
        if !is_number || fraction.starts_with('-') {
            return None;
        }
        // JavaScript has one type of numbers: 1.0 is 1.
        if number.fract() == 0.0 {
            return format!("{number:.0}").parse::<i64>().ok().map(Value::from);
        }
        Some(json!(number))
    };
    // An integer beyond 64 bits is a number too.
    let large = || {
        let number: f64 = text.parse().ok()?;
        is_integer(text).then(|| json!(number))
    };
    integer
        .or_else(float)
        .or_else(large)
        .unwrap_or_else(|| json!(control))
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c@.1 ]{0,6}",
        "-?[0-9]{1,21}",
        "-?[0-9]{1,3}\\.[0-9]{1,3}",
        "[a-z]{1,3}@[a-z]{1,3}\\.org",
        "https?://[a-z]{1,4}\\.org",
        "20[0-9]{2}-[01][0-9]-[0-3][0-9]",
        "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:00Z",
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}",
        Just("one".to_owned()),
        Just("two".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        "\\PC{0,4}",
    ]
}

async fn errors(app: &App, values: &Value) -> Value {
    let input = json!({ "values": values });
    let validated = call(app, "verdict.validate", input).await.unwrap()["errors"].clone();
    let submitted = match call(app, "verdict.submit", values.clone()).await {
        Ok(_) => json!({}),
        Err(error) => json!(error.fields()),
    };
    assert_eq!(validated, submitted, "{values}");
    validated
}

#[test]
fn posts_and_calls_have_the_same_verdict_and_messages() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let app = Registry::new().form::<Verdict>().build().unwrap();
    let mut runner = TestRunner::new_with_rng(
        Config::with_cases(300),
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let texts = proptest::collection::vec(text(), SCALARS.len());
    let rows = proptest::collection::vec(text(), 0..4);
    runner
        .run(&(texts, rows), |(texts, rows)| {
            let mut fields = Vec::new();
            let mut values = Map::new();
            for (name, text) in SCALARS.iter().zip(&texts) {
                fields.push(((*name).to_owned(), text.clone()));
                values.insert((*name).to_owned(), value_of(name, text));
            }
            for list in ["numbers", "texts"] {
                let mut items = Vec::new();
                for (index, text) in rows.iter().enumerate() {
                    fields.push((format!("{list}.{index}"), text.clone()));
                    items.push(match (list, &**text) {
                        ("texts", "") => json!(""),
                        _ => value_of(list, text),
                    });
                }
                let is_empty = items.is_empty();
                let items = if is_empty { Value::Null } else { json!(items) };
                values.insert(list.to_owned(), items);
            }
            let values = Value::Object(values);
            let posted = app.form("verdict").unwrap().shape.parse_fields(&fields);
            runtime.block_on(async {
                assert_eq!(
                    errors(&app, &posted).await,
                    errors(&app, &values).await,
                    "{values}"
                );
            });
            Ok(())
        })
        .unwrap();
}
