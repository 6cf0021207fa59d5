//! The value that a check of a single field receives.

use serde_json::{Map, Value};

/// A submitted value, with its place in the form and the values of the other fields.
///
/// [`FormHandler::validate_field`](crate::FormHandler::validate_field) receives it.
#[derive(Clone, Copy, Debug)]
pub struct FieldCheck<'a> {
    path: &'a str,
    value: &'a Value,
    values: &'a Map<String, Value>,
}

impl<'a> FieldCheck<'a> {
    pub(crate) fn new(path: &'a str, value: &'a Value, values: &'a Map<String, Value>) -> Self {
        Self {
            path,
            value,
            values,
        }
    }

    /// Returns the path of the field, such as `email` or `phones.0.number`.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// Returns the value of the field, as JSON. It violates no constraint.
    #[must_use]
    pub fn value(&self) -> &'a Value {
        self.value
    }

    /// Returns the values of all fields, as JSON: also those that the user has not completed yet, which may
    /// be absent or violate constraints. Server-only and disabled fields have the values of `initial`.
    #[must_use]
    pub fn values(&self) -> &'a Map<String, Value> {
        self.values
    }

    /// Returns the value at `path`, such as `starts_at` or `phones.0.number`, if there is one.
    #[must_use]
    pub fn other(&self, path: &str) -> Option<&'a Value> {
        let mut names = path.split('.');
        let mut value = self.values.get(names.next()?)?;
        for name in names {
            value = match value {
                Value::Object(members) => members.get(name)?,
                Value::Array(items) => items.get(name.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(value)
    }
}
