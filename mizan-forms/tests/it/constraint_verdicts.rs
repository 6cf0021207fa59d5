//! Generated values for every constraint: the same verdict and message from `validate`, `submit`, a
//! posted HTML form, and a function with the same constraints.
//!
//! `tests/constraint_verdicts.json` contains a part of the values with the messages, and
//! `tests/constraint_verdicts.manifest.json` the manifest. A test of the generated client compares the
//! Zod schemas with them. `UPDATE_EXPECT=1` updates both files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use mizan_core::{App, Cx, Error, Registry, client};
use mizan_forms::{Form, FormHandler, RegisterForm};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use regex::Regex;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use uuid::Uuid;
use validator::Validate;

use crate::app::call_json;

static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new("(?i)^[a-f]{2}-[0-9]+$").unwrap());

/// The number of values for each field that the server checks in every way.
const CHECKED: usize = 200;
/// The number of values for each field in the table.
const IN_TABLE: usize = 90;

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

fn base() -> Map<String, Value> {
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

/// The field with bytes, which only the function has: no control of a form holds bytes.
const BYTES: &str = "bytes";

/// Numbers as JSON that a [`Value`] cannot hold, or writes in another way.
const NUMBERS: [&str; 11] = [
    "-0",
    "0.0",
    "1.0",
    "1e0",
    "100e-2",
    "1e400",
    "-1e400",
    "1e-400",
    "1234567890123456789012345678901234567890",
    "-1234567890123456789012345678901234567890",
    "0.1234567890123456789012345678901234567890",
];

/// Returns values as JSON that [`values`] does not generate.
fn other_values(field: &str) -> Vec<String> {
    match &base().get(field) {
        Some(Value::Number(_)) => NUMBERS.map(str::to_owned).to_vec(),
        None if field == "optional_number" => NUMBERS.map(str::to_owned).to_vec(),
        _ if field == "price" => ["12.5", "-0", NUMBERS[8], NUMBERS[10]]
            .map(str::to_owned)
            .to_vec(),
        _ => texts_of(field)
            .iter()
            .map(|text| json!(text).to_string())
            .collect(),
    }
}

/// Values near the limits of the constraint of a field, and of other types.
fn values(field: &str) -> BoxedStrategy<Value> {
    let other = select(vec![json!(null), json!(true), json!([]), json!({})]);
    let text = "[a-cA-F0-9@.é😀 -]{0,7}".prop_map(Value::from);
    let near = |texts: &'static [&str]| select(texts).prop_map(Value::from);
    let number = || {
        prop_oneof![
            4 => (-12_i64..12).prop_map(Value::from),
            2 => select(vec![
                127_i64, 128, -128, -129, 255, 256, 100, 101, 65_535, 65_536, 2_147_483_647,
                2_147_483_648, -2_147_483_648, -2_147_483_649, 4_294_967_295, 4_294_967_296,
                9_007_199_254_740_991,
            ]).prop_map(Value::from),
            2 => select(vec![
                0.5_f64, 1.0, 0.0, -0.0, 1e21, 1e300, -1.5, 0.999_999_999_999_999_9, 5e-324, 1e10,
            ]).prop_map(Value::from),
            1 => (-2.0_f64..2.0).prop_map(Value::from),
        ]
        .prop_map(|number| as_in_javascript(&number))
    };
    match field {
        "big" | "unsigned" | "safe" => prop_oneof![
            6 => select(integers()),
            2 => number(),
            1 => near(&["1", "a", "", " "]),
            1 => other,
        ]
        .boxed(),
        "id" | "price" | "day" | "clock" | "local" | "moment" | BYTES => prop_oneof![
            12 => near(texts_of(field)),
            1 => text,
            1 => other,
        ]
        .boxed(),
        "email" => prop_oneof![
            4 => "[a-z.+]{0,3}@?[a-z-]{0,4}(\\.[a-z]{1,3})?".prop_map(Value::from),
            2 => text,
            1 => other,
        ]
        .boxed(),
        "url" => prop_oneof![
            4 => "(https?|ftp|mailto)?:?/{0,2}[a-z0-9.]{0,6}(:[0-9]{1,6})?(/[a-z]{0,3})?"
                .prop_map(Value::from),
            2 => text,
            1 => other,
        ]
        .boxed(),
        "code" => prop_oneof![
            4 => "[a-gA-G]{1,3}-?[0-9]{0,3}".prop_map(Value::from),
            2 => text,
            1 => other,
        ]
        .boxed(),
        "again" => prop_oneof![
            2 => near(&["abc", "ABC", "abc ", "ab", "abcd"]),
            2 => text,
            1 => other,
        ]
        .boxed(),
        "range" | "at_most" | "at_least" | "share" | "optional_number" | "whole" => prop_oneof![
            8 => number(),
            1 => near(&["1", "a", "", " "]),
            1 => other,
        ]
        .boxed(),
        "tags" | "pair" => prop_oneof![
            6 => prop::collection::vec("[a-c]{1,2}", 0..5).prop_map(|tags| json!(tags)),
            1 => text,
            1 => other,
        ]
        .boxed(),
        _ => prop_oneof![
            8 => text,
            2 => near(&["", " ", "ab", "abc", "abcde", "😀😀😀😀😀", "👩‍👩‍👧", "\u{301}a", "a\u{0}b"]),
            1 => number(),
            1 => other,
        ]
        .boxed(),
    }
}

/// Integers at and beyond the limits of 64 bits and of a JavaScript number.
fn integers() -> Vec<Value> {
    vec![
        json!(0),
        json!(-1),
        json!(9_007_199_254_740_991_i64),
        json!(9_007_199_254_740_992_i64),
        json!(9_007_199_254_740_993_i64),
        json!(-9_007_199_254_740_993_i64),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(i64::MAX as u64 + 1),
        json!(u64::MAX),
        json!(1.5),
    ]
}

/// Texts at the limits of a type.
fn texts_of(field: &str) -> &'static [&'static str] {
    match field {
        "id" => &[
            "67e55044-10b1-426f-9247-bb680e5fe0c8",
            "67E55044-10B1-426F-9247-BB680E5FE0C8",
            "67e5504410b1426f9247bb680e5fe0c8",
            "urn:uuid:67e55044-10b1-426f-9247-bb680e5fe0c8",
            "{67e55044-10b1-426f-9247-bb680e5fe0c8}",
            "67e55044-10b1-426f-9247-bb680e5fe0c",
            "67e55044-10b1-426f-9247-bb680e5fe0cg",
            "67e5-5044-10b1-426f-9247-bb680e5fe0c8",
            "",
        ],
        "price" => &[
            "12.50",
            "0",
            "-0",
            "-0.0",
            "007.10",
            ".5",
            "5.",
            "1e5",
            "1E-5",
            "+1",
            "1,5",
            "1_000",
            "",
            " ",
            "-",
            "\u{661}",
            "NaN",
            "inf",
            "79228162514264337593543950335",
            "79228162514264337593543950336",
            "-79228162514264337593543950336",
            "79228162514264337593543950335.4",
            "79228162514264337593543950335.5",
            "1234567890123456789012345678901234567890",
            "0.1234567890123456789012345678901234567890",
            "-0.0000000000000000000000000001",
        ],
        "day" => &[
            "2026-01-31",
            "2024-02-29",
            "2026-02-29",
            "1900-02-29",
            "2000-02-29",
            "2026-04-31",
            "2026-13-01",
            "2026-00-10",
            "2026-01-00",
            "2026-06-31",
            "0001-01-01",
            "0000-01-01",
            "9999-12-31",
            "10000-01-01",
            "+010000-01-01",
            "-000001-01-01",
            "2026-1-1",
            "20260131",
            "2026-01-31T00:00:00",
            "",
        ],
        "clock" => &[
            "18:30",
            "18:30:00",
            "18:30:59",
            "18:30:60",
            "23:59:60",
            "24:00",
            "00:00",
            "1:30",
            "18:30:00.5",
            "18:60",
            "18:30:61",
            "18",
            "18:30Z",
            "",
        ],
        "local" => &[
            "2026-01-31T18:30",
            "2026-01-31T18:30:00",
            "2026-01-31T23:59:60",
            "2026-02-29T18:30",
            "2026-01-31 18:30",
            "2026-01-31T24:00",
            "10000-01-01T00:00",
            "9999-12-31T23:59:59",
            "2026-01-31T18:30:00Z",
            "2026-01-31",
            "",
        ],
        "moment" => &[
            "2026-01-31T18:30:00Z",
            "2026-01-31T18:30:00+01:00",
            "2026-01-31T18:30:00-23:59",
            "2026-01-31T18:30:00.123456789Z",
            "2026-01-31T18:30Z",
            "2016-12-31T23:59:60Z",
            "2026-02-29T18:30:00Z",
            "2026-01-31T18:30:00",
            "2026-01-31t18:30:00z",
            "9999-12-30T22:00:00Z",
            "10000-01-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "2026-01-31T18:30:00+24:00",
            "2026-01-31T18:30:00.Z",
            "",
        ],
        BYTES => &[
            "",
            "AQ==",
            "AQI=",
            "AQID",
            "AQIDBA==",
            "A",
            "AQ",
            "AQI",
            "AQ=",
            "AQ===",
            "AQID=",
            "AQIDBA=",
            "=",
            "====",
            "AR==",
            "AQJ=",
            "AQ==AQ==",
            " AQ==",
            "AQ== ",
            "AQ\n==",
            "A-_=",
            "a/+=",
            "+/+/",
            "\u{e9}Q==",
        ],
        _ => &[],
    }
}

