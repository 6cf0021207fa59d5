//! A selectable value of a field.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// One of the values that a field accepts.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Choice {
    /// The value that the client submits.
    pub value: Value,
    /// The text that the user sees.
    pub label: String,
}

impl Choice {
    /// Creates a choice from a value, such as an id or a code, and the text to show for it.
    ///
    /// ```
    /// use mizan_forms::Choice;
    ///
    /// let countries = [Choice::new("de", "Germany"), Choice::new("at", "Austria")];
    /// assert_eq!(countries[1].label, "Austria");
    /// ```
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
