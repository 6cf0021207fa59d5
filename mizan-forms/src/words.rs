//! What is said of a value that its type does not take.

use mizan_core::adapter::to_sentence;
use serde_json::Value;

use crate::shape::{Field, Kind};

/// The most of what a type says that is passed on: it may repeat the value.
const MAX_TEXT: usize = 200;

/// `said` is what the type said, in the words of serde.
pub(crate) fn refused(field: Option<&Field>, value: Option<&Value>, said: &str) -> String {
    let Some(field) = field else {
        return shortened(said);
    };
    match (&field.kind, value) {
        (_, None | Some(Value::Null)) => "This field is required.".to_owned(),
        (Kind::Number { whole }, Some(value)) => number(field, *whole, value),
        (Kind::Bool, _) => "Must be true or false.".to_owned(),
        (Kind::File, _) => "Choose a file.".to_owned(),
        (Kind::Choice | Kind::Choices, _) => "Choose one of the options.".to_owned(),
        (Kind::Group(_), _) => "Must be an object.".to_owned(),
        (Kind::List { .. }, Some(value)) if !value.is_array() => "Must be a list.".to_owned(),
        (Kind::List { .. }, _) => "One of the items is not valid.".to_owned(),
        (Kind::Text, Some(Value::String(_))) => {
            match (field.format, field.bounds.format.as_deref()) {
                (Some(format), _) => format.message().to_owned(),
                (None, Some("uuid")) => "Must be a UUID.".to_owned(),
                (None, Some("uri")) => "Enter a valid URL.".to_owned(),
                (None, Some("email")) => "Enter a valid email address.".to_owned(),
                _ => shortened(said),
            }
        }
        (Kind::Text, _) => match field.format {
            Some(format) => format.message().to_owned(),
            None => "Must be text.".to_owned(),
        },
        (Kind::Any, _) => shortened(said),
    }
}

fn number(field: &Field, whole: bool, value: &Value) -> String {
    match value {
        Value::Number(number) => {
            let is_whole = number.is_i64() || number.is_u64();
            if whole && !is_whole {
                return "Enter a whole number.".to_owned();
            }
            match (&field.bounds.min, &field.bounds.max) {
                (Some(min), Some(max)) => format!("Must be at least {min} and at most {max}."),
                (Some(min), None) => format!("Must be at least {min}."),
                (None, Some(max)) => format!("Must be at most {max}."),
                (None, None) => "Too large or too small.".to_owned(),
            }
        }
        _ if whole => "Enter a whole number.".to_owned(),
        _ => "Enter a number.".to_owned(),
    }
}

fn shortened(said: &str) -> String {
    let end = said.floor_char_boundary(MAX_TEXT);
    let dots = if end < said.len() { "…" } else { "" };
    to_sentence(&format!("{}{dots}", &said[..end]))
}
