//! Typed errors in a manifest.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A typed error: an enum whose variants are distinguished by their codes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ErrorType {
    /// The doc comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// The variants.
    pub variants: Vec<ErrorVariant>,
}

/// A variant of a typed error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ErrorVariant {
    /// The code on the wire.
    pub code: String,
    /// The HTTP status.
    pub status: u16,
    /// The input field that caused the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The doc comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// The JSON Schema of the error's data, an object; absent for an error without data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}