/// Returns a number as JavaScript writes it: `1`, never `1.0` or `-0.0`.
fn as_in_javascript(number: &Value) -> Value {
    match number.as_f64() {
        Some(float) if float.fract() == 0.0 && float.abs() < 1e18 => json!(float as i64),
        _ => number.clone(),
    }
}

/// A value as JSON, and its messages: in the form, and in the function.
#[derive(Debug, serde::Serialize)]
struct Verdict(Box<RawValue>, Messages, Messages);

type Messages = BTreeMap<String, Vec<String>>;

fn registry() -> Registry {
    Registry::new().form::<Constrained>().function::<Check>()
}

async fn messages(app: &App, function: &str, input: String) -> Messages {
    match call_json(app, function, input).await {
        Ok(_) => Messages::new(),
        Err(error) => {
            assert_eq!(error.code(), "invalid", "{error:?}");
            error.fields().clone().into_iter().collect()
        }
    }
}

/// Returns the base with another value of a field, as JSON.
fn with_value(mut base: Map<String, Value>, field: &str, json: &str) -> String {
    base.remove(field);
    let mut all: BTreeMap<String, Box<RawValue>> = base
        .into_iter()
        .map(|(name, value)| (name, serde_json::value::to_raw_value(&value).unwrap()))
        .collect();
    let value = RawValue::from_string(json.to_owned()).unwrap();
    all.insert(field.to_owned(), value);
    serde_json::to_string(&all).unwrap()
}

