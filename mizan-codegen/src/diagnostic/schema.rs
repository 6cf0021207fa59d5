//! Diagnostics for JSON Schemas without a TypeScript equivalent.

use std::fmt;

use super::item_ref::ItemRef;

/// A location inside the schema of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SchemaLocation {
    pub(crate) item: ItemRef,
    /// The path of the field, such as `author.tags[]`; empty for the schema itself.
    pub(crate) path: String,
}

impl fmt::Display for SchemaLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.item)?;
        if !self.path.is_empty() {
            write!(f, ", field `{}`", self.path)?;
        }
        Ok(())
    }
}

/// A reason why a schema has no TypeScript type.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum UnsupportedSchema {
    #[error(
        "the width of this integer is unknown, and JavaScript rounds integers above 2^53: give its \
         schema the format of a 32-bit integer, or a minimum and a maximum"
    )]
    UnboundedInteger,
    #[error("the number {0} cannot be represented exactly in JavaScript: use a string")]
    InexactLiteral(String),
    #[error(
        "unsupported schema keyword `{0}`: describe the type with `#[schemars(with = \"..\")]`"
    )]
    Keyword(String),
    #[error(
        "invalid value of the schema keyword `{0}`: check it against JSON Schema draft 2020-12"
    )]
    InvalidKeyword(String),
    #[error("`{0}` is not a JSON Schema: use an object or a boolean")]
    NotASchema(String),
    #[error("unknown schema type `{0}`: use a type of JSON Schema draft 2020-12")]
    UnknownType(String),
    #[error("type `{0}` is not in the manifest: add it to `$defs`")]
    UnknownRef(String),
    #[error(
        "tuple of variable length: set `minItems` and `maxItems` to the number of `prefixItems`"
    )]
    VariableTuple,
    #[error(
        "map whose key patterns have values of different types: use a struct or an enum instead"
    )]
    MixedPatterns,
    #[error(
        "the alternatives of this enum look the same in JSON, so the client cannot tell which of them \
         has integers of 64 bits, moments or bytes to convert: tag the enum with \
         `#[serde(tag = \"..\")]`, or use types that need no conversion, such as `f64`, `i32` or a \
         string"
    )]
    AmbiguousUnion,
    #[error("only structs, maps and enums can be flattened: remove `#[serde(flatten)]`")]
    Flattened,
}
