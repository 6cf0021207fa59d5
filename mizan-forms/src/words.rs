//! What is said of a value that its type does not take.

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
        (_, None | Some(Value::Null)) => "is required".to_owned(),
        (Kind::Number { whole }, Some(value)) => number(field, *whole, value),
        (Kind::Bool, _) => "must be true or false".to_owned(),
        (Kind::File, _) => "must be a file".to_owned(),
        (Kind::Choice | Kind::Choices, _) => "is not one of the choices".to_owned(),
        (Kind::Group(_), _) => "must be an object".to_owned(),
        (Kind::List { .. }, Some(value)) if !value.is_array() => "must be a list".to_owned(),
        (Kind::List { .. }, _) => "has an item that is not valid".to_owned(),
        (Kind::Text, Some(Value::String(_))) => {
            match (field.format, field.bounds.format.as_deref()) {
                (Some(format), _) => format.message().to_owned(),
                (None, Some("uuid")) => "must be a UUID".to_owned(),
                (None, Some("uri")) => "must be a URL".to_owned(),
                (None, Some("email")) => "must be an e-mail address".to_owned(),
                _ => shortened(said),
            }
        }
        (Kind::Text, _) => match field.format {
            Some(format) => format.message().to_owned(),
            None => "must be text".to_owned(),
        },
        (Kind::Any, _) => shortened(said),
    }
}

fn number(field: &Field, whole: bool, value: &Value) -> String {
    match value {
        Value::Number(number) => {
            let is_whole = number.is_i64() || number.is_u64();
            if whole && !is_whole {
                return "must be a whole number".to_owned();
            }
            match (&field.bounds.min, &field.bounds.max) {
                (Some(min), Some(max)) => format!("must be at least {min} and at most {max}"),
                (Some(min), None) => format!("must be at least {min}"),
                (None, Some(max)) => format!("must be at most {max}"),
                (None, None) => "is too large or too small".to_owned(),
            }
        }
        _ if whole => "must be a whole number".to_owned(),
        _ => "must be a number".to_owned(),
    }
}

fn shortened(said: &str) -> String {
    let end = said.floor_char_boundary(MAX_TEXT);
    let dots = if end < said.len() { "…" } else { "" };
    format!("{}{dots}", &said[..end])
}
