//! The types that a client can have: JSON Schema, closed down to what TypeScript can say.

mod checks;
mod flatten;
mod keywords;
mod read;

use serde_json::Number as JsonNumber;

pub(crate) use checks::{Checks, WireFormat};
pub(crate) use read::{Reader, TypeNames, docs_of};

/// A type on the wire.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Type {
    /// Any JSON value.
    Unknown,
    /// No value at all: an enum without variants, or a property that is always absent.
    Never,
    Null,
    Boolean,
    Number(Number),
    Text(Text),
    /// A file that is sent along with a call.
    File(Checks),
    Literal(Literal),
    List(List),
    Tuple(Vec<Type>),
    Object(Object),
    /// One of several.
    Union(Vec<Member>),
    /// All of several at once: a struct with flattened enums.
    Intersection(Vec<Type>),
    /// One of the named types, by its TypeScript name.
    Named(String),
}

/// One alternative of a union.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub(crate) docs: Docs,
    pub(crate) ty: Type,
}

/// What is said about a type, a field or an alternative.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Docs {
    pub(crate) text: Option<String>,
    pub(crate) deprecated: bool,
}

impl Docs {
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_none() && !self.deprecated
    }
}

impl From<&str> for Docs {
    fn from(text: &str) -> Self {
        Self {
            text: Some(text.to_owned()),
            deprecated: false,
        }
    }
}

/// A value that stands for itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Number(JsonNumber),
    Boolean(bool),
}

/// A number that JavaScript holds exactly.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Number {
    pub(crate) width: Width,
    pub(crate) minimum: Option<JsonNumber>,
    pub(crate) maximum: Option<JsonNumber>,
    pub(crate) exclusive_minimum: Option<JsonNumber>,
    pub(crate) exclusive_maximum: Option<JsonNumber>,
    pub(crate) multiple_of: Option<JsonNumber>,
    /// The one number that is left out: zero for `NonZeroI32`.
    pub(crate) not: Option<JsonNumber>,
    pub(crate) checks: Checks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    Float,
    Int8,
    Int16,
    Int32,
    UInt8,
    UInt16,
    UInt32,
    /// An integer whose own minimum and maximum bound it.
    Bounded,
}

impl Width {
    /// The least and the greatest number of a type that has fewer than JavaScript.
    pub(crate) fn limits(self) -> Option<(i64, i64)> {
        Some(match self {
            Self::Int8 => (i8::MIN.into(), i8::MAX.into()),
            Self::Int16 => (i16::MIN.into(), i16::MAX.into()),
            Self::Int32 => (i32::MIN.into(), i32::MAX.into()),
            Self::UInt8 => (0, u8::MAX.into()),
            Self::UInt16 => (0, u16::MAX.into()),
            Self::UInt32 => (0, u32::MAX.into()),
            Self::Float | Self::Bounded => return None,
        })
    }
}

/// A string.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Text {
    /// In characters, as Rust's `char`.
    pub(crate) min_length: Option<u64>,
    pub(crate) max_length: Option<u64>,
    /// A regular expression of the `regex` crate.
    pub(crate) pattern: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) checks: Checks,
}

/// A list of any length within its limits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct List {
    pub(crate) item: Box<Type>,
    pub(crate) min_items: Option<u64>,
    pub(crate) max_items: Option<u64>,
    pub(crate) unique: bool,
    pub(crate) checks: Checks,
}

/// A struct, a map, or a struct with a flattened map.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Object {
    pub(crate) properties: Vec<Property>,
    /// What the keys that are not properties hold.
    pub(crate) rest: Option<Box<Rest>>,
    /// Whether the server refuses unknown keys.
    pub(crate) closed: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) docs: Docs,
    pub(crate) required: bool,
    pub(crate) ty: Type,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rest {
    pub(crate) value: Type,
    /// The patterns of which a key matches one; any key will do when there are none.
    pub(crate) key_patterns: Vec<String>,
}

impl Object {
    /// Whether nothing is known about it but that it is an object.
    pub(crate) fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.rest.is_none()
    }
}
