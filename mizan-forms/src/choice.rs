//! A selectable value of a field.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// One of the values that a field may have.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Choice {
    /// The value, as it is sent.
    pub value: Value,
    /// What people see.
    pub label: String,
}

impl Choice {
    /// Creates a choice from a value, such as an id or a code, and the text to show for it.
    pub fn new(value: impl Into<Value>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
        }
    }

    /// Returns the value as the `value` attribute of an HTML option.
    pub(crate) fn html_value(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}
