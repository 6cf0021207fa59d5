//! The messages for people about values of the wrong type or format, and about violated constraints.
//!
//! Functions, forms and channels use this table, and the generated client has the same texts, so that
//! no text of a parser reaches a person.

use std::fmt::Display;

use serde_json::Value;
use validator::ValidationError;

use crate::adapter::to_sentence;

/// The message for a missing value.
pub const REQUIRED: &str = "This field is required.";
/// The message for a member that the type does not have.
pub const UNKNOWN_FIELD: &str = "Unknown field.";
/// The message for a value that is not one of an enum's.
pub const NOT_A_CHOICE: &str = "Choose one of the options.";
/// The message for a value that is not an object.
pub const NOT_AN_OBJECT: &str = "Must be an object.";
/// The message for a value that is not a list.
pub const NOT_A_LIST: &str = "Must be a list.";
/// The message for a value that is not a string.
pub const NOT_TEXT: &str = "Must be text.";
/// The message for a value that is not a boolean.
pub const NOT_A_BOOLEAN: &str = "Must be true or false.";
/// The message for a value that is not a number.
pub const NOT_A_NUMBER: &str = "Enter a number.";
/// The message for a value that is not an integer.
pub const NOT_AN_INTEGER: &str = "Enter a whole number.";
/// The message for a number that its type cannot hold.
pub const OUT_OF_RANGE: &str = "Too large or too small.";
/// The message for text with half of a surrogate pair.
pub const INCOMPLETE_CHARACTER: &str = "Contains an incomplete character.";
/// The message for a value for which there is no better one.
pub const NOT_VALID: &str = "This value is not valid.";

/// The maximum length of an application's own message, which can repeat what the client sent.
const MAX_MESSAGE_BYTES: usize = 200;

/// The beginnings of other messages that serde writes. They describe types of Rust.
const SERDE_MESSAGES: [&str; 8] = [
    "data did not match any variant",
    "duplicate field",
    "expected ",
    "invalid length ",
    "missing field",
    "no variant of enum",
    "number out of range",
    "unknown field",
];

/// Returns the message for text that does not have a format: the value of `format` or of
/// `contentEncoding` in a JSON Schema.
#[must_use]
pub fn format_message(format: &str) -> Option<&'static str> {
    Some(match format {
        "base64" => "Must be base64.",
        "date" => "Enter a date, such as 2026-01-31.",
        "date-time" => "Enter a date and a time with an offset, such as 2026-01-31T18:30:00Z.",
        "decimal" => "Enter a number, such as 12.50.",
        "duration" => "Enter a duration, such as PT1H30M.",
        "email" => "Enter a valid email address.",
        "ip" | "ipv4" | "ipv6" => "Enter a valid IP address.",
        "partial-date-time" => "Enter a date and a time, such as 2026-01-31T18:30.",
        "partial-time" | "time" => "Enter a time, such as 18:30.",
        "semver" => "Enter a version, such as 1.2.3.",
        "uri" => "Enter a valid URL.",
        "uuid" => "Must be a UUID.",
        "zoned-date-time" => {
            "Enter a date and a time with a time zone, such as \
             2026-01-31T18:30:00+01:00[Europe/Berlin]."
        }
        _ => return None,
    })
}

