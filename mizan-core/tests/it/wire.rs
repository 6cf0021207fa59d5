//! Encodings of fields: `mizan_core::wire` and `#[client(as_number)]`.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::num::NonZeroU64;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use mizan_core::wire::{As, AsNumber, AsText, Base64, EncodedAs, Iso8601, Patch, format};
use mizan_core::{ClientError, Error, Principal, Registry, client};
use proptest::prelude::*;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::value::RawValue;
use serde_json::{Number, Value, json};

use crate::{field_errors, result};

fn encode<F, T: EncodedAs<F>>(value: &T) -> Result<String, String> {
    serde_json::to_string(&As::<F, T>::encoded(value)).map_err(|error| error.to_string())
}

fn decode<F, T: EncodedAs<F>>(json: &str) -> Result<T, String> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    As::<F, T>::deserialize(&mut deserializer).map_err(|error| error.to_string())
}

fn schema<F: 'static, T: EncodedAs<F>>() -> Value {
    let mut schemas = SchemaGenerator::new(SchemaSettings::draft2020_12());
    T::schema(&mut schemas).to_value()
}

fn check_round_trip<F, T: EncodedAs<F> + Debug + PartialEq>(value: T, json: &str) {
    assert_eq!(encode(&value).as_deref(), Ok(json));
    assert_eq!(decode(json), Ok(value), "{json}");
}

