//! The checks that need nobody else: shape, types, constraints.

use mizan_core::error::{FORM_ERRORS, FieldErrors};
use mizan_core::validation::{check_constraints, check_constraints_except};
use serde_json::Value;

use crate::checks::{Found, check_group};
use crate::decoding::Decoding;
use crate::shape::{Field, Kind, Row, Shape};
use crate::{Form, words};

/// What became of the values of a form.
pub(crate) struct Checked<F> {
    /// The form, where every field could be decoded.
    pub(crate) form: Option<F>,
    /// What is wrong, by the names on the wire.
    pub(crate) errors: FieldErrors,
}

/// Checks the values and decodes them. Nothing is decoded of a list that is too long.
pub(crate) fn check<F: Form>(values: &mut Value) -> Checked<F> {
    let shape = F::shape();
    let mut found = Found::default();
    let Value::Object(members) = &mut *values else {
        let errors = FieldErrors::from([(
            FORM_ERRORS.to_owned(),
            vec!["Must be an object.".to_owned()],
        )]);
        return Checked { form: None, errors };
    };
    check_group(&shape.fields, members, None, &mut found);
    if found.overlong.is_empty()
        && let Ok(form) = F::deserialize(&*values)
    {
        if let Err(broken) = check_constraints(&form) {
            add_constraints(shape, broken, &mut found);
        }
        return Checked {
            form: Some(form),
            errors: found.fields,
        };
    }
    check_fields::<F>(values, &mut found);
    Checked {
        form: None,
        errors: found.fields,
    }
}

/// Decodes field by field, so that one that is refused does not hide what is wrong with others.
fn check_fields<F: Form>(values: &mut Value, found: &mut Found) {
    let shape = F::shape();
    for path in std::mem::take(&mut found.overlong) {
        let max = match shape.field(&path).map(|field| &field.kind) {
            Some(Kind::List { max, .. }) => *max,
            _ => 0,
        };
        found
            .fields
            .entry(path.clone())
            .or_default()
            .push(most(shape, &path, max));
        take(values, &path);
    }
    let mut decoding = Decoding::default();
    let partial = F::decode(values, &mut decoding);
    for (path, said) in decoding.into_failures() {
        let below = format!("{path}.");
        let mut inner = found.fields.range(below.clone()..);
        if inner
            .next()
            .is_some_and(|(path, _)| path.starts_with(&below))
        {
            continue;
        }
        let messages = found.fields.entry(path.clone()).or_default();
        if messages.is_empty() {
            let value = values.pointer(&format!("/{}", path.replace('.', "/")));
            messages.push(words::refused(shape.field(&path), value, &said));
        }
    }
    // A comparison may refer to a field that could not be decoded.
    if let Err(broken) = check_constraints_except(&partial, &["must_match", "required"]) {
        add_constraints(shape, broken, found);
    }
    if found.fields.is_empty() {
        // What is refused is not one field, such as by `#[serde(try_from = "..")]` on the struct.
        let said = F::deserialize(&*values)
            .err()
            .map(|error| error.to_string());
        let said = said.unwrap_or_else(|| "Could not be read.".to_owned());
        found.fields.insert(
            FORM_ERRORS.to_owned(),
            vec![words::refused(None, None, &said)],
        );
    }
}

fn most(shape: &Shape, path: &str, max: usize) -> String {
    let own = shape
        .field(path)
        .and_then(|field| own_message(field, "length"));
    own.map_or_else(
        || {
            format!(
                "Must have at most {max} item{}.",
                if max == 1 { "" } else { "s" }
            )
        },
        str::to_owned,
    )
}

fn own_message(field: &Field, constraint: &str) -> Option<&'static str> {
    let mut messages = field.given.0.messages.iter();
    messages.find_map(|(name, text)| (*name == constraint).then_some(*text))
}

fn take(values: &mut Value, path: &str) {
    let (above, name) = match path.rsplit_once('.') {
        Some((above, name)) => (format!("/{}", above.replace('.', "/")), name),
        None => (String::new(), path),
    };
    if let Some(Value::Object(members)) = values.pointer_mut(&above) {
        members.shift_remove(name);
    }
}

/// Adds what constraints say. A field where something is missing says one thing: its own message for
/// the constraint on its length, or that it is required.
fn add_constraints(shape: &Shape, broken: FieldErrors, found: &mut Found) {
    for (path, mut messages) in broken {
        let path = on_wire(&shape.fields, &path);
        let field = shape.field(&path);
        if found.missing.contains(&path) {
            let own = field.and_then(|field| own_message(field, "length"));
            if let Some(own) = own.filter(|own| messages.iter().any(|message| message == own)) {
                found.fields.insert(path, vec![own.to_owned()]);
            }
            continue;
        }
        let known = found.fields.entry(path).or_default();
        messages.retain(|message| !known.contains(message));
        known.append(&mut messages);
    }
}

/// A path in the names of Rust, in those of the wire.
fn on_wire(fields: &[Field], path: &str) -> String {
    let (name, rest) = match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    };
    let Some(field) = fields.iter().find(|field| field.rust == name) else {
        return path.to_owned();
    };
    let Some(rest) = rest else {
        return field.name.clone();
    };
    let rest = match &field.kind {
        Kind::Group(fields) => on_wire(fields, rest),
        Kind::List {
            row: Row::Group(fields),
            ..
        } => match rest.split_once('.') {
            Some((index, rest)) => format!("{index}.{}", on_wire(fields, rest)),
            None => rest.to_owned(),
        },
        _ => rest.to_owned(),
    };
    format!("{}.{rest}", field.name)
}
