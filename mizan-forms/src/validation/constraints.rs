//! The checks that need no I/O: types, constraints and the rules of the form.

use mizan_core::error::{FORM_ERRORS, FieldErrors};
use mizan_core::validation::{check_constraints, check_constraints_except};
use serde_json::Value;

use super::field_rules::check_group;
use super::findings::Findings;
use super::messages::{self, NOT_A_CHOICE, NOT_AN_OBJECT, NOT_DECODABLE, too_many_items};
use crate::Form;
use crate::definition::{Field, FieldKind, FormDefinition, Row, find_inexact_integer};
use crate::field_decoder::FieldDecoder;

/// The result of validating the values of a form.
pub(crate) struct Validated<F> {
    /// The form, if every field could be decoded.
    pub(crate) form: Option<F>,
    /// The error messages by path, in wire names.
    pub(crate) errors: FieldErrors,
}

/// Decodes the values and checks their constraints. A list with too many rows is not decoded.
pub(super) fn decode_and_check<F: Form>(values: &mut Value) -> Validated<F> {
    let definition = F::definition();
    let mut findings = Findings::default();
    let Value::Object(members) = &mut *values else {
        let errors = FieldErrors::from([(FORM_ERRORS.to_owned(), vec![NOT_AN_OBJECT.to_owned()])]);
        return Validated { form: None, errors };
    };
    check_group(&definition.fields, members, None, &mut findings);
    // The struct itself accepts an integer that the client would round.
    if findings.oversized_lists.is_empty()
        && find_inexact_integer(&definition.fields, values).is_none()
        && let Ok(form) = F::deserialize(&*values)
    {
        if let Err(violations) = check_constraints(&form) {
            add_violations(definition, violations, &mut findings);
        }
        return Validated {
            form: Some(form),
            errors: findings.errors,
        };
    }
    check_fields_separately::<F>(values, &mut findings);
    Validated {
        form: None,
        errors: findings.errors,
    }
}

/// Decodes each field separately, so that an undecodable field does not hide errors in others.
fn check_fields_separately<F: Form>(values: &mut Value, findings: &mut Findings) {
    let definition = F::definition();
    for path in std::mem::take(&mut findings.oversized_lists) {
        let message = oversized_list_message(definition, &path);
        findings.add_error(path.clone(), message);
        remove(values, &path);
    }
    let mut decoder = FieldDecoder::default();
    let partial = F::decode(values, &mut decoder);
    for (path, serde_error) in decoder.into_failures() {
        let (path, is_choice) = place_of_failure(definition, path);
        if has_errors_below(&findings.errors, &path) {
            continue;
        }
        let messages = findings.errors.entry(path.clone()).or_default();
        if messages.is_empty() {
            let value = values.pointer(&format!("/{}", path.replace('.', "/")));
            messages.push(if is_choice {
                NOT_A_CHOICE.to_owned()
            } else {
                messages::decode_error(definition.field(&path), value, &serde_error)
            });
        }
    }
    // These constraints can fail merely because a field could not be decoded.
    if let Err(violations) = check_constraints_except(&partial, &["must_match", "required"]) {
        add_violations(definition, violations, findings);
    }
    if findings.errors.is_empty() {
        // The struct itself rejects the values, for example by `#[serde(try_from = "..")]`.
        let serde_error = F::deserialize(&*values).err();
        let serde_error = serde_error.map_or_else(|| NOT_DECODABLE.to_owned(), |e| e.to_string());
        findings.add_error(
            FORM_ERRORS.to_owned(),
            messages::decode_error(None, None, &serde_error),
        );
    }
}

/// Returns the path of the field to which a failure belongs, and whether the value is one of several
/// choices. The decoder reports the items of every array, also of one in the place of another value.
fn place_of_failure(definition: &FormDefinition, path: String) -> (String, bool) {
    if definition.field(&path).is_some() {
        return (path, false);
    }
    let parent = path.rsplit_once('.').map(|(parent, _)| parent);
    match parent.and_then(|parent| definition.field(parent)) {
        Some(Field {
            kind: FieldKind::Choices,
            ..
        }) => (path, true),
        Some(Field {
            kind: FieldKind::List { .. },
            ..
        }) => (path, false),
        Some(_) => (parent.unwrap_or_default().to_owned(), false),
        None => (path, false),
    }
}

/// Returns true if there are errors at paths below `path`.
pub(super) fn has_errors_below(errors: &FieldErrors, path: &str) -> bool {
    let prefix = format!("{path}.");
    let mut following = errors.range(prefix.clone()..);
    following
        .next()
        .is_some_and(|(path, _)| path.starts_with(&prefix))
}

fn oversized_list_message(definition: &FormDefinition, path: &str) -> String {
    let field = definition.field(path);
    let max = match field.map(|field| &field.kind) {
        Some(FieldKind::List { max, .. }) => *max,
        _ => 0,
    };
    field
        .and_then(|field| field.custom_message("length"))
        .map_or_else(|| too_many_items(max), str::to_owned)
}

fn remove(values: &mut Value, path: &str) {
    let (parent, name) = match path.rsplit_once('.') {
        Some((parent, name)) => (format!("/{}", parent.replace('.', "/")), name),
        None => (String::new(), path),
    };
    if let Some(Value::Object(members)) = values.pointer_mut(&parent) {
        members.shift_remove(name);
    }
}

/// Adds the messages of violated constraints.
///
/// A missing field has a single message: the message that it is required, or the custom message of
/// its `length` constraint.
fn add_violations(definition: &FormDefinition, violations: FieldErrors, findings: &mut Findings) {
    for (path, mut messages) in violations {
        let path = wire_path(&definition.fields, &path);
        if findings.missing.contains(&path) {
            let field = definition.field(&path);
            let custom = field.and_then(|field| field.custom_message("length"));
            if let Some(custom) = custom.filter(|custom| messages.iter().any(|m| m == custom)) {
                findings.errors.insert(path, vec![custom.to_owned()]);
            }
            continue;
        }
        let known = findings.errors.entry(path).or_default();
        messages.retain(|message| !known.contains(message));
        known.append(&mut messages);
    }
}

/// Translates a path of Rust field names to wire names.
fn wire_path(fields: &[Field], path: &str) -> String {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let Some(field) = fields.iter().find(|field| field.rust_name == name) else {
        return path.to_owned();
    };
    let Some(rest) = rest else {
        return field.name.clone();
    };
    let rest = match &field.kind {
        FieldKind::Group(fields) => wire_path(fields, rest),
        FieldKind::List {
            row: Row::Group(fields),
            ..
        } => match rest.split_once('.') {
            Some((index, rest)) => format!("{index}.{}", wire_path(fields, rest)),
            None => rest.to_owned(),
        },
        _ => rest.to_owned(),
    };
    format!("{}.{rest}", field.name)
}
