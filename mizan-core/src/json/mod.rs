//! Decoding of JSON from clients, and encoding of JSON for them.

mod buffered;
mod encode;
mod path;
mod syntax;
mod whole_numbers;

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use self::path::path_names;
use self::syntax::CheckedSyntax;

pub use self::encode::{EncodeError, MAX_OUTPUT_DEPTH, encode_json, encode_json_value};
pub use self::syntax::MAX_JSON_DEPTH;
use crate::error::{Error, ErrorCode, FORM_ERRORS};
use crate::input_schema::InputSchema;
use crate::validation::messages;

/// The maximum length of a path in an error, because it repeats what the client sent.
const MAX_PATH_BYTES: usize = 200;

/// Decodes the input of a call. Empty bytes are decoded as an empty object.
///
/// A number without a fraction is an integer, also if it is written as `1.0`, `1e3` or `-0`: JSON Schema,
/// JavaScript and HTML do not tell them apart. The double `-0.0` keeps its sign.
///
/// # Errors
///
/// Returns [`ErrorCode::Malformed`] if the bytes are not JSON in UTF-8, nest deeper than
/// [`MAX_JSON_DEPTH`] or contain a duplicate key, and [`ErrorCode::Invalid`] with the path of the
/// field if `T` rejects the value, or if JSON allows a value that Rust cannot hold: half of a
/// surrogate pair, or a number beyond the range of its type.
pub fn decode_input<T: DeserializeOwned + JsonSchema>(bytes: &[u8]) -> Result<T, Error> {
    let bytes = if bytes.trim_ascii().is_empty() {
        b"{}"
    } else {
        bytes
    };
    let syntax = check_syntax(bytes)?;
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::new(
            ErrorCode::Invalid,
            "the input must be a JSON object with the function's arguments",
        ));
    }
    decode(bytes, &syntax)
}

/// Decodes a client's message on a channel. Unlike an input, it can be any JSON value.
///
/// # Errors
///
/// Returns the same errors as [`decode_input`].
pub(crate) fn decode_message<T: DeserializeOwned + JsonSchema>(bytes: &[u8]) -> Result<T, Error> {
    let syntax = check_syntax(bytes)?;
    decode(bytes, &syntax)
}

fn check_syntax(bytes: &[u8]) -> Result<CheckedSyntax, Error> {
    syntax::check_syntax(bytes).map_err(|error| {
        let text = message_without_position(&error);
        let message = match text.as_str() {
            "number out of range" => messages::OUT_OF_RANGE,
            "lone leading surrogate in hex escape" | "unexpected end of hex escape" => {
                messages::INCOMPLETE_CHARACTER
            }
            _ => return Error::new(ErrorCode::Malformed, truncate(error.to_string())),
        };
        invalid_at(&syntax::find_path(bytes), message.to_owned())
    })
}

fn decode<T: DeserializeOwned + JsonSchema>(
    bytes: &[u8],
    syntax: &CheckedSyntax,
) -> Result<T, Error> {
    if syntax.has_large_number {
        check_f32::<T>(bytes)?;
    }
    let bytes = if syntax.has_whole_float {
        Cow::Owned(whole_numbers::write_as_integers(bytes))
    } else {
        Cow::Borrowed(bytes)
    };
    serde_json::from_slice(&bytes).map_err(|error| invalid_input::<T>(&bytes, error))
}

/// Rejects numbers that would become infinite as an `f32`.
#[cold]
fn check_f32<T: JsonSchema>(bytes: &[u8]) -> Result<(), Error> {
    let value = serde_json::from_slice(bytes)?;
    match InputSchema::of::<T>().find_f32_overflow(&value) {
        Some(path) => Err(Error::invalid(truncate(path), messages::OUT_OF_RANGE)),
        None => Ok(()),
    }
}

/// Creates the error that names the rejected field.
///
/// It decodes the input again, because tracking the path would slow down calls that succeed.
#[cold]
fn invalid_input<T: DeserializeOwned + JsonSchema>(
    bytes: &[u8],
    error: serde_json::Error,
) -> Error {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let (mut path, error) = match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Ok(_) => (Vec::new(), error),
        Err(found) => (path_names(found.path()), found.into_inner()),
    };
    let text = message_without_position(&error);
    let message = if let Some(field) = missing_field(&text) {
        path.push(field.to_owned());
        messages::REQUIRED.to_owned()
    } else if let Some(field) = unknown_field(&text) {
        if path.last().is_none_or(|last| last != field) {
            path.push(field.to_owned());
        }
        messages::UNKNOWN_FIELD.to_owned()
    } else if error.is_syntax() {
        messages::structure_message(&text, InputSchema::of::<T>().find(&path))
    } else {
        buffered::extend_path::<T>(bytes, &text, &mut path);
        messages::decode_message(&text, InputSchema::of::<T>().find(&path))
    };
    invalid_at(&path, message)
}

fn invalid_at(path: &[String], message: String) -> Error {
    if path.is_empty() {
        return Error::new(ErrorCode::Invalid, message.clone()).with_field(FORM_ERRORS, message);
    }
    Error::invalid(truncate(path.join(".")), message)
}

