//! The keyword `x-checks`: validation of fields and arguments beyond JSON Schema, with custom messages.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Checks of a value that the server performs beyond JSON Schema.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Checks {
    /// Rejects text that consists of white space.
    pub(crate) not_blank: bool,
    /// Rejects control characters, including line breaks.
    pub(crate) single_line: bool,
    /// The maximum size in bytes of a text in UTF-8, or of a file.
    pub(crate) max_bytes: Option<u64>,
    /// The format in which HTML controls write the value.
    pub(crate) format: Option<WireFormat>,
    /// The content types that a file field accepts.
    pub(crate) accept: Vec<String>,
    /// The text that a text must contain.
    pub(crate) contains: Option<String>,
    /// The text that a text must not contain.
    pub(crate) does_not_contain: Option<String>,
    /// The other property of the object that must have the same value.
    pub(crate) must_match: Option<String>,
    /// The bounds that the constraint `range` has, such as `max`, if others are those of the type.
    pub(crate) range: Option<Vec<String>>,
    /// Custom error messages, keyed by the codes of the `validator` crate.
    pub(crate) messages: BTreeMap<String, String>,
}

impl Checks {
    /// Returns the custom error message for a constraint.
    pub(crate) fn message(&self, code: &str) -> Option<&str> {
        self.messages.get(code).map(String::as_str)
    }
}

/// A format in which HTML controls write a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WireFormat {
    Date,
    Time,
    DateTime,
    Color,
    Decimal,
}