/// Returns the message for a value that serde rejected with `error`, the text of its error without a
/// position.
///
/// `schema` is the schema of the rejected value, if it is known. Texts of serde and of formats are
/// replaced. Other texts are the application's own, such as those of a `#[serde(try_from = "..")]`.
#[must_use]
pub fn decode_message(error: &str, schema: Option<&Value>) -> String {
    let Some((found, expected)) = mismatch(error) else {
        return other_message(error, schema);
    };
    if found == "null" || found == "unit value" {
        return REQUIRED.to_owned();
    }
    // The format of a plain string is that of a constraint, which was not reached.
    let is_constrained_string = expected == "a string"
        && schema.is_some_and(|schema| {
            ["email", "uri"]
                .iter()
                .any(|format| schema["format"] == *format)
        });
    if is_constrained_string {
        return NOT_TEXT.to_owned();
    }
    if let Some(message) = schema.and_then(message_of_format) {
        return message.to_owned();
    }
    if let Some(bounds) = IntegerBounds::of(expected) {
        return bounds.within(schema).message(found);
    }
    if error.starts_with("invalid length")
        && is_list(expected)
        && let Some(length) = expected.rsplit(' ').find_map(|word| word.parse().ok())
    {
        return exact_items(length);
    }
    match expected {
        "a string" | "string" | "a borrowed string" => NOT_TEXT,
        "a boolean" => NOT_A_BOOLEAN,
        "a character" => "Must have exactly 1 character.",
        "f32" | "f64" | "a number" | "a JSON number" => NOT_A_NUMBER,
        _ if is_list(expected) => NOT_A_LIST,
        _ if [
            "struct ",
            "a map",
            "map",
            "internally tagged",
            "adjacently tagged",
        ]
        .iter()
        .any(|start| expected.starts_with(start)) =>
        {
            NOT_AN_OBJECT
        }
        _ if schema.is_some_and(is_enum) => NOT_A_CHOICE,
        _ => NOT_VALID,
    }
    .to_owned()
}

/// Returns the message for a tuple with too many items, or for something else in place of a variant,
/// which `serde_json` reports as errors of syntax.
pub(crate) fn structure_message(error: &str, schema: Option<&Value>) -> String {
    let length = schema.and_then(|schema| schema.get("maxItems")?.as_u64());
    match length {
        Some(length) if error == "trailing characters" => exact_items(length),
        _ if schema.is_some_and(is_enum) => NOT_A_CHOICE.to_owned(),
        _ => NOT_VALID.to_owned(),
    }
}

/// Returns the message for a list that does not have `length` items.
#[must_use]
pub fn exact_items(length: u64) -> String {
    format!("Must have exactly {}.", counted(length, "item"))
}

/// Returns a number with its unit, such as `2 items`.
#[must_use]
pub fn counted(number: u64, unit: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

/// Returns the message for a number outside of its bounds, each with its words, such as `at least`.
pub fn outside_of<T: Display>(
    bounds: impl IntoIterator<Item = (&'static str, Option<T>)>,
) -> String {
    let bounds: Vec<_> = bounds
        .into_iter()
        .filter_map(|(words, bound)| Some(format!("{words} {}", bound?)))
        .collect();
    format!("Must be {}.", bounds.join(" and "))
}

/// Returns what serde found and what it expected.
fn mismatch(error: &str) -> Option<(&str, &str)> {
    let rest = ["invalid type: ", "invalid value: ", "invalid length "]
        .iter()
        .find_map(|start| error.strip_prefix(start))?;
    // The client chooses the value, which may contain any text, so the end is searched backwards.
    let end = rest.rfind(", expected ")?;
    Some((&rest[..end], &rest[end + ", expected ".len()..]))
}

fn is_list(expected: &str) -> bool {
    [
        "a sequence",
        "sequence",
        "a tuple",
        "tuple",
        "an array",
        "a list",
        "a set",
    ]
    .iter()
    .any(|start| expected.starts_with(start))
}

/// Returns the message for an error that is not about a type.
fn other_message(error: &str, schema: Option<&Value>) -> String {
    if error.starts_with("unknown variant `") {
        return NOT_A_CHOICE.to_owned();
    }
    if let Some(message) = schema.and_then(message_of_format) {
        return message.to_owned();
    }
    if SERDE_MESSAGES.iter().any(|start| error.starts_with(start)) {
        return NOT_VALID.to_owned();
    }
    let end = error.floor_char_boundary(MAX_MESSAGE_BYTES);
    let ellipsis = if end < error.len() { "…" } else { "" };
    to_sentence(&format!("{}{ellipsis}", &error[..end]))
}

/// Returns the message of the format that a schema requires.
fn message_of_format(schema: &Value) -> Option<&'static str> {
    let keyword = |name: &str| schema.get(name).and_then(Value::as_str);
    let format = keyword("format").or_else(|| keyword("contentEncoding"));
    format
        .or_else(|| keyword("pattern").and_then(format_of_pattern))
        .and_then(format_message)
}

/// Returns the format of a type for which schemars declares only a pattern.
pub(crate) fn format_of_pattern(pattern: &str) -> Option<&'static str> {
    match pattern {
        r"^-?\d+(\.\d+)?$" | r"^-?\d+(\.\d+)?([eE]\d+)?$" => Some("decimal"),
        _ if pattern.starts_with(r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-") => {
            Some("semver")
        }
        _ => None,
    }
}

