//! Constraints on inputs, and the messages for violations.

pub mod messages;
mod wire_names;

use schemars::JsonSchema;
use validator::{Validate, ValidationErrors, ValidationErrorsKind};

use self::messages::constraint_message;
use crate::error::{FieldErrors, MAX_FIELD_ERRORS};

/// Checks the constraints that a type declares with `#[derive(validator::Validate)]`.
///
/// ```
/// use mizan_core::validation::check_constraints;
/// use validator::Validate;
///
/// #[derive(Validate)]
/// struct Post {
///     #[validate(length(min = 1, max = 80))]
///     title: String,
/// }
///
/// let errors = check_constraints(&Post { title: String::new() }).unwrap_err();
/// assert_eq!(errors["title"], ["Must have 1 to 80 characters."]);
/// ```
///
/// # Errors
///
/// Returns the messages for the violated constraints, by the path of the field, with the names of
/// the Rust fields, for up to [`MAX_FIELD_ERRORS`](crate::error::MAX_FIELD_ERRORS) fields. A constraint without a `message` has a default message.
pub fn check_constraints<T: Validate + ?Sized>(value: &T) -> Result<(), FieldErrors> {
    value.validate().map_err(|errors| messages(&errors, &[]))
}

/// Checks the constraints of a type as [`check_constraints`] does, except those with these codes.
///
/// # Errors
///
/// Returns the messages for the violated constraints, by path.
pub fn check_constraints_except<T: Validate + ?Sized>(
    value: &T,
    ignored_codes: &[&str],
) -> Result<(), FieldErrors> {
    let Err(errors) = value.validate() else {
        return Ok(());
    };
    let fields = messages(&errors, ignored_codes);
    if fields.is_empty() {
        Ok(())
    } else {
        Err(fields)
    }
}

/// Checks the constraints of an input, and returns the messages by the names that clients use.
///
/// `document` is the JSON that the input was decoded from, if there is any.
pub(crate) fn check_constraints_by_wire_name<T: Validate + JsonSchema>(
    value: &T,
    document: Option<&[u8]>,
) -> Result<(), FieldErrors> {
    value
        .validate()
        .map_err(|errors| wire_names::messages::<T>(&errors, document))
}

fn messages(errors: &ValidationErrors, ignored_codes: &[&str]) -> FieldErrors {
    let mut fields = FieldErrors::new();
    collect_messages(errors, "", ignored_codes, &mut fields);
    fields
}

fn collect_messages(
    errors: &ValidationErrors,
    prefix: &str,
    ignored_codes: &[&str],
    fields: &mut FieldErrors,
) {
    for (name, kind) in errors.errors() {
        if fields.len() >= MAX_FIELD_ERRORS {
            return;
        }
        let name = name.strip_prefix("r#").unwrap_or(name);
        let path = if prefix.is_empty() {
            name.to_owned()
        } else {
            format!("{prefix}.{name}")
        };
        match kind {
            ValidationErrorsKind::Struct(inner) => {
                collect_messages(inner, &path, ignored_codes, fields);
            }
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    collect_messages(inner, &format!("{path}.{index}"), ignored_codes, fields);
                }
            }
            ValidationErrorsKind::Field(violations) => {
                let mut messages: Vec<_> = violations
                    .iter()
                    .filter(|violation| !ignored_codes.contains(&&*violation.code))
                    .map(constraint_message)
                    .collect();
                if !messages.is_empty() {
                    messages.sort();
                    fields.entry(path).or_default().append(&mut messages);
                }
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
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
    fn reports_each_violated_constraint_at_its_path() {
        let order = Order {
            title: String::new(),
            count: 10,
            email: "mia".into(),
            lines: vec![line("a"), line("")],
            tags: vec![String::new(), String::new()],
            r#type: "ab".into(),
            address: line(""),
        };
        let errors = check_constraints(&order).unwrap_err();
        let fields: Vec<_> = errors
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
