//! The types of the wire format, read from the JSON Schemas of a manifest.

mod checks;
mod flatten;
mod keywords;
mod reader;
mod types;

pub(crate) use checks::{Checks, WireFormat};
pub(crate) use reader::{NamedTypes, SchemaReader, docs_of};
pub(crate) use types::{
    AdditionalProperties, BigInt, BigIntWidth, Docs, List, Literal, Member, Number, NumberWidth,
    Object, Property, Temporal, TemporalClass, TemporalKind, Text, Type,
};
