//! What a form's server checks beyond JSON Schema, and its own words for it: the keyword `x-checks`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The checks of a value.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Checks {
    /// White space alone is not enough.
    pub(crate) not_blank: bool,
    /// No control characters, line breaks among them.
    pub(crate) single_line: bool,
    /// Of a text in UTF-8, or of a file.
    pub(crate) max_bytes: Option<u64>,
    /// How HTML writes the value.
    pub(crate) format: Option<WireFormat>,
    /// The content types of the files that a file field takes.
    pub(crate) accept: Vec<String>,
    /// The server's own words, by the codes of the `validator` crate.
    pub(crate) messages: BTreeMap<String, String>,
}

impl Checks {
    /// The server's own words for a broken constraint, where it has any.
    pub(crate) fn message(&self, code: &str) -> Option<&str> {
        self.messages.get(code).map(String::as_str)
    }
}

/// A text that HTML's controls write in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WireFormat {
    Date,
    Time,
    DateTime,
    Color,
    Decimal,
}