fn is_enum(schema: &Value) -> bool {
    let is_unit = |schema: &Value| schema.get("enum").or(schema.get("const")).is_some();
    is_unit(schema)
        || schema
            .get("oneOf")
            .and_then(Value::as_array)
            .is_some_and(|variants| variants.iter().all(is_unit))
}

/// The values of an integer type.
struct IntegerBounds {
    min: String,
    max: String,
    is_zero_allowed: bool,
}

impl IntegerBounds {
    /// Returns the bounds of the type that serde names `expected`, such as `u8` or `a nonzero u8`.
    fn of(expected: &str) -> Option<Self> {
        let nonzero = expected.strip_prefix("a nonzero ");
        let (min, max) = match nonzero.unwrap_or(expected) {
            "i8" => (i8::MIN.to_string(), i8::MAX.to_string()),
            "i16" => (i16::MIN.to_string(), i16::MAX.to_string()),
            "i32" => (i32::MIN.to_string(), i32::MAX.to_string()),
            "i64" | "isize" => (i64::MIN.to_string(), i64::MAX.to_string()),
            "i128" => (i128::MIN.to_string(), i128::MAX.to_string()),
            "u8" => (u8::MIN.to_string(), u8::MAX.to_string()),
            "u16" => (u16::MIN.to_string(), u16::MAX.to_string()),
            "u32" => (u32::MIN.to_string(), u32::MAX.to_string()),
            "u64" | "usize" => (u64::MIN.to_string(), u64::MAX.to_string()),
            "u128" => (u128::MIN.to_string(), u128::MAX.to_string()),
            _ => return None,
        };
        let is_unsigned = min == "0";
        Some(Self {
            min: if nonzero.is_some() && is_unsigned {
                "1".to_owned()
            } else {
                min
            },
            max,
            is_zero_allowed: nonzero.is_none() || is_unsigned,
        })
    }

    /// Returns the bounds that a schema has in place of a format, which are narrower than those of the
    /// type.
    fn within(self, schema: Option<&Value>) -> Self {
        let keyword = |name| schema.and_then(|schema| schema.get(name));
        match (keyword("format"), keyword("minimum"), keyword("maximum")) {
            (None, Some(min), Some(max)) => Self {
                min: min.to_string(),
                max: max.to_string(),
                ..self
            },
            _ => self,
        }
    }

    /// Returns the message for a value that serde describes as `found`.
    fn message(&self, found: &str) -> String {
        let number = found.strip_suffix('`').and_then(|found| {
            let integer = found.strip_prefix("integer `");
            integer.or_else(|| found.strip_prefix("floating point `"))
        });
        // An integer beyond 64 bits is a double to serde.
        let is_integer = number
            .and_then(|number| number.parse::<f64>().ok())
            .is_some_and(|number| number.fract() == 0.0);
        if !is_integer {
            NOT_AN_INTEGER.to_owned()
        } else if number == Some("0") && !self.is_zero_allowed {
            "Must not be 0.".to_owned()
        } else {
            outside_of([("at least", Some(&self.min)), ("at most", Some(&self.max))])
        }
    }
}

