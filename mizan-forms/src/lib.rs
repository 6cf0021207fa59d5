#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attributes;
mod choice;
mod definition;
mod enum_variants;
mod field_check;
mod field_decoder;
mod form;
mod form_fields;
mod initial_values;
mod no_params;
mod register;
mod text_format;
mod validation;
mod widget;

pub mod functions;

pub use choice::Choice;
pub use definition::FormDefinition;
pub use field_check::FieldCheck;
pub use form::{Form, FormHandler};
pub use form_fields::FormFields;
pub use initial_values::InitialValues;
pub use mizan_forms_macros::Form;
pub use no_params::NoParams;
pub use register::RegisterForm;
pub use widget::Widget;

/// Items that the expansion of `#[derive(Form)]` refers to. Not public API.
#[doc(hidden)]
pub mod private;
