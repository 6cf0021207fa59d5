//! Types of other crates as inputs and outputs: their schema, their values and their messages.

use either::Either;
use indexmap::{IndexMap, IndexSet};
use mizan_core::{Error, Principal, Registry, client};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{field_errors, result};

#[derive(Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Types {
    #[serde(skip_serializing_if = "Option::is_none")]
    jiff_timestamp: Option<jiff::Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jiff_zoned: Option<jiff::Zoned>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jiff_date: Option<jiff::civil::Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jiff_time: Option<jiff::civil::Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jiff_date_time: Option<jiff::civil::DateTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jiff_duration: Option<jiff::SignedDuration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chrono_utc: Option<chrono::DateTime<chrono::Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chrono_date: Option<chrono::NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chrono_time: Option<chrono::NaiveTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chrono_date_time: Option<chrono::NaiveDateTime>,
    #[serde(
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<jiff::Timestamp>")]
    time_utc: Option<time::OffsetDateTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<uuid::Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<url::Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decimal: Option<rust_decimal::Decimal>,
    #[serde(
        with = "mizan_core::wire::Base64::<Option<bytes::Bytes>>",
        skip_serializing_if = "Option::is_none"
    )]
    bytes: Option<bytes::Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    either: Option<Either<u8, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index_map: Option<IndexMap<String, u8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index_set: Option<IndexSet<u8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    semver: Option<semver::Version>,
}

#[client(input = TypesInput)]
async fn types(#[serde(flatten)] types: Types) -> Result<Types, Error> {
    Ok(types)
}

#[client(input = NestedInput)]
async fn nested(types: Types) -> Result<Types, Error> {
    Ok(types)
}

fn registry() -> Registry {
    Registry::new().function::<NestedInput>()
}

async fn echo(name: &str, value: &Value) -> Result<Value, Error> {
    let app = registry().build().unwrap();
    let input = json!({ "types": { name: value } }).to_string();
    let mut output = result(&app, Principal::anonymous(), "nested", input).await?;
    Ok(output[name].take())
}

#[tokio::test]
async fn values_arrive_unchanged() {
    for (name, value) in [
        ("jiff_timestamp", json!("2026-01-31T18:30:00.123456789Z")),
        ("jiff_timestamp", json!("-009999-01-02T01:59:59Z")),
        (
            "jiff_zoned",
            json!("2026-01-31T18:30:00+01:00[Europe/Paris]"),
        ),
        ("jiff_date", json!("2024-02-29")),
        ("jiff_time", json!("23:59:59.5")),
        ("jiff_date_time", json!("2026-01-31T18:30:00")),
        ("jiff_duration", json!("-PT1H30M0.5S")),
        ("chrono_utc", json!("2026-01-31T18:30:00.123456789Z")),
        ("chrono_utc", json!("+12026-01-31T18:30:00Z")),
        ("chrono_utc", json!("2016-12-31T23:59:60Z")),
        ("chrono_date", json!("2024-02-29")),
        ("chrono_time", json!("23:59:59.500")),
        ("chrono_date_time", json!("2026-01-31T18:30:00")),
        ("time_utc", json!("2026-01-31T18:30:00.5Z")),
        ("uuid", json!("67e55044-10b1-426f-9247-bb680e5fe0c8")),
        ("url", json!("https://example.org/%20?q=1#a")),
        ("decimal", json!("79228162514264337593543950335")),
        ("decimal", json!("-0.0000000000000000000000000001")),
        ("bytes", json!("AAEC/w==")),
        ("either", json!({ "Left": 5 })),
        ("either", json!({ "Right": "a" })),
        ("index_map", json!({ "b": 1, "a": 2 })),
        ("index_set", json!([3, 1, 2])),
        ("semver", json!("1.2.3-rc.1+build.5")),
    ] {
        assert_eq!(echo(name, &value).await.unwrap(), value, "{name}");
    }
    // A time with an offset is the same moment in UTC.
    let moment = json!("2026-01-31T18:30:00+05:30");
    for name in ["jiff_timestamp", "chrono_utc"] {
        assert_eq!(echo(name, &moment).await.unwrap(), "2026-01-31T13:00:00Z");
    }
}

