//! The messages for broken constraints, by the path of the field.

use std::fmt::Write as _;

use serde_json::Value;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use crate::{Error, ErrorCode, Fields};

/// The path under which messages about the input as a whole stand.
pub const WHOLE: &str = "__all__";

/// What broken constraints are called, by path: a constraint's own message, or general words.
///
/// Paths have the names that fields have in Rust.
#[must_use]
pub fn constraint_messages(errors: &ValidationErrors) -> Fields {
    let mut fields = Fields::new();
    collect(errors, "", &mut fields);
    fields
}

impl Error {
    /// The input was refused for these fields, all at once.
    #[must_use]
    pub fn refused(fields: Fields) -> Self {
        let detail = match fields.iter().next() {
            Some((path, messages)) if fields.len() == 1 && path != WHOLE => {
                format!("{path}: {}", messages.join(" "))
            }
            _ => "some of the input is not valid".to_owned(),
        };
        fields.into_iter().fold(
            Self::new(ErrorCode::Invalid, detail),
            |error, (path, messages)| {
                messages
                    .into_iter()
                    .fold(error, |error, message| error.with_field(&*path, message))
            },
        )
    }
}

fn collect(errors: &ValidationErrors, prefix: &str, fields: &mut Fields) {
    for (name, kind) in errors.errors() {
        let name = name.strip_prefix("r#").unwrap_or(name);
        let path = if prefix.is_empty() {
            name.to_owned()
        } else {
            format!("{prefix}.{name}")
        };
        match kind {
            ValidationErrorsKind::Struct(inner) => collect(inner, &path, fields),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    collect(inner, &format!("{path}.{index}"), fields);
                }
            }
            ValidationErrorsKind::Field(broken) => {
                let mut messages: Vec<_> = broken.iter().map(message).collect();
                messages.sort();
                fields.entry(path).or_default().append(&mut messages);
            }
        }
    }
}

/// Returns `text` with a capital letter and a full stop, for a message that people read.
///
/// ```
/// use mizan_core::sentence;
///
/// assert_eq!(sentence("the server is busy"), "The server is busy.");
/// assert_eq!(sentence("Is it you?"), "Is it you?");
/// ```
#[must_use]
pub fn sentence(text: &str) -> String {
    let mut chars = text.trim().chars();
    let mut sentence: String = chars
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    sentence.push_str(chars.as_str());
    if !sentence.is_empty() && !sentence.ends_with(['.', '!', '?', '\u{2026}', ':']) {
        sentence.push('.');
    }
    sentence
}

/// The constraint's own message, or one in general words.
fn message(error: &ValidationError) -> String {
    if let Some(message) = &error.message {
        return message.to_string();
    }
    let param = |name: &str| error.params.get(name);
    let unit = match param("value") {
        Some(Value::Array(_) | Value::Object(_)) => "item",
        _ => "character",
    };
    let counted = |number: &Value| {
        let plural = if number == 1 { "" } else { "s" };
        format!("{number} {unit}{plural}")
    };
    match &*error.code {
        "length" => match (param("equal"), param("min"), param("max")) {
            (Some(equal), _, _) => format!("Must have exactly {}.", counted(equal)),
            (_, Some(min), Some(max)) => format!("Must have {min} to {}.", counted(max)),
            (_, Some(min), None) => format!("Must have at least {}.", counted(min)),
            (_, None, Some(max)) => format!("Must have at most {}.", counted(max)),
            _ => format!("Has the wrong number of {unit}s."),
        },
        "range" => {
            let bounds = [
                ("min", "at least"),
                ("exclusive_min", "more than"),
                ("max", "at most"),
                ("exclusive_max", "less than"),
            ];
            let mut text = String::from("Must be");
            let mut joint = " ";
            for (name, words) in bounds {
                if let Some(bound) = param(name) {
                    let _ = write!(text, "{joint}{words} {bound}");
                    joint = " and ";
                }
            }
            text.push('.');
            text
        }
        "email" => "Enter a valid email address.".to_owned(),
        "url" => "Enter a valid URL.".to_owned(),
        "ip" | "ip_v4" | "ip_v6" => "Enter a valid IP address.".to_owned(),
        "credit_card" => "Enter a valid card number.".to_owned(),
        "must_match" => "Does not match.".to_owned(),
        "required" => "This field is required.".to_owned(),
        "regex" => "Does not have the expected format.".to_owned(),
        "contains" => "A required part is missing.".to_owned(),
        "does_not_contain" => "Contains a part that is not allowed.".to_owned(),
        "non_control_character" => "Must not contain control characters.".to_owned(),
        "nested" => "This value is not valid.".to_owned(),
        code => sentence(&code.replace('_', " ")),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use validator::Validate;

    use super::*;

    #[derive(Validate)]
    struct Order {
        #[validate(length(min = 1, max = 3))]
        title: String,
        #[validate(range(min = 1, max = 9))]
        count: u32,
        #[validate(email(message = "we cannot write to this"))]
        email: String,
        #[validate(nested)]
        lines: Vec<Line>,
        #[validate(length(max = 1))]
        tags: Vec<String>,
        #[validate(length(equal = 1))]
        r#type: String,
        #[validate(nested)]
        address: Line,
    }

    #[derive(serde::Serialize, Validate)]
    struct Line {
        #[validate(length(min = 1))]
        text: String,
    }

    fn line(text: &str) -> Line {
        Line { text: text.into() }
    }

    #[test]
    fn every_broken_constraint_stands_at_its_path() {
        let order = Order {
            title: String::new(),
            count: 10,
            email: "nobody".into(),
            lines: vec![line("a"), line("")],
            tags: vec![String::new(), String::new()],
            r#type: "ab".into(),
            address: line(""),
        };
        let error = Error::refused(constraint_messages(&order.validate().unwrap_err()));
        let fields: Vec<_> = error
            .fields()
            .iter()
            .map(|(path, messages)| format!("{path}: {}", messages.join(", ")))
            .collect();
        assert_eq!(
            fields,
            [
                "address.text: Must have at least 1 character.",
                "count: Must be at least 1 and at most 9.",
                "email: we cannot write to this",
                "lines.1.text: Must have at least 1 character.",
                "tags: Must have at most 1 item.",
                "title: Must have 1 to 3 characters.",
                "type: Must have exactly 1 character.",
            ]
        );
    }
}
