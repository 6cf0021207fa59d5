//! The types of values on the wire.

use serde_json::Number as JsonNumber;

use super::checks::Checks;

/// A type on the wire.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Type {
    /// Any JSON value.
    Unknown,
    /// No value: an enum without variants, or a property that is always absent.
    Never,
    Null,
    Boolean,
    Number(Number),
    /// An integer of 64 or more bits, a `bigint`.
    BigInt(BigInt),
    Text(Text),
    /// A date, a time or a duration.
    Temporal(Temporal),
    /// Bytes, which are a base64 string on the wire.
    Bytes(Checks),
    /// A file that is uploaded with a call.
    File(Checks),
    Literal(Literal),
    List(List),
    Tuple(Vec<Type>),
    Object(Object),
    /// One of several alternatives.
    Union(Vec<Member>),
    /// The combination of several types: a struct with flattened enums.
    Intersection(Vec<Type>),
    /// A reference to a named type, by its TypeScript name.
    Named(String),
}

/// An alternative of a union.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub(crate) docs: Docs,
    pub(crate) ty: Type,
}

/// The documentation of a type, a field or an alternative.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Docs {
    pub(crate) text: Option<String>,
    pub(crate) deprecated: bool,
    /// The value of an absent field, as JSON.
    pub(crate) default: Option<String>,
    /// Examples of values, as JSON.
    pub(crate) examples: Vec<String>,
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
            ..Self::default()
        }
    }
}

/// A literal type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Number(JsonNumber),
    Boolean(bool),
}

/// A number that JavaScript represents exactly.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Number {
    pub(crate) width: NumberWidth,
    pub(crate) minimum: Option<JsonNumber>,
    pub(crate) maximum: Option<JsonNumber>,
    pub(crate) exclusive_minimum: Option<JsonNumber>,
    pub(crate) exclusive_maximum: Option<JsonNumber>,
    pub(crate) multiple_of: Option<JsonNumber>,
    /// The excluded number: zero for `NonZeroI32`.
    pub(crate) excluded: Option<JsonNumber>,
    pub(crate) checks: Checks,
}

/// The Rust type of a number, which limits its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberWidth {
    Float,
    Int8,
    Int16,
    Int32,
    UInt8,
    UInt16,
    UInt32,
    /// An integer that is limited only by its minimum and maximum.
    Bounded,
}

impl NumberWidth {
    /// Returns the minimum and maximum of an integer type.
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

/// An integer that a JavaScript number cannot hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BigInt {
    pub(crate) width: BigIntWidth,
    pub(crate) minimum: Option<JsonNumber>,
    pub(crate) maximum: Option<JsonNumber>,
    pub(crate) exclusive_minimum: Option<JsonNumber>,
    pub(crate) exclusive_maximum: Option<JsonNumber>,
    pub(crate) multiple_of: Option<JsonNumber>,
    /// The excluded number: zero for `NonZeroI64`.
    pub(crate) excluded: Option<JsonNumber>,
    pub(crate) checks: Checks,
}

/// The Rust type of a [`BigInt`], which limits its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BigIntWidth {
    Int64,
    UInt64,
    Int128,
    UInt128,
}

impl BigIntWidth {
    /// Returns the minimum and maximum of the integer type.
    pub(crate) fn limits(self) -> (i128, u128) {
        match self {
            Self::Int64 => (i64::MIN.into(), i64::MAX as u128),
            Self::UInt64 => (0, u64::MAX.into()),
            Self::Int128 => (i128::MIN, i128::MAX as u128),
            Self::UInt128 => (0, u128::MAX),
        }
    }
}

/// A date, a time or a duration: a string on the wire.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Temporal {
    pub(crate) kind: TemporalKind,
    pub(crate) class: TemporalClass,
    /// The string on the wire.
    pub(crate) text: Text,
}

/// The TypeScript type of a [`Temporal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TemporalClass {
    /// A branded string.
    Text,
    /// JavaScript's `Date`.
    Date,
    /// A class of `Temporal`.
    Temporal,
}

/// The kinds of [`Temporal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TemporalKind {
    /// A moment, such as `jiff::Timestamp` or `chrono::DateTime<Utc>`.
    Instant,
    /// A calendar date without a time.
    PlainDate,
    /// A time of day without a date.
    PlainTime,
    /// A date and a time without a time zone.
    PlainDateTime,
    /// A moment in a time zone, such as `jiff::Zoned`.
    ZonedDateTime,
    /// A span of time in the format of ISO 8601.
    Duration,
}

impl TemporalKind {
    /// Returns the kind for a `format` of JSON Schema, as schemars writes it.
    pub(crate) fn of_format(format: &str) -> Option<Self> {
        Some(match format {
            "date-time" => Self::Instant,
            "date" => Self::PlainDate,
            "time" | "partial-time" => Self::PlainTime,
            "partial-date-time" => Self::PlainDateTime,
            "zoned-date-time" => Self::ZonedDateTime,
            "duration" => Self::Duration,
            _ => return None,
        })
    }

    /// Returns the name of the class in `Temporal`, and of the branded string.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Instant => "Instant",
            Self::PlainDate => "PlainDate",
            Self::PlainTime => "PlainTime",
            Self::PlainDateTime => "PlainDateTime",
            Self::ZonedDateTime => "ZonedDateTime",
            Self::Duration => "Duration",
        }
    }
}

/// A string.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Text {
    /// The minimum length in characters (Unicode scalar values, as Rust's `char`).
    pub(crate) min_length: Option<u64>,
    /// The maximum length in characters.
    pub(crate) max_length: Option<u64>,
    /// A regular expression in the syntax of the `regex` crate.
    pub(crate) pattern: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) checks: Checks,
}

/// A list of variable length.
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
    /// The values of the keys that are not properties.
    pub(crate) additional: Option<Box<AdditionalProperties>>,
    /// True if the server rejects unknown keys.
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
pub(crate) struct AdditionalProperties {
    pub(crate) value: Type,
    /// The patterns of the keys. Each key matches at least one; an empty list allows every key.
    pub(crate) key_patterns: Vec<String>,
}

impl Object {
    /// Returns whether the object has no known members.
    pub(crate) fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.additional.is_none()
    }
}