#[tokio::test]
async fn invalid_values_have_a_path_and_a_message() {
    const INSTANT: &str = "Enter a date and a time with an offset, such as 2026-01-31T18:30:00Z.";
    const DATE: &str = "Enter a date, such as 2026-01-31.";
    const TIME: &str = "Enter a time, such as 18:30.";
    const LOCAL: &str = "Enter a date and a time, such as 2026-01-31T18:30.";
    const ZONED: &str = "Enter a date and a time with a time zone, such as 2026-01-31T18:30:00+01:00[Europe/Berlin].";
    for (name, value, message) in [
        ("jiff_timestamp", json!("2026-02-30T00:00:00Z"), INSTANT),
        ("jiff_timestamp", json!("10000-01-01T00:00:00Z"), INSTANT),
        ("jiff_timestamp", json!("+010000-01-01T00:00:00Z"), INSTANT),
        ("jiff_timestamp", json!("2026-01-31T18:30:00"), INSTANT),
        ("jiff_timestamp", json!(1_700_000_000), INSTANT),
        (
            "jiff_zoned",
            json!("2026-01-31T18:30:00+01:00[Europe/Atlantis]"),
            ZONED,
        ),
        (
            "jiff_zoned",
            json!("2026-01-31T18:30:00+05:00[Europe/Paris]"),
            ZONED,
        ),
        ("jiff_date", json!("2023-02-29"), DATE),
        ("jiff_date", json!("10000-01-01"), DATE),
        ("jiff_date", json!({}), DATE),
        ("jiff_time", json!("24:00"), TIME),
        ("jiff_date_time", json!("2026-01-32T18:30"), LOCAL),
        (
            "jiff_duration",
            json!("P1Y"),
            "Enter a duration, such as PT1H30M.",
        ),
        ("chrono_utc", json!("2026-02-30T00:00:00Z"), INSTANT),
        ("chrono_utc", json!("2026-01-31T18:30:61Z"), INSTANT),
        ("chrono_utc", json!(true), INSTANT),
        ("chrono_date", json!("2023-02-29"), DATE),
        ("chrono_time", json!("25:00:00"), TIME),
        ("chrono_date_time", json!("2026-01-31"), LOCAL),
        ("time_utc", json!("2026-02-30T00:00:00Z"), INSTANT),
        ("time_utc", json!("10000-01-01T00:00:00Z"), INSTANT),
        ("uuid", json!("67e55044-10b1-426f-9247"), "Must be a UUID."),
        ("url", json!("example.org"), "Enter a valid URL."),
        ("decimal", json!("1,5"), "Enter a number, such as 12.50."),
        ("decimal", json!([]), "Enter a number, such as 12.50."),
        ("bytes", json!("AAEC/w"), "Must be base64."),
        ("bytes", json!("AAEC/x=="), "Must be base64."),
        ("bytes", json!([1, 2]), "Must be base64."),
        (
            "index_map",
            json!({ "a": 256 }),
            "Must be at least 0 and at most 255.",
        ),
        ("index_set", json!("a"), "Must be a list."),
        ("semver", json!("1.2"), "Enter a version, such as 1.2.3."),
    ] {
        let error = echo(name, &value).await.unwrap_err();
        assert_eq!(error.code(), "invalid", "{name} {value}");
        let errors = field_errors(&error);
        let path = match name {
            "index_map" => "types.index_map.a".to_owned(),
            _ => format!("types.{name}"),
        };
        assert_eq!(errors, [format!("{path}: {message}")], "{name} {value}");
    }
}

#[tokio::test]
async fn invalid_values_in_flattened_types_have_a_path() {
    let app = Registry::new().function::<TypesInput>().build().unwrap();
    for (input, expected) in [
        (r#"{"bytes":5}"#, "bytes: Must be base64."),
        (
            r#"{"index_set":[1,300]}"#,
            "index_set.1: Must be at least 0 and at most 255.",
        ),
    ] {
        let error = result(&app, Principal::anonymous(), "types", input).await;
        assert_eq!(field_errors(&error.unwrap_err()), [expected]);
    }
}

#[test]
fn schemas_have_formats() {
    let manifest = registry().manifest().unwrap();
    let properties = &manifest.as_json()["$defs"]["Types"]["properties"];
    for (name, format) in [
        ("jiff_timestamp", "date-time"),
        ("jiff_zoned", "zoned-date-time"),
        ("jiff_date", "date"),
        ("jiff_time", "partial-time"),
        ("jiff_date_time", "partial-date-time"),
        ("jiff_duration", "duration"),
        ("chrono_utc", "date-time"),
        ("chrono_date", "date"),
        ("chrono_time", "partial-time"),
        ("chrono_date_time", "partial-date-time"),
        ("time_utc", "date-time"),
        ("uuid", "uuid"),
        ("url", "uri"),
        ("decimal", "decimal"),
    ] {
        assert_eq!(properties[name]["format"], format, "{name}");
    }
    assert_eq!(properties["bytes"]["contentEncoding"], "base64");
    assert_eq!(manifest.as_json()["$defs"]["SemVer"]["format"], "semver");
}
