//! Decoding of inputs, and errors for invalid inputs.

use std::collections::BTreeMap;

use mizan_core::adapter::MAX_JSON_DEPTH;
use mizan_core::{App, Error, Principal, Registry, client};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{field_errors, result};

#[derive(Deserialize, Serialize, schemars::JsonSchema)]
struct Message {
    message: String,
}

#[client]
async fn echo(text: String) -> Result<Message, Error> {
    Ok(Message { message: text })
}

#[client]
async fn echo_map(map: BTreeMap<String, Value>) -> Result<BTreeMap<String, Value>, Error> {
    Ok(map)
}

#[client]
async fn nothing() -> Result<(), Error> {
    Ok(())
}

#[derive(Deserialize, Serialize, schemars::JsonSchema)]
struct Numbers {
    small: u8,
    large: u64,
    huge: i128,
    float: f64,
    single: f32,
}

#[client(input = NumbersInput)]
async fn numbers(values: Numbers) -> Result<Numbers, Error> {
    Ok(values)
}

#[derive(Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Circle {
    radius: u8,
}

#[derive(Deserialize, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
enum External {
    Circle(Circle),
    Empty,
}

#[derive(Deserialize, Serialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Internal {
    Circle(Circle),
}

#[derive(Deserialize, Serialize, schemars::JsonSchema)]
#[serde(tag = "kind", content = "value", rename_all = "camelCase")]
enum Adjacent {
    Circle(Circle),
}

#[derive(Deserialize, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Circle(Circle),
    Name(String),
}

#[client]
async fn shapes(
    #[serde(default)] external: Vec<External>,
    #[serde(default)] internal: Option<Internal>,
    #[serde(default)] adjacent: Option<Adjacent>,
    #[serde(default)] untagged: Option<Untagged>,
) -> Result<Value, Error> {
    Ok(json!([external, internal, adjacent, untagged]))
}

#[client(input = FlatInput)]
async fn flat(#[serde(flatten)] circle: Flat, name: String) -> Result<u8, Error> {
    let _ = name;
    Ok(circle.radius)
}

#[derive(Deserialize, schemars::JsonSchema)]
struct Flat {
    radius: u8,
}

fn app() -> App {
    Registry::new()
        .function::<Echo>()
        .function::<EchoMap>()
        .function::<Nothing>()
        .function::<NumbersInput>()
        .function::<Shapes>()
        .function::<FlatInput>()
        .build()
        .unwrap()
}

async fn call(name: &str, input: impl AsRef<[u8]>) -> Result<Value, Error> {
    result(&app(), Principal::anonymous(), name, input).await
}

#[tokio::test]
async fn decodes_valid_json() {
    let hi = json!({"message": "hi"});
    for input in [
        r#"{"text":"hi"}"#,
        " \n\t{ \"text\" : \"\\u0068i\" }\r\n",
        r#"{"te\u0078t": "hi"}"#,
    ] {
        assert_eq!(call("echo", input).await.unwrap(), hi, "{input}");
    }
    for input in ["", " ", "{}"] {
        assert_eq!(
            call("nothing", input).await.unwrap(),
            Value::Null,
            "{input}"
        );
    }
}