async fn verdict(app: &App, field: &str, json: &str) -> Verdict {
    let submitted = if field == BYTES {
        Messages::new()
    } else {
        form_verdict(app, field, json).await
    };
    let mut base = base();
    base.insert(BYTES.to_owned(), json!("AQI="));
    let called = messages(app, "check", with_value(base, field, json)).await;
    let value = RawValue::from_string(json.to_owned()).unwrap();
    Verdict(value, submitted, called)
}

async fn form_verdict(app: &App, field: &str, json: &str) -> Messages {
    let all = with_value(base(), field, json);
    let validate = format!(r#"{{"values":{all}}}"#);
    let submitted = messages(app, "constrained.submit", all).await;

    let validated = call_json(app, "constrained.validate", validate).await;
    if is_beyond_doubles(json) {
        // No client can hold the number, so that the whole call is rejected.
        assert_eq!(
            validated.unwrap_err().fields()[&format!("values.{field}")],
            submitted[field]
        );
        return submitted;
    }
    let validated: Messages = serde_json::from_value(validated.unwrap()["errors"].clone()).unwrap();
    assert_eq!(validated, submitted, "validate and submit: {field} {json}");

    if let Some(posted) = posted(app, field, json) {
        let posted = messages(app, "constrained.submit", posted.to_string()).await;
        assert_eq!(posted, submitted, "posted and submitted: {field} {json}");
    }
    submitted
}

/// Returns `true` for JSON numbers that are infinite as a double.
fn is_beyond_doubles(json: &str) -> bool {
    json.parse().is_ok_and(f64::is_infinite)
}

/// Returns the values of a posted HTML form, if it can contain the value.
fn posted(app: &App, field: &str, json: &str) -> Option<Value> {
    let is_number = base()[field].is_number() || field == "optional_number";
    let text = if json.starts_with(['-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']) {
        is_number.then(|| json.to_owned())?
    } else {
        let text: String = serde_json::from_str(json).ok()?;
        (!is_number && !text.contains(['\r', '\n'])).then_some(text)?
    };
    // Without JavaScript, a moment without an offset is in UTC.
    if field == "moment" && text.len() <= "2026-01-31T18:30:00".len() {
        return None;
    }
    if matches!(field, "tags" | "pair") || (field == "optional" && text.is_empty()) {
        return None;
    }
    let mut all = base();
    all.insert(field.to_owned(), Value::from(text));
    let mut fields = Vec::new();
    for (name, value) in all {
        match value {
            Value::String(text) => fields.push((name, text)),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let item = item.as_str().unwrap().to_owned();
                    fields.push((format!("{name}.{index}"), item));
                }
            }
            Value::Null => fields.push((name, String::new())),
            other => fields.push((name, other.to_string())),
        }
    }
    Some(app.form("constrained").unwrap().shape.parse_fields(&fields))
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

