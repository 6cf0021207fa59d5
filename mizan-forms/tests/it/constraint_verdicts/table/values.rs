//! Generators of values near the limits of the constraints.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;
use serde_json::{Value, json};

use super::constrained::{BYTES, base};

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
pub(super) fn other_values(field: &str) -> Vec<String> {
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
pub(super) fn values(field: &str) -> BoxedStrategy<Value> {
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
            3 => any::<i64>().prop_map(Value::from),
            3 => any::<u64>().prop_map(Value::from),
            2 => number(),
            1 => near(&["1", "a", "", " "]),
            1 => other,
        ]
        .boxed(),
        "id" | "price" | "day" | "clock" | "local" | "moment" | BYTES => prop_oneof![
            12 => format_of(field).prop_map(Value::from),
            6 => edited(select(texts_of(field)).prop_map(str::to_owned).boxed()),
            4 => edited(format_of(field)),
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

/// Texts in the format of a type. Most of them are valid.
fn format_of(field: &str) -> BoxedStrategy<String> {
    let date = "[0-9]{4}-(0[0-9]|1[0-3])-(0[0-9]|[12][0-9]|3[0-2])";
    let time = "([01][0-9]|2[0-5]):[0-6][0-9](:[0-6][0-9](\\.[0-9]{1,9})?)?";
    let pattern = match field {
        "id" => "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}".to_owned(),
        "price" => "-?[0-9]{1,31}(\\.[0-9]{1,31})?".to_owned(),
        "day" => date.to_owned(),
        "clock" => time.to_owned(),
        "local" => format!("{date}T{time}"),
        "moment" => format!("{date}T{time}(Z|[+-]([01][0-9]|2[0-5]):[0-6][0-9])"),
        _ => "([A-Za-z0-9+/]{4}){0,4}([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?".to_owned(),
    };
    string_regex(&pattern).unwrap().boxed()
}

/// Texts with a character removed, inserted or replaced.
fn edited(texts: BoxedStrategy<String>) -> BoxedStrategy<Value> {
    let other = select(
        "0159-:.+TZtze =/_a\u{e9}\u{661}"
            .chars()
            .collect::<Vec<_>>(),
    );
    (texts, any::<prop::sample::Index>(), other, 0..3)
        .prop_map(|(text, index, other, edit)| {
            let mut text: Vec<char> = text.chars().collect();
            let at = index.index(text.len() + 1);
            if edit != 0 && at < text.len() {
                text.remove(at);
            }
            if edit != 1 {
                text.insert(at, other);
            }
            Value::from(text.into_iter().collect::<String>())
        })
        .boxed()
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
