//! Accepted and rejected values for every kind of field.
//!
//! `tests/verdicts.json` contains the cases and `tests/verdicts.manifest.json` the manifest of the form. The
//! tests of the generated client run the same cases.

use std::path::Path;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use mizan_core::{App, Cx, Error, Principal, Registry, Upload};
use mizan_forms::functions::ValidateQuery;
use mizan_forms::{Form, FormHandler, RegisterForm};
use regex::Regex;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use validator::{Validate, ValidationError};

static PATTERN: LazyLock<Regex> = LazyLock::new(|| Regex::new("^[a-z]{2}-[0-9]{2}$").unwrap());

/// One field of each kind.
#[expect(dead_code, reason = "the fields are only validated")]
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "verdicts")]
struct Verdicts {
    text: String,
    optional_text: Option<String>,
    #[field(blank)]
    blank_text: String,
    #[validate(length(min = 2, max = 5, message = "Use 2 to 5 letters."))]
    short_text: String,
    #[field(max_bytes = 4)]
    few_bytes: String,
    #[validate(regex(path = *PATTERN, message = "Write it as in ab-12."))]
    #[schemars(regex(pattern = "^[a-z]{2}-[0-9]{2}$"))]
    pattern: String,
    #[validate(email)]
    email: String,
    #[field(widget = "password")]
    password: String,
    #[validate(url)]
    url: String,
    #[field(widget = "tel")]
    tel: String,
    #[field(widget = "search")]
    search: String,
    #[field(widget = "textarea")]
    textarea: String,
    #[validate(range(min = -5, max = 10))]
    whole: i32,
    small: u8,
    word: u32,
    #[validate(range(max = 1.0, message = "at most one"))]
    number: f64,
    #[field(widget = "range")]
    #[validate(range(min = 0, max = 100))]
    range: u8,
    #[field(widget = "decimal")]
    decimal: String,
    exact: Decimal,
    checkbox: bool,
    #[field(widget = "date")]
    date: String,
    civil_date: Date,
    #[field(widget = "time")]
    time: String,
    civil_time: Time,
    #[field(widget = "datetime-local")]
    datetime: String,
    civil_datetime: DateTime,
    instant: Timestamp,
    #[field(widget = "color")]
    color: String,
    select: Colour,
    #[field(widget = "radio")]
    radio: Colour,
    #[field(choices("de" = "Germany", "at" = "Austria"))]
    listed: String,
    optional_select: Option<Colour>,
    several: Vec<Colour>,
    #[validate(length(max = 3))]
    tags: Vec<String>,
    #[field(widget = "hidden")]
    hidden: String,
    #[validate(nested)]
    group: Named,
    #[validate(nested, length(min = 1, max = 2), custom(function = no_twins))]
    rows: Vec<Named>,
    file: Option<Upload>,
    #[field(widget = "image")]
    image: Option<Upload>,
}

fn no_twins(rows: &[Named]) -> Result<(), ValidationError> {
    match rows {
        [first, second] if first.name == second.name => {
            Err(ValidationError::new("twins").with_message("are the same".into()))
        }
        _ => Ok(()),
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Colour {
    Red,
    /// As the sea.
    DarkBlue,
}

#[derive(Form, Deserialize, JsonSchema, Serialize, Validate)]
struct Named {
    name: String,
}

impl FormHandler for Verdicts {
    type Output = ();
    type Error = Error;

    async fn submit(self, _: &Cx) -> Result<(), Error> {
        Ok(())
    }
}

#[derive(Deserialize)]
struct Table {
    base: serde_json::Map<String, Value>,
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    field: String,
    value: Value,
    accepted: bool,
    path: Option<String>,
    message: Option<String>,
}

fn table() -> Table {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verdicts.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn registry() -> Registry {
    Registry::new().form::<Verdicts>()
}

async fn errors(app: &App, table: &Table, field: &str, value: Value) -> Value {
    let mut values = table.base.clone();
    values.insert(field.to_owned(), value);
    let call = ValidateQuery::<Verdicts>::new(Value::Object(values));
    let errors = app
        .call_as(Principal::anonymous(), call)
        .await
        .unwrap()
        .errors;
    json!(errors)
}

#[tokio::test]
async fn server_verdicts_match_table() {
    let (app, table) = (registry().build().unwrap(), table());
    let mut mismatches = Vec::new();
    for case in &table.cases {
        let errors = errors(&app, &table, &case.field, case.value.clone()).await;
        let path = case.path.as_ref().unwrap_or(&case.field);
        let expected = match &case.message {
            None => json!({}),
            Some(message) => json!({ path.as_str(): [message] }),
        };
        let joined = |errors: &Value| {
            errors[path].as_array().map(|messages| {
                let messages: Vec<_> = messages.iter().filter_map(Value::as_str).collect();
                messages.join(" ")
            })
        };
        assert_eq!(case.accepted, case.message.is_none(), "{case:?}");
        let same = joined(&errors) == joined(&expected)
            && errors.as_object().map(serde_json::Map::len)
                == expected.as_object().map(serde_json::Map::len);
        if !same {
            mismatches.push(format!(
                "{} {}: got {errors}, expected {expected}",
                case.field, case.value
            ));
        }
    }
    assert!(mismatches.is_empty(), "{}", mismatches.join("\n"));
}

#[test]
fn every_field_has_accepted_and_rejected_cases() {
    let table = table();
    let manifest = registry().manifest().unwrap();
    for field in manifest.as_json()["forms"][0]["fields"].as_array().unwrap() {
        let name = field["name"].as_str().unwrap();
        let of = |accepted| {
            let mut cases = table.cases.iter();
            cases.any(|case| case.field == name && case.accepted == accepted)
        };
        assert!(of(true), "no accepted case for {name}");
        let accepts_all = ["hidden", "file", "image"].contains(&name);
        assert!(of(false) || accepts_all, "no rejected case for {name}");
    }
}

/// `UPDATE_EXPECT=1` updates the file.
#[test]
fn manifest_of_table_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verdicts.manifest.json");
    let mut manifest = registry().manifest().unwrap().as_json().clone();
    for section in ["functions", "forms"] {
        for entry in manifest[section].as_array_mut().unwrap() {
            entry["source"]["line"] = json!(0);
        }
    }
    let current = format!("{manifest:#}\n");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&file, &current).unwrap();
    }
    assert!(
        std::fs::read_to_string(&file).unwrap_or_default() == current,
        "{} is out of date: run the tests with UPDATE_EXPECT=1",
        file.display()
    );
}

