use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// One of the values that a field may have.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Choice {
    /// The value, as it is sent.
    pub value: Value,
    /// What people see.
    pub label: String,
}

impl Choice {
    /// A value, such as an id or a code, and what people see in its place.
    pub fn new(value: impl Into<Value>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
        }
    }

    /// The value as HTML has it.
    pub(crate) fn text(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}