#[test]
fn as_number_accepts_only_safe_integers() {
    const MAX: i64 = 9_007_199_254_740_991;
    check_round_trip::<format::Number, _>(MAX, "9007199254740991");
    check_round_trip::<format::Number, _>(-MAX, "-9007199254740991");
    check_round_trip::<format::Number, _>(Some(7_u64), "7");
    check_round_trip::<format::Number, _>(None::<u64>, "null");
    check_round_trip::<format::Number, _>(vec![Some(1_i128), None], "[1,null]");
    check_round_trip::<format::Number, _>(BTreeMap::from([(7, 1_usize)]), r#"{"7":1}"#);
    check_round_trip::<format::Number, _>(HashMap::from([("a".to_owned(), 1_isize)]), r#"{"a":1}"#);
    check_round_trip::<format::Number, _>(NonZeroU64::MIN, "1");

    for value in [MAX + 1, i64::MAX, i64::MIN, -MAX - 1] {
        let error = encode::<format::Number, _>(&value).unwrap_err();
        assert!(error.contains(&value.to_string()), "{error}");
        assert!(decode::<format::Number, i64>(&value.to_string()).is_err());
    }
    for json in [
        "-1",
        "1.5",
        "1e400",
        "null",
        "\"1\"",
        "18446744073709551616",
    ] {
        assert!(decode::<format::Number, u64>(json).is_err(), "{json}");
    }
    assert!(decode::<format::Number, NonZeroU64>("0").is_err());
}

#[test]
fn as_number_has_a_schema_without_a_64_bit_format() {
    let bounds = |min: i64| json!({ "type": "integer", "minimum": min, "maximum": 9_007_199_254_740_991_i64 });
    assert_eq!(
        schema::<format::Number, i64>(),
        bounds(-9_007_199_254_740_991)
    );
    assert_eq!(schema::<format::Number, u64>(), bounds(0));
    assert_eq!(schema::<format::Number, NonZeroU64>(), bounds(1));
    assert_eq!(
        schema::<format::Number, Vec<u64>>(),
        json!({ "type": "array", "items": bounds(0) })
    );
    let mut nullable = bounds(0);
    nullable["type"] = json!(["integer", "null"]);
    assert_eq!(schema::<format::Number, Option<u64>>(), nullable);
}

#[test]
fn as_text_keeps_every_digit() {
    check_round_trip::<format::Text, _>(u128::MAX, "\"340282366920938463463374607431768211455\"");
    check_round_trip::<format::Text, _>(i64::MIN, "\"-9223372036854775808\"");
    check_round_trip::<format::Text, _>(Number::from(u64::MAX), "\"18446744073709551615\"");
    check_round_trip::<format::Text, _>(
        json!({ "a": [1, u64::MAX] }),
        r#""{\"a\":[1,18446744073709551615]}""#,
    );
    let raw = decode::<format::Text, Box<RawValue>>(r#""1.00000000000000000000000001""#).unwrap();
    assert_eq!(raw.get(), "1.00000000000000000000000001");
    for json in [
        "1",
        "\"\"",
        "\"+1\"",
        "\"01\"",
        "\"-0\"",
        "\" 1\"",
        "\"1.0\"",
        "\"9223372036854775808\"",
    ] {
        assert!(decode::<format::Text, i64>(json).is_err(), "{json}");
    }
    for json in [
        "1",
        "\"\"",
        "\"+1\"",
        "\" 1\"",
        "\"0x1\"",
        "\"NaN\"",
        "\"18446744073709551616\"",
        "\"1e400\"",
    ] {
        assert!(decode::<format::Text, Number>(json).is_err(), "{json}");
    }
}

#[test]
fn base64_requires_canonical_padding() {
    check_round_trip::<format::Base64, _>(vec![0_u8, 1, 2, 255], "\"AAEC/w==\"");
    check_round_trip::<format::Base64, _>(Bytes::new(), "\"\"");
    check_round_trip::<format::Base64, _>(Some(Bytes::from_static(b"abc")), "\"YWJj\"");
    check_round_trip::<format::Base64, _>(vec![Vec::from(*b"abc")], "[\"YWJj\"]");
    check_round_trip::<format::Base64, _>(*b"abcd", "\"YWJjZA==\"");
    for json in [
        "\"AAEC/w\"",
        "\"AAEC/w=\"",
        "\"AAEC/w===\"",
        "\"AAEC_w==\"",
        "\"AAEC/x==\"",
        "\"A\"",
        "\"AA EC/w==\"",
        "\"AAEC/w==\\n\"",
        "[0,1]",
        "null",
    ] {
        assert!(decode::<format::Base64, Vec<u8>>(json).is_err(), "{json}");
    }
    assert!(decode::<format::Base64, [u8; 4]>("\"YWJj\"").is_err());
    assert_eq!(
        schema::<format::Base64, Bytes>(),
        json!({ "type": "string", "contentEncoding": "base64" })
    );
}

#[test]
fn times_have_the_formats_of_iso_8601() {
    let half = Duration::new(5_400, 500_000_000);
    check_round_trip::<format::Iso8601, _>(half, "\"PT1H30M0.5S\"");
    check_round_trip::<format::Iso8601, _>(
        SystemTime::UNIX_EPOCH + half,
        "\"1970-01-01T01:30:00.5Z\"",
    );
    check_round_trip::<format::Iso8601, _>(None::<SystemTime>, "null");
    for json in ["\"-PT1S\"", "\"P1D\"", "\"1\"", "1", "\"\"", "{}"] {
        assert!(decode::<format::Iso8601, Duration>(json).is_err(), "{json}");
    }
    for json in ["\"2026-02-30T00:00:00Z\"", "\"2026-01-01T00:00:00\"", "0"] {
        assert!(
            decode::<format::Iso8601, SystemTime>(json).is_err(),
            "{json}"
        );
    }
    assert!(encode::<format::Iso8601, _>(&Duration::MAX).is_err());
    assert_eq!(schema::<format::Iso8601, Duration>()["format"], "duration");
    assert_eq!(
        schema::<format::Iso8601, SystemTime>()["format"],
        "date-time"
    );
}

#[test]
fn a_patch_distinguishes_absent_null_and_a_value() {
    type Text = Option<Option<String>>;
    assert_eq!(
        decode::<format::Patch<format::Plain>, Text>("null"),
        Ok(Some(None))
    );
    assert_eq!(
        decode::<format::Patch<format::Plain>, Text>("\"a\""),
        Ok(Some(Some("a".to_owned())))
    );
    assert!(encode::<format::Patch<format::Plain>, Text>(&None).is_err());
    assert_eq!(
        decode::<format::Patch<format::Number>, Option<Option<u64>>>("9007199254740992").ok(),
        None
    );
    assert_eq!(
        schema::<format::Patch<format::Plain>, Text>(),
        json!({ "type": ["string", "null"] })
    );
}

proptest! {
    #[test]
    fn encodings_round_trip(
        bytes in any::<Vec<u8>>(),
        number in any::<i64>(),
        big in any::<u128>(),
        seconds in 0..4_000_000_000_u64,
        nanos in 0..1_000_000_000_u32,
    ) {
        let duration = Duration::new(seconds, nanos);
        let json = serde_json::to_string(&Base64::<Vec<u8>>::encoded(&bytes)).unwrap();
        prop_assert_eq!(decode::<format::Base64, Vec<u8>>(&json), Ok(bytes));
        check_round_trip::<format::Text, _>(number, &format!("\"{number}\""));
        check_round_trip::<format::Text, _>(big, &format!("\"{big}\""));
        let json = serde_json::to_string(&Iso8601::<Duration>::encoded(&duration)).unwrap();
        prop_assert_eq!(decode::<format::Iso8601, Duration>(&json), Ok(duration));
        let is_safe = number.unsigned_abs() < 1 << 53;
        prop_assert_eq!(encode::<format::Number, _>(&number).is_ok(), is_safe);
        prop_assert_eq!(decode::<format::Number, i64>(&number.to_string()).is_ok(), is_safe);
    }
}

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Row {
    #[serde(with = "AsNumber::<u64>")]
    id: u64,
    #[serde(with = "AsText::<Option<i64>>", default)]
    exact: Option<i64>,
    #[serde(
        with = "Patch::<Option<Option<u64>>, format::Number>",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    limit: Option<Option<u64>>,
}

#[client(input = SaveInput)]
async fn save(
    row: Row,
    #[client(as_number)] id: i64,
    #[client(as_number)] parent: Option<u64>,
    #[client(as_number)] more: Vec<u64>,
    name: Option<Option<String>>,
    #[client(as_number)]
    #[validate(range(max = 10))]
    rank: Option<Option<i64>>,
) -> Result<Value, Error> {
    let parts = [
        format!("{} {:?} {:?}", row.id, row.exact, row.limit),
        format!("{id} {parent:?} {more:?} {name:?} {rank:?}"),
    ];
    Ok(json!(parts))
}

#[client(query)]
async fn load(#[client(as_number)] id: u64) -> Result<Row, Error> {
    Ok(Row {
        id,
        exact: Some(i64::MAX),
        limit: None,
    })
}

#[derive(ClientError)]
enum FullError {
    #[client_error(message = "{used} bytes are in use")]
    Full {
        #[client(as_number)]
        used: u64,
        #[client(as_number)]
        limit: Option<u64>,
        exact: u64,
    },
}

#[client]
async fn fill(used: u64) -> Result<(), FullError> {
    let (limit, exact) = (Some(5), u64::MAX);
    Err(FullError::Full { used, limit, exact })
}

fn registry() -> Registry {
    Registry::new()
        .function::<SaveInput>()
        .function::<Load>()
        .function::<Fill>()
}

async fn call(name: &str, input: &str) -> Result<Value, Error> {
    let app = registry().build().unwrap();
    result(&app, Principal::anonymous(), name, input).await
}

#[tokio::test]
async fn arguments_have_encodings() {
    let saved = call("save", r#"{"row": {"id": 1}, "id": 2, "more": [3]}"#).await;
    assert_eq!(
        saved.unwrap(),
        json!(["1 None None", "2 None [3] None None"])
    );
    let saved = call(
        "save",
        r#"{"row": {"id": 1, "exact": "5", "limit": null}, "id": 2, "parent": 4, "more": [],
            "name": null, "rank": 9}"#,
    )
    .await;
    assert_eq!(
        saved.unwrap(),
        json!([
            "1 Some(5) Some(None)",
            "2 Some(4) [] Some(None) Some(Some(9))"
        ])
    );
}

#[tokio::test]
async fn unsafe_integers_are_errors_with_the_name_of_the_field() {
    for (input, path) in [
        (
            r#"{"row": {"id": 9007199254740992}, "id": 2, "more": []}"#,
            "row.id",
        ),
        (
            r#"{"row": {"id": 1}, "id": -9007199254740992, "more": []}"#,
            "id",
        ),
        (
            r#"{"row": {"id": 1}, "id": 1, "more": [1, 9007199254740993]}"#,
            "more.1",
        ),
        (
            r#"{"row": {"id": 1}, "id": 1, "more": [], "rank": 9007199254740993}"#,
            "rank",
        ),
        (
            r#"{"row": {"id": 1}, "id": 1, "more": [], "rank": 11}"#,
            "rank",
        ),
    ] {
        let error = call("save", input).await.unwrap_err();
        assert_eq!(error.code(), "invalid", "{input}");
        let fields = field_errors(&error);
        assert_eq!(fields.len(), 1, "{fields:?}");
        assert!(fields[0].starts_with(&format!("{path}: ")), "{fields:?}");
    }
}

#[tokio::test]
async fn data_of_errors_has_encodings() {
    let error = call("fill", r#"{"used": 7}"#).await.unwrap_err();
    assert_eq!(error.code(), "full");
    assert_eq!(
        Value::from(error.data().clone()),
        json!({ "used": 7, "limit": 5, "exact": u64::MAX })
    );
    let error = call("fill", r#"{"used": 9007199254740992}"#)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "internal");
}

#[test]
fn the_manifest_has_the_schemas_of_the_encodings() {
    let manifest = registry().manifest().unwrap();
    let function = |name: &str| {
        let functions = manifest.as_json()["functions"].as_array().unwrap();
        functions
            .iter()
            .find(|function| function["name"] == name)
            .cloned()
            .unwrap()
    };
    let save = &function("save")["input"];
    assert_eq!(save["required"], json!(["row", "id", "more"]));
    assert_eq!(save["properties"]["id"]["format"], Value::Null);
    assert_eq!(
        save["properties"]["name"],
        json!({ "type": ["string", "null"] })
    );
    assert_eq!(save["properties"]["rank"]["maximum"], 10);
    let data = &manifest.as_json()["errors"]["FullError"]["variants"][0]["data"]["properties"];
    assert_eq!(data["used"]["format"], Value::Null);
    assert_eq!(data["exact"]["format"], "uint64");
}