#[tokio::test]
async fn handles_naughty_strings() {
    let (app, table) = (registry().build().unwrap(), table());
    let mut strings: Vec<String> = ["", "\u{0}", "\u{202e}", "👩‍👩‍👧‍👦", "__proto__", "1e309", "-0"]
        .map(str::to_owned)
        .into();
    match std::env::var_os("MIZAN_TEST_DATA") {
        Some(folder) => {
            let list = std::fs::read(Path::new(&folder).join("naughty-strings.json")).unwrap();
            strings.extend(serde_json::from_slice::<Vec<String>>(&list).unwrap());
        }
        None => println!("MIZAN_TEST_DATA is not set: testing only a few strings"),
    }
    for text in &strings {
        let is_blank = text.chars().all(char::is_whitespace);
        let is_line = !text.chars().any(char::is_control);
        for (field, accepted) in [
            ("text", !is_blank && is_line),
            ("optional_text", is_line),
            ("textarea", !is_blank),
            ("whole", false),
            ("checkbox", false),
            ("select", false),
            ("color", false),
            ("group", false),
            ("rows", false),
            ("file", false),
        ] {
            let errors = errors(&app, &table, field, json!(text)).await;
            assert_eq!(errors == json!({}), accepted, "{field} {text:?}: {errors}");
        }
    }
}

#[tokio::test]
async fn converts_posted_texts_of_every_kind() {
    let app = registry().build().unwrap();
    let mut fields = Vec::new();
    for (name, value) in &table().base {
        let mut text = |path: &str, text: &str| fields.push((path.to_owned(), text.to_owned()));
        match (&**name, value) {
            ("checkbox", _) => text(name, "on"),
            ("several", _) => {
                text(name, "red");
                text(name, "dark_blue");
            }
            ("tags", _) => text("tags.0", "a"),
            ("group", _) => text("group.name", "a"),
            ("rows", _) => text("rows.0.name", "a"),
            ("instant", _) => text(name, "2026-01-31T18:30"),
            (_, Value::String(value)) => text(name, value),
            (_, value) => text(name, &format!(" {value} ")),
        }
    }
    fields.push(("optional_text".to_owned(), String::new()));
    fields.push(("optional_select".to_owned(), String::new()));
    let values = app.form("verdicts").unwrap().shape.parse_fields(&fields);
    let mut expected = table().base;
    for (name, value) in [
        ("several", json!(["red", "dark_blue"])),
        ("tags", json!(["a"])),
        ("optional_text", Value::Null),
        ("optional_select", Value::Null),
    ] {
        expected.insert(name.to_owned(), value);
    }
    assert_eq!(values, Value::Object(expected));
    assert_eq!(all_errors(&app, values).await, json!({}));

    let empty = app.form("verdicts").unwrap().shape.parse_fields(&[]);
    assert_eq!(empty["checkbox"], json!(false));
    assert_eq!(
        (&empty["several"], &empty["rows"]),
        (&json!([]), &json!([]))
    );
    let value_of = |name: &str, text: &str| {
        let fields = [(name.to_owned(), text.to_owned())];
        app.form("verdicts").unwrap().shape.parse_fields(&fields)[name].clone()
    };
    for (name, text, value) in [
        ("whole", "", Value::Null),
        ("whole", "five", json!("five")),
        ("whole", "[1]", json!("[1]")),
        ("whole", "1e400", json!("1e400")),
        ("number", "0.25", json!(0.25)),
        ("checkbox", "maybe", json!("maybe")),
        ("select", "", Value::Null),
        ("text", "", json!("")),
        ("textarea", "a\r\nb", json!("a\nb")),
    ] {
        assert_eq!(value_of(name, text), value, "{name} {text:?}");
    }
}

async fn all_errors(app: &App, values: Value) -> Value {
    let call = app.call_as(
        Principal::anonymous(),
        ValidateQuery::<Verdicts>::new(values),
    );
    json!(call.await.unwrap().errors)
}
