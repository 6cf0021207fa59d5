//! The error messages that users see. Those about types and formats are in the table of `mizan-core`.

use mizan_core::validation::messages::{
    NOT_A_BOOLEAN, NOT_A_NUMBER, NOT_AN_INTEGER, NOT_VALID, OUT_OF_RANGE, counted, decode_message,
    format_message, outside_of,
};
pub(crate) use mizan_core::validation::messages::{
    NOT_A_CHOICE, NOT_A_LIST, NOT_AN_OBJECT, REQUIRED, UNKNOWN_FIELD,
};
use serde_json::{Value, json};

use crate::definition::{Bounds, Field, FieldKind};

pub(crate) const READ_ONLY: &str = "This field cannot be changed.";
pub(crate) const NOT_A_SINGLE_LINE: &str = "Must be one line without control characters.";
pub(crate) const NOT_DECODABLE: &str = "Could not be read.";

pub(crate) fn too_many_bytes(max: u64) -> String {
    format!("Must have at most {}.", counted(max, "byte"))
}

pub(crate) fn too_many_items(max: usize) -> String {
    format!("Must have at most {}.", counted(max as u64, "item"))
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
        return type_message(serde_error, None);
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
        (FieldKind::Any, _) => type_message(serde_error, None),
    }
}

fn text_error(field: &Field, value: Option<&Value>, serde_error: &str) -> String {
    if let Some(format) = field.format {
        return format.message().to_owned();
    }
    let format = field.bounds.format.as_deref();
    if let (Some(Value::String(_)), Some(message)) = (value, format.and_then(format_message)) {
        return message.to_owned();
    }
    let schema = format.map(|format| json!({ "format": format }));
    type_message(serde_error, schema.as_ref())
}

fn number_error(field: &Field, is_integer: bool, value: &Value) -> String {
    match value {
        Value::Number(number) => {
            let is_fraction = number.as_f64().is_some_and(|number| number.fract() != 0.0);
            if is_integer && is_fraction {
                return NOT_AN_INTEGER.to_owned();
            }
            let Bounds { min, max, .. } = &field.bounds;
            if min.is_none() && max.is_none() {
                return OUT_OF_RANGE.to_owned();
            }
            outside_of([("at least", min.as_ref()), ("at most", max.as_ref())])
        }
        _ if is_integer => NOT_AN_INTEGER.to_owned(),
        _ => NOT_A_NUMBER.to_owned(),
    }
}

/// Returns the message of a type of the application, or a message in place of one that serde wrote.
fn type_message(serde_error: &str, schema: Option<&Value>) -> String {
    let names_rust_fields = ["missing field", "unknown field", "duplicate field"];
    if names_rust_fields
        .iter()
        .any(|start| serde_error.starts_with(start))
    {
        return NOT_VALID.to_owned();
    }
    decode_message(serde_error, schema)
}
