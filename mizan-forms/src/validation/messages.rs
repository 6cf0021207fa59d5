//! The error messages that users see.

use mizan_core::adapter::to_sentence;
use serde_json::Value;

use crate::definition::{Field, FieldKind};

pub(crate) const REQUIRED: &str = "This field is required.";
pub(crate) const READ_ONLY: &str = "This field cannot be changed.";
pub(crate) const UNKNOWN_FIELD: &str = "Unknown field.";
pub(crate) const NOT_A_CHOICE: &str = "Choose one of the options.";
pub(crate) const NOT_AN_OBJECT: &str = "Must be an object.";
pub(crate) const NOT_A_LIST: &str = "Must be a list.";
pub(crate) const NOT_A_SINGLE_LINE: &str = "Must be one line without control characters.";
pub(crate) const NOT_DECODABLE: &str = "Could not be read.";

/// The maximum length of a serde error that is shown to the user. It can contain the value.
const MAX_SERDE_ERROR_BYTES: usize = 200;

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
/// `serde_error` is the fallback if there is no better message for the kind of the field.
pub(crate) fn decode_error(
    field: Option<&Field>,
    value: Option<&Value>,
    serde_error: &str,
) -> String {
    let Some(field) = field else {
        return truncate(serde_error);
    };
    match (&field.kind, value) {
        (_, None | Some(Value::Null)) => REQUIRED.to_owned(),
        (FieldKind::Number { is_integer }, Some(value)) => number_error(field, *is_integer, value),
        (FieldKind::Bool, _) => "Must be true or false.".to_owned(),
        (FieldKind::File, _) => "Choose a file.".to_owned(),
        (FieldKind::Choice | FieldKind::Choices, _) => NOT_A_CHOICE.to_owned(),
        (FieldKind::Group(_), _) => NOT_AN_OBJECT.to_owned(),
        (FieldKind::List { .. }, Some(value)) if !value.is_array() => NOT_A_LIST.to_owned(),
        (FieldKind::List { .. }, _) => "One of the items is not valid.".to_owned(),
        (FieldKind::Text, Some(Value::String(_))) => {
            match (field.format, field.bounds.format.as_deref()) {
                (Some(format), _) => format.message().to_owned(),
                (None, Some("uuid")) => "Must be a UUID.".to_owned(),
                (None, Some("uri")) => "Enter a valid URL.".to_owned(),
                (None, Some("email")) => "Enter a valid email address.".to_owned(),
                _ => truncate(serde_error),
            }
        }
        (FieldKind::Text, _) => match field.format {
            Some(format) => format.message().to_owned(),
            None => "Must be text.".to_owned(),
        },
        (FieldKind::Any, _) => truncate(serde_error),
    }
}

fn number_error(field: &Field, is_integer: bool, value: &Value) -> String {
    const NOT_AN_INTEGER: &str = "Enter a whole number.";
    match value {
        Value::Number(number) => {
            if is_integer && !number.is_i64() && !number.is_u64() {
                return NOT_AN_INTEGER.to_owned();
            }
            match (&field.bounds.min, &field.bounds.max) {
                (Some(min), Some(max)) => format!("Must be at least {min} and at most {max}."),
                (Some(min), None) => format!("Must be at least {min}."),
                (None, Some(max)) => format!("Must be at most {max}."),
                (None, None) => "Too large or too small.".to_owned(),
            }
        }
        _ if is_integer => NOT_AN_INTEGER.to_owned(),
        _ => "Enter a number.".to_owned(),
    }
}

fn truncate(serde_error: &str) -> String {
    let end = serde_error.floor_char_boundary(MAX_SERDE_ERROR_BYTES);
    let ellipsis = if end < serde_error.len() { "…" } else { "" };
    to_sentence(&format!("{}{ellipsis}", &serde_error[..end]))
}
