//! The error messages that users see.

use mizan_core::adapter::to_sentence;
use mizan_core::validation::messages::{
    NOT_A_BOOLEAN, NOT_A_NUMBER, NOT_AN_INTEGER, NOT_TEXT, NOT_VALID, OUT_OF_RANGE, format_message,
};
use serde_json::Value;

use crate::definition::{Field, FieldKind};

pub(crate) use mizan_core::validation::messages::{
    NOT_A_CHOICE, NOT_A_LIST, NOT_AN_OBJECT, REQUIRED, UNKNOWN_FIELD,
};

pub(crate) const READ_ONLY: &str = "This field cannot be changed.";
pub(crate) const NOT_A_SINGLE_LINE: &str = "Must be one line without control characters.";
pub(crate) const NOT_DECODABLE: &str = "Could not be read.";

/// The maximum length of a message of the application's type. It can contain the value.
const MAX_TYPE_MESSAGE_BYTES: usize = 200;

/// The beginnings of the messages that serde itself writes. They describe types of Rust.
const SERDE_MESSAGES: [&str; 10] = [
    "invalid type:",
    "invalid value:",
    "invalid length ",
    "unknown variant ",
    "unknown field",
    "missing field",
    "duplicate field",
    "expected ",
    "data did not match any variant",
    "number out of range",
];

pub(crate) fn too_many_bytes(max: u64) -> String {
    let plural = if max == 1 { "" } else { "s" };
    format!("Must have at most {max} byte{plural}.")
}

pub(crate) fn too_many_items(max: usize) -> String {
    let plural = if max == 1 { "" } else { "s" };
    format!("Must have at most {max} item{plural}.")
}

/// Returns the message for a value that the field's type cannot decode.
///
/// `serde_error` is the message if the type is one of the application, which writes its own messages.
pub(crate) fn decode_error(
    field: Option<&Field>,
    value: Option<&Value>,
    serde_error: &str,
) -> String {
    let Some(field) = field else {
        return type_message(serde_error);
    };
    match (&field.kind, value) {
        (_, None | Some(Value::Null)) => REQUIRED.to_owned(),
        (FieldKind::Number { is_integer }, Some(value)) => number_error(field, *is_integer, value),
        (FieldKind::Bool, _) => NOT_A_BOOLEAN.to_owned(),
        (FieldKind::File, _) => "Choose a file.".to_owned(),
        (FieldKind::Choice | FieldKind::Choices, _) => NOT_A_CHOICE.to_owned(),
        (FieldKind::Group(_), _) => NOT_AN_OBJECT.to_owned(),
        (FieldKind::List { .. }, Some(value)) if !value.is_array() => NOT_A_LIST.to_owned(),
        (FieldKind::List { .. }, _) => "One of the items is not valid.".to_owned(),
        (FieldKind::Text, value) => text_error(field, value, serde_error),
        (FieldKind::Any, _) => type_message(serde_error),
    }
}

fn text_error(field: &Field, value: Option<&Value>, serde_error: &str) -> String {
    if let Some(format) = field.format {
        return format.message().to_owned();
    }
    if !value.is_some_and(Value::is_string) {
        return NOT_TEXT.to_owned();
    }
    if let Some(message) = field.bounds.format.as_deref().and_then(format_message) {
        return message.to_owned();
    }
    let length = field.bounds.min_length.as_ref();
    let is_char = length.is_some_and(|length| *length == 1)
        && field.bounds.max_length.as_ref() == length
        && is_serde_message(serde_error);
    if is_char {
        return "Must have exactly 1 character.".to_owned();
    }
    type_message(serde_error)
}

fn number_error(field: &Field, is_integer: bool, value: &Value) -> String {
    match value {
        Value::Number(number) => {
            let is_fraction = number.as_f64().is_some_and(|number| number.fract() != 0.0);
            if is_integer && is_fraction {
                return NOT_AN_INTEGER.to_owned();
            }
            match (&field.bounds.min, &field.bounds.max) {
                (Some(min), Some(max)) => format!("Must be at least {min} and at most {max}."),
                (Some(min), None) => format!("Must be at least {min}."),
                (None, Some(max)) => format!("Must be at most {max}."),
                (None, None) => OUT_OF_RANGE.to_owned(),
            }
        }
        _ if is_integer => NOT_AN_INTEGER.to_owned(),
        _ => NOT_A_NUMBER.to_owned(),
    }
}

/// Returns the message of a type of the application, or a general message instead of one that serde
/// wrote.
fn type_message(serde_error: &str) -> String {
    if is_serde_message(serde_error) {
        return NOT_VALID.to_owned();
    }
    let end = serde_error.floor_char_boundary(MAX_TYPE_MESSAGE_BYTES);
    let ellipsis = if end < serde_error.len() { "…" } else { "" };
    to_sentence(&format!("{}{ellipsis}", &serde_error[..end]))
}

fn is_serde_message(error: &str) -> bool {
    SERDE_MESSAGES.iter().any(|start| error.starts_with(start))
}