/// Returns the message without line and column, which are not useful to the user of a form.
fn message_without_position(error: &serde_json::Error) -> String {
    let mut text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    if text.ends_with(&position) {
        text.truncate(text.len() - position.len());
    }
    text
}

/// Returns the name in serde's `missing_field` error.
fn missing_field(text: &str) -> Option<&str> {
    text.strip_prefix("missing field `")?.strip_suffix('`')
}

/// Returns the name in serde's `unknown_field` error.
///
/// The client chooses the name, which may contain any text, so the end of the name is searched
/// backwards from the end of the message.
fn unknown_field(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("unknown field `")?;
    let end = rest.rfind("`, expected ").or_else(|| rest.rfind('`'))?;
    Some(&rest[..end])
}

fn truncate(mut text: String) -> String {
    if text.len() > MAX_PATH_BYTES {
        text.truncate(text.floor_char_boundary(MAX_PATH_BYTES));
        text.push('…');
    }
    text
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Order {
        title: String,
        #[serde(default)]
        lines: Vec<Line>,
        #[serde(default)]
        notes: HashMap<String, String>,
    }

    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Line {
        count: u8,
    }

    fn rejection(bytes: &[u8]) -> (&'static str, String) {
        let error = decode_input::<Order>(bytes).unwrap_err();
        let fields: Vec<_> = error
            .fields()
            .iter()
            .map(|(path, messages)| format!("{path}={}", messages.join("/")))
            .collect();
        (error.code(), fields.join(" "))
    }

    #[test]
    fn rejects_malformed_json() {
        for bytes in [
            &b"{"[..],
            b"hello",
            b"{\"title\": \"\xff\"}",
            b"{\"title\": \"a\"} x",
            b"{\"title\": \"a\", \"title\": \"b\"}",
            b"{\"title\": \"a\", \"t\\u0069tle\": \"b\"}",
            b"{\"title\": \"a\", \"notes\": {\"k\": \"1\", \"k\": \"2\"}}",
            b"{\"nonsense\": 1, \"title\": ",
        ] {
            let text = String::from_utf8_lossy(bytes);
            assert_eq!(rejection(bytes).0, "malformed", "{text}");
        }
    }

    #[test]
    fn limits_the_nesting_depth() {
        let nested = |depth: usize| {
            format!(
                "{{\"notes\": {}{}}}",
                "[".repeat(depth - 1),
                "]".repeat(depth - 1)
            )
        };
        assert_eq!(rejection(nested(MAX_JSON_DEPTH).as_bytes()).0, "invalid");
        assert_eq!(
            rejection(nested(MAX_JSON_DEPTH + 1).as_bytes()).0,
            "malformed"
        );
        assert_eq!(rejection(nested(1_000_000).as_bytes()).0, "malformed");
    }

    #[test]
    fn names_the_rejected_field() {
        for (input, fields) in [
            ("{}", "title=This field is required."),
            ("", "title=This field is required."),
            (r#"{"title": "a", "x": 1}"#, "x=Unknown field."),
            (r#"{"title": "a", "x`, y": 1}"#, "x`, y=Unknown field."),
            (r#"{"title": 1}"#, "title=Must be text."),
            (
                r#"{"title": "a", "lines": [{"count": 1}, {}]}"#,
                "lines.1.count=This field is required.",
            ),
            (
                r#"{"title": "a", "lines": [{"count": 1, "y": 2}]}"#,
                "lines.0.y=Unknown field.",
            ),
            (
                r#"{"title": "a", "lines": [{"count": 256}]}"#,
                "lines.0.count=Must be at least 0 and at most 255.",
            ),
        ] {
            assert_eq!(
                rejection(input.as_bytes()),
                ("invalid", fields.to_owned()),
                "{input}"
            );
        }
        assert_eq!(rejection(b"[\"a\"]").0, "invalid");
        assert_eq!(rejection(b"null").0, "invalid");
    }

    #[test]
    fn limits_the_length_of_messages() {
        let long = "é".repeat(10_000);
        let input = format!(r#"{{"title": "a", "lines": "{long}"}}"#);
        let error = decode_input::<Order>(input.as_bytes()).unwrap_err();
        assert!(error.message().len() < 300, "{}", error.message().len());
    }

    #[test]
    fn finds_duplicates_among_many_keys() {
        let members: Vec<_> = (0..100).map(|i| format!("\"k{i}\": \"\"")).collect();
        let with = |last: &str| {
            let notes = members.join(",");
            decode_input::<Order>(
                format!(r#"{{"title": "", "notes": {{{notes}, "{last}": ""}}}}"#).as_bytes(),
            )
        };
        assert_eq!(with("k100").unwrap().notes.len(), 101);
        assert_eq!(with("k3").unwrap_err().code(), "malformed");
        assert_eq!(with("k99").unwrap_err().code(), "malformed");
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode_input::<Order>(&bytes);
        }

        #[test]
        fn decodes_the_output_of_serde(title in any::<String>(), notes in any::<HashMap<String, String>>()) {
            let text = serde_json::to_vec(&serde_json::json!({ "title": title, "notes": notes })).unwrap();
            let order = decode_input::<Order>(&text).unwrap();
            prop_assert_eq!(order, Order { title, lines: Vec::new(), notes });
        }
    }
}
