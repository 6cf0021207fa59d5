//! The rules of a form beyond the types and constraints of its fields.

use serde_json::{Map, Value};

use super::field_path::FieldPath;
use super::findings::Findings;
use super::messages::{NOT_A_CHOICE, NOT_A_SINGLE_LINE, UNKNOWN_FIELD, too_many_bytes};
use crate::definition::{Field, FieldKind, Row};
use crate::text_format::{TextFormat, with_seconds};

/// The maximum number of unknown fields that are reported for a group.
const MAX_UNKNOWN_FIELDS: usize = 20;

/// The maximum length of the name of an unknown field in a path.
const MAX_UNKNOWN_NAME_BYTES: usize = 200;

/// Checks the values of a group, and adds missing seconds to times so that their types can parse them.
pub(super) fn check_group(
    fields: &[Field],
    values: &mut Map<String, Value>,
    parent: Option<&FieldPath<'_>>,
    findings: &mut Findings,
) {
    let mut known_count = 0;
    for field in fields {
        let path = FieldPath::field(parent, &field.name);
        let value = values.get_mut(&field.name);
        known_count += usize::from(value.is_some());
        match value {
            None | Some(Value::Null) if field.required => findings.add_missing(path.to_path()),
            None | Some(Value::Null) => {}
            Some(value) => check_field(field, value, &path, findings),
        }
    }
    if known_count < values.len() {
        let unknown = values
            .keys()
            .filter(|name| fields.iter().all(|field| field.name != **name));
        for name in unknown.take(MAX_UNKNOWN_FIELDS) {
            let name = &name[..name.floor_char_boundary(MAX_UNKNOWN_NAME_BYTES)];
            findings.add_error(FieldPath::field(parent, name).to_path(), UNKNOWN_FIELD);
        }
    }
}

fn check_field(field: &Field, value: &mut Value, path: &FieldPath<'_>, findings: &mut Findings) {
    match (&field.kind, value) {
        (FieldKind::Text, Value::String(text)) => check_text(field, text, path, findings),
        (FieldKind::Group(fields), Value::Object(values)) => {
            check_group(fields, values, Some(path), findings);
        }
        (FieldKind::List { max, row, .. }, Value::Array(rows)) => {
            if rows.len() > *max {
                findings.oversized_lists.push(path.to_path());
                return;
            }
            for (index, value) in rows.iter_mut().enumerate() {
                let path = FieldPath::row(path, index);
                match (row, value) {
                    (Row::Group(fields), Value::Object(values)) => {
                        check_group(fields, values, Some(&path), findings);
                    }
                    (Row::Item(item), Value::Null) if item.required => {
                        findings.add_missing(path.to_path());
                    }
                    (Row::Item(_), Value::Null) => {}
                    (Row::Item(item), value) => check_field(item, value, &path, findings),
                    _ => {}
                }
            }
        }
        (FieldKind::Choice, value) if !is_static_choice(field, value) => {
            findings.add_error(path.to_path(), NOT_A_CHOICE);
        }
        (FieldKind::Choices, Value::Array(values)) => {
            for (index, value) in values.iter().enumerate() {
                if !is_static_choice(field, value) {
                    findings.add_error(FieldPath::row(path, index).to_path(), NOT_A_CHOICE);
                }
            }
        }
        _ => {}
    }
}

/// Returns true if the field has no static choices or `value` is one of them.
fn is_static_choice(field: &Field, value: &Value) -> bool {
    field.choices.is_empty() || field.choices.iter().any(|choice| choice.value == *value)
}

fn check_text(field: &Field, text: &mut String, path: &FieldPath<'_>, findings: &mut Findings) {
    if field.must_not_be_blank() && text.chars().all(char::is_whitespace) {
        findings.add_missing(path.to_path());
        return;
    }
    if let Some(format) = field.format {
        let is_allowed_blank = field.may_be_blank && text.is_empty();
        let is_time = matches!(format, TextFormat::Time | TextFormat::Datetime);
        if !is_allowed_blank && !format.matches(text) {
            findings.add_error(path.to_path(), format.message());
        } else if is_time && field.bounds.format.is_some() {
            *text = with_seconds(text);
        }
    } else if field.is_single_line() && text.chars().any(char::is_control) {
        findings.add_error(path.to_path(), NOT_A_SINGLE_LINE);
    }
    if let Some(max) = field.declared.max_bytes
        && text.len() as u64 > max
    {
        findings.add_error(path.to_path(), too_many_bytes(max));
    }
}
