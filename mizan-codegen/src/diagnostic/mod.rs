//! Diagnostics: the parts of a manifest that cannot be expressed in TypeScript.

mod affected;
mod item_ref;
mod message;
mod rename_advice;
mod schema;
mod source;

pub(crate) use affected::AffectedReason;
pub(crate) use item_ref::ItemRef;
pub(crate) use message::Diagnostic;
pub(crate) use schema::{SchemaLocation, UnsupportedSchema};
