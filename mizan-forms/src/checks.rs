//! What a form checks beyond its types and its constraints.

use std::collections::BTreeSet;

use mizan_core::error::FieldErrors;
use serde_json::{Map, Value};

use crate::formats::Format;
use crate::shape::html::with_seconds;
use crate::shape::{Field, Kind, Row};

/// The most unknown fields that are named.
const MAX_UNKNOWN: usize = 20;

/// What the checks found.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) fields: FieldErrors,
    /// The paths where there is nothing, and something is required.
    pub(crate) missing: BTreeSet<String>,
    /// The lists that have too many rows to be looked at.
    pub(crate) overlong: Vec<String>,
}

impl Found {
    fn add(&mut self, path: String, message: impl Into<String>) {
        self.fields.entry(path).or_default().push(message.into());
    }

    fn missing(&mut self, path: String) {
        self.add(path.clone(), "This field is required.");
        self.missing.insert(path);
    }
}

/// Where a value stands. Written out only when there is something to say.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    above: Option<&'a At<'a>>,
    name: Name<'a>,
}

#[derive(Clone, Copy)]
enum Name<'a> {
    Field(&'a str),
    Row(usize),
}

impl<'a> At<'a> {
    pub(crate) fn field(above: Option<&'a Self>, name: &'a str) -> Self {
        Self {
            above,
            name: Name::Field(name),
        }
    }

    pub(crate) fn row(above: &'a Self, index: usize) -> Self {
        Self {
            above: Some(above),
            name: Name::Row(index),
        }
    }

    pub(crate) fn path(&self) -> String {
        let name = match self.name {
            Name::Field(name) => name.to_owned(),
            Name::Row(index) => index.to_string(),
        };
        match self.above {
            Some(above) => format!("{}.{name}", above.path()),
            None => name,
        }
    }
}

/// Checks the values of a group, and brings times into the form that types read.
pub(crate) fn check_group(
    fields: &[Field],
    values: &mut Map<String, Value>,
    above: Option<&At<'_>>,
    found: &mut Found,
) {
    let mut known = 0;
    for field in fields {
        let at = At::field(above, &field.name);
        let value = values.get_mut(&field.name);
        known += usize::from(value.is_some());
        match value {
            None | Some(Value::Null) if field.required => found.missing(at.path()),
            None | Some(Value::Null) => {}
            Some(value) => check(field, value, &at, found),
        }
    }
    if known < values.len() {
        let unknown = values
            .keys()
            .filter(|name| fields.iter().all(|field| field.name != **name));
        for name in unknown.take(MAX_UNKNOWN) {
            let name = &name[..name.floor_char_boundary(200)];
            found.add(At::field(above, name).path(), "Unknown field.");
        }
    }
}

fn check(field: &Field, value: &mut Value, at: &At<'_>, found: &mut Found) {
    match (&field.kind, value) {
        (Kind::Text, Value::String(text)) => check_text(field, text, at, found),
        (Kind::Group(fields), Value::Object(values)) => {
            check_group(fields, values, Some(at), found);
        }
        (Kind::List { max, row, .. }, Value::Array(rows)) => {
            if rows.len() > *max {
                found.overlong.push(at.path());
                return;
            }
            for (index, value) in rows.iter_mut().enumerate() {
                let at = At::row(at, index);
                match (row, value) {
                    (Row::Group(fields), Value::Object(values)) => {
                        check_group(fields, values, Some(&at), found);
                    }
                    (Row::Item(_), Value::Null) => found.missing(at.path()),
                    (Row::Item(item), value) => check(item, value, &at, found),
                    _ => {}
                }
            }
        }
        (Kind::Choice, value) if !is_choice(field, value) => {
            found.add(at.path(), "Choose one of the options.");
        }
        (Kind::Choices, Value::Array(values)) => {
            if let Some(index) = values.iter().position(|value| !is_choice(field, value)) {
                found.add(At::row(at, index).path(), "Choose one of the options.");
            }
        }
        _ => {}
    }
}

/// Whether this is one of the choices that are known already.
fn is_choice(field: &Field, value: &Value) -> bool {
    field.choices.is_empty() || field.choices.iter().any(|choice| choice.value == *value)
}

fn check_text(field: &Field, text: &mut String, at: &At<'_>, found: &mut Found) {
    if field.must_not_be_blank() && text.chars().all(char::is_whitespace) {
        found.missing(at.path());
        return;
    }
    if let Some(format) = field.format {
        let may_be_so = field.may_be_blank && text.is_empty();
        if !may_be_so && !format.fits(text) {
            found.add(at.path(), format.message());
        } else if matches!(format, Format::Time | Format::Datetime) && field.bounds.format.is_some()
        {
            *text = with_seconds(text);
        }
    } else if field.is_line() && text.chars().any(char::is_control) {
        found.add(at.path(), "Must be one line without control characters.");
    }
    if let Some(most) = field.given.0.max_bytes
        && text.len() as u64 > most
    {
        let plural = if most == 1 { "" } else { "s" };
        found.add(at.path(), format!("Must have at most {most} byte{plural}."));
    }
}