#[tokio::test]
async fn every_way_has_the_same_verdict() {
    let app = registry().build().unwrap();
    let mut runner = TestRunner::deterministic();
    let mut table: BTreeMap<String, Vec<Verdict>> = BTreeMap::new();
    let base = base();
    let fields = base.keys().map(String::as_str).chain([BYTES]);
    for field in fields.filter(|field| *field != "secret") {
        let strategy = values(field);
        let generated = (0..CHECKED).map(|_| {
            let value = strategy.new_tree(&mut runner).unwrap().current();
            value.to_string()
        });
        let all: Vec<_> = other_values(field).into_iter().chain(generated).collect();
        let mut verdicts: Vec<Verdict> = Vec::new();
        for json in all {
            let verdict = verdict(&app, field, &json).await;
            let is_new = verdicts.iter().all(|known| known.0.get() != json);
            if is_new && verdicts.len() < IN_TABLE {
                verdicts.push(verdict);
            }
        }
        let is_rejected = |one: &Verdict| !one.2.is_empty();
        assert!(
            verdicts.iter().any(is_rejected) && !verdicts.iter().all(is_rejected),
            "{field}"
        );
        table.insert(field.to_owned(), verdicts);
    }
    let mut lines = Vec::new();
    for (field, verdicts) in &table {
        let verdicts: Vec<_> = verdicts
            .iter()
            .map(|verdict| serde_json::to_string(verdict).unwrap())
            .collect();
        lines.push(format!("\"{field}\": [\n{}\n]", verdicts.join(",\n")));
    }
    let table = format!("{{\"base\": {},\n{}\n}}\n", json!(base), lines.join(",\n"));
    let mut manifest = registry().manifest().unwrap().as_json().clone();
    for section in ["functions", "forms"] {
        for entry in manifest[section].as_array_mut().unwrap() {
            entry["source"]["line"] = json!(0);
        }
    }
    for (name, current) in [
        ("constraint_verdicts.json", table),
        (
            "constraint_verdicts.manifest.json",
            format!("{manifest:#}\n"),
        ),
    ] {
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(path(name), &current).unwrap();
        }
        assert!(
            std::fs::read_to_string(path(name)).unwrap_or_default() == current,
            "{name} is out of date: run the tests with UPDATE_EXPECT=1"
        );
    }
}
