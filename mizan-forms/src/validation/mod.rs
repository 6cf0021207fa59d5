//! Validation of a form's values.

mod constraints;
mod field_path;
mod field_rules;
mod field_selection;
mod findings;
pub(crate) mod messages;
mod validate;

pub(crate) use field_selection::FieldSelection;
pub(crate) use validate::validate;