/// Returns the constraint's own message, or the default message.
pub(crate) fn constraint_message(error: &ValidationError) -> String {
    if let Some(message) = &error.message {
        return message.to_string();
    }
    let param = |name: &str| error.params.get(name);
    let unit = match param("value") {
        Some(Value::Array(_) | Value::Object(_)) => "item",
        _ => "character",
    };
    let counted = |number: &Value| counted(number.as_u64().unwrap_or_default(), unit);
    match &*error.code {
        "length" => match (param("equal"), param("min"), param("max")) {
            (Some(equal), _, _) => format!("Must have exactly {}.", counted(equal)),
            (_, Some(min), Some(max)) => format!("Must have {min} to {}.", counted(max)),
            (_, Some(min), None) => format!("Must have at least {}.", counted(min)),
            (_, None, Some(max)) => format!("Must have at most {}.", counted(max)),
            _ => format!("Has the wrong number of {unit}s."),
        },
        "range" => outside_of([
            ("at least", param("min")),
            ("more than", param("exclusive_min")),
            ("at most", param("max")),
            ("less than", param("exclusive_max")),
        ]),
        "email" | "ip" => format_message(&error.code).unwrap_or(NOT_VALID).to_owned(),
        "ip_v4" | "ip_v6" => format_message("ip").unwrap_or(NOT_VALID).to_owned(),
        "url" => format_message("uri").unwrap_or(NOT_VALID).to_owned(),
        "credit_card" => "Enter a valid card number.".to_owned(),
        "must_match" => "Does not match.".to_owned(),
        "required" => REQUIRED.to_owned(),
        "regex" => "Does not have the expected format.".to_owned(),
        "contains" => "A required part is missing.".to_owned(),
        "does_not_contain" => "Contains a part that is not allowed.".to_owned(),
        "non_control_character" => "Must not contain control characters.".to_owned(),
        "nested" => NOT_VALID.to_owned(),
        code => to_sentence(&code.replace('_', " ")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_of_serde_become_messages() {
        for (error, message) in [
            ("invalid type: null, expected u32", REQUIRED),
            ("invalid type: string \"5\", expected u32", NOT_AN_INTEGER),
            (
                "invalid type: floating point `1.5`, expected u32",
                NOT_AN_INTEGER,
            ),
            (
                "invalid type: floating point `1e20`, expected i64",
                "Must be at least -9223372036854775808 and at most 9223372036854775807.",
            ),
            (
                "invalid value: integer `256`, expected u8",
                "Must be at least 0 and at most 255.",
            ),
            (
                "invalid value: integer `0`, expected a nonzero u8",
                "Must be at least 1 and at most 255.",
            ),
            (
                "invalid value: integer `0`, expected a nonzero i8",
                "Must not be 0.",
            ),
            (
                "invalid type: string \", expected u8\", expected a boolean",
                NOT_A_BOOLEAN,
            ),
            ("invalid type: integer `1`, expected a string", NOT_TEXT),
            ("invalid type: map, expected a sequence", NOT_A_LIST),
            (
                "invalid length 1, expected a tuple of size 2",
                "Must have exactly 2 items.",
            ),
            (
                "invalid length 2, expected an array of length 1",
                "Must have exactly 1 item.",
            ),
            (
                "invalid type: sequence, expected struct Post",
                NOT_AN_OBJECT,
            ),
            ("invalid type: sequence, expected f64", NOT_A_NUMBER),
            (
                "invalid value: string \"ab\", expected a character",
                "Must have exactly 1 character.",
            ),
            ("unknown variant `x`, expected `a` or `b`", NOT_A_CHOICE),
            (
                "data did not match any variant of untagged enum E",
                NOT_VALID,
            ),
            (
                "invalid type: integer `1`, expected something else",
                NOT_VALID,
            ),
            ("duplicate field `id`", NOT_VALID),
            ("unknown SKU", "Unknown SKU."),
        ] {
            assert_eq!(decode_message(error, None), message, "{error}");
        }
    }

    #[test]
    fn formats_have_messages() {
        let message = |schema: Value| decode_message("parser error", Some(&schema));
        assert_eq!(message(json!({ "format": "uuid" })), "Must be a UUID.");
        assert_eq!(
            message(json!({ "contentEncoding": "base64" })),
            "Must be base64."
        );
        assert_eq!(message(json!({ "format": "x" })), "Parser error.");
    }

    #[test]
    fn a_long_message_is_cut() {
        let message = decode_message(&"é".repeat(1_000), None);
        assert!(message.len() < 210 && message.ends_with('…'), "{message}");
    }
}