#[tokio::test]
async fn rejects_malformed_json() {
    let too_deep = format!("{{\"text\": {}", "[".repeat(MAX_JSON_DEPTH));
    for input in [
        &b"{"[..],
        b"text=hi",
        b"{\"text\": \"hi\"",
        b"{\"text\": \"hi\"} {}",
        b"{\"text\": \"hi\",}",
        b"{'text': 'hi'}",
        b"\xef\xbb\xbf{\"text\": \"hi\"}",
        b"{\"text\": \"\xff\"}",
        b"{\"text\": \"\xed\xa0\x80\"}",
        b"{\"text\": \"a\nb\"}",
        b"{\"text\": NaN}",
        b"{\"text\": \"a\", \"text\": \"b\"}",
        b"{\"text\": {\"a\": 1, \"a\": 1}}",
        too_deep.as_bytes(),
    ] {
        let error = call("echo", input).await.unwrap_err();
        let text = String::from_utf8_lossy(input);
        assert_eq!(error.code(), "malformed", "{text}");
        assert!(error.fields().is_empty(), "{text}");
    }
    let twice = call("echo", r#"{"text": "a", "text": "b"}"#)
        .await
        .unwrap_err();
    assert!(
        twice.message().contains(r#"duplicate key "text""#),
        "{twice}"
    );
}

#[tokio::test]
async fn rejects_input_that_does_not_match_the_type() {
    for (name, input, field) in [
        ("echo", "", "text: This field is required."),
        ("echo", "{}", "text: This field is required."),
        ("echo", r#"{"text": null}"#, "text: This field is required."),
        ("echo", r#"{"text": 1}"#, "text: Must be text."),
        (
            "echo",
            r#"{"text": "a", "more": 1}"#,
            "more: Unknown field.",
        ),
        ("echo", r#"{"Text": "a"}"#, "Text: Unknown field."),
        ("nothing", r#"{"more": {}}"#, "more: Unknown field."),
    ] {
        let error = call(name, input).await.unwrap_err();
        assert_eq!(error.code(), "invalid", "{input}");
        assert_eq!(field_errors(&error), [field], "{input}");
    }
    for input in ["[]", "null", "1", "\"text\"", "[\"text\"]"] {
        let error = call("echo", input).await.unwrap_err();
        assert_eq!(error.code(), "invalid", "{input}");
        assert!(error.message().contains("must be a JSON object"), "{error}");
    }
}

#[tokio::test]
async fn limits_the_length_of_errors() {
    let long = "k".repeat(100_000);
    for input in [
        json!({"text": "a", &*long: 1}),
        json!({"text": {&*long: 1}}),
        json!({"text": [long]}),
    ] {
        let error = call("echo", input.to_string()).await.unwrap_err();
        let length = error.message().len() + field_errors(&error).concat().len();
        assert!(length < 1_200, "{length} bytes");
    }
    let twice = format!(r#"{{"{long}": 1, "{long}": 1}}"#);
    assert!(call("echo", twice).await.unwrap_err().message().len() < 300);
}

#[tokio::test]
async fn decodes_numbers_exactly_or_rejects_them() {
    let values = json!({
        "small": 255, "large": u64::MAX, "huge": 1, "float": 0.1, "single": 1.5,
    });
    let with = |name: &str, number: &str| {
        let mut text = json!({ "values": values }).to_string();
        let old = format!("\"{name}\":{}", values[name]);
        assert!(text.contains(&old));
        text = text.replace(&old, &format!("\"{name}\":{number}"));
        text
    };
    assert_eq!(
        call("numbers", with("small", "0")).await.unwrap()["large"],
        json!(u64::MAX)
    );
    for (name, number) in [
        ("small", "256"),
        ("small", "-1"),
        ("small", "1.5"),
        ("large", "18446744073709551616"),
        ("large", "-1"),
        ("huge", "170141183460469231731687303715884105728"),
        ("float", "\"NaN\""),
        ("float", "null"),
    ] {
        let error = call("numbers", with(name, number)).await.unwrap_err();
        let reported = field_errors(&error).concat();
        assert!(
            reported.starts_with(&format!("values.{name}: ")),
            "{number}: {reported}"
        );
    }
    // JSON Schema does not tell them from integers.
    for (number, integer) in [("1.0", 1), ("2e2", 200), ("-0", 0)] {
        let numbers = call("numbers", with("small", number)).await.unwrap();
        assert_eq!(numbers["small"], json!(integer), "{number}");
    }
    // An error in another field must be reported even if the input contains a 128-bit integer.
    let wide = with("huge", "170141183460469231731687303715884105727").replace("255", "256");
    let error = call("numbers", wide).await.unwrap_err();
    assert!(
        field_errors(&error).concat().starts_with("values.small: "),
        "{error}"
    );
}

#[tokio::test]
async fn reports_the_path_in_every_enum_representation() {
    for (input, field) in [
        (
            json!({"external": ["empty", {"circle": {"radius": "x"}}]}),
            "external.1.circle.radius: Enter a whole number.",
        ),
        (
            json!({"external": [{"circle": {}}]}),
            "external.0.circle.radius: This field is required.",
        ),
        (
            json!({"external": ["square"]}),
            "external.0: Choose one of the options.",
        ),
        (
            json!({"internal": {"kind": "circle"}}),
            "internal.radius: This field is required.",
        ),
        (
            json!({"internal": {}}),
            "internal.kind: This field is required.",
        ),
        (
            json!({"internal": {"kind": "circle", "radius": 1, "more": 1}}),
            "internal.more: Unknown field.",
        ),
        (
            json!({"adjacent": {"kind": "circle", "value": {"radius": 256}}}),
            "adjacent.value.radius: Must be at least 0 and at most 255.",
        ),
        (
            json!({"untagged": {"radius": "x"}}),
            "untagged: This value is not valid.",
        ),
    ] {
        let error = call("shapes", input.to_string()).await.unwrap_err();
        assert_eq!(field_errors(&error), [field], "{input}");
    }
    let good = json!({
        "external": ["empty", {"circle": {"radius": 1}}],
        "internal": {"kind": "circle", "radius": 2},
        "adjacent": {"kind": "circle", "value": {"radius": 3}},
        "untagged": "name",
    });
    let members = good.as_object().unwrap().values().cloned().collect();
    assert_eq!(
        call("shapes", good.to_string()).await.unwrap(),
        Value::Array(members)
    );
}

#[tokio::test]
async fn reports_the_path_of_flattened_arguments() {
    assert_eq!(
        call("flat", r#"{"radius": 3, "name": "a"}"#).await.unwrap(),
        json!(3)
    );
    for (input, field) in [
        (r#"{"radius": 3}"#, "name: This field is required."),
        (r#"{"name": "a"}"#, "radius: This field is required."),
        (
            r#"{"radius": 3, "name": "a", "more": 1}"#,
            "more: Unknown field.",
        ),
        (
            r#"{"radius": 256, "name": "a"}"#,
            "radius: Must be at least 0 and at most 255.",
        ),
    ] {
        let error = call("flat", input).await.unwrap_err();
        assert_eq!(field_errors(&error), [field], "{input}");
    }
}

/// Uses the Big List of Naughty Strings, if the folder `MIZAN_TEST_DATA` contains it as
/// `naughty-strings.json`.
#[tokio::test]
async fn returns_naughty_strings_unchanged() {
    let Some(folder) = std::env::var_os("MIZAN_TEST_DATA") else {
        println!("skipped: set MIZAN_TEST_DATA to a folder with naughty-strings.json");
        return;
    };
    let file = std::path::Path::new(&folder).join("naughty-strings.json");
    let strings: Vec<String> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert!(!strings.is_empty());
    for text in &strings {
        let input = json!({ "text": text }).to_string();
        assert_eq!(
            call("echo", input).await.unwrap(),
            json!({ "message": text })
        );
        let map = json!({ text.as_str(): text });
        let input = json!({ "map": map }).to_string();
        assert_eq!(call("echo_map", input).await.unwrap(), map);
        let unknown = json!({ "text": "", text.as_str(): 1 });
        if text != "text" {
            let error = call("echo", unknown.to_string()).await.unwrap_err();
            assert_eq!(error.code(), "invalid", "{text:?}");
            assert_eq!(error.fields().len(), 1, "{text:?}");
        }
    }
}
