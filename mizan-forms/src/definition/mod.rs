//! The definition of a form, computed from its type's JSON Schema and its attributes.

mod displayable_values;
mod encoded_definition;
mod from_json_schema;
mod html_form;
mod inexact_integers;
mod input_schema;
mod json_schema;
mod manifest;
mod model;
mod number_text;
mod posted_values;

pub(crate) use displayable_values::retain_displayable;
pub(crate) use encoded_definition::encoded_definition;
pub use from_json_schema::define_form;
pub(crate) use from_json_schema::limit_to_number;
pub(crate) use inexact_integers::find_inexact_integer;
pub(crate) use input_schema::input_schema;
pub use model::FormDefinition;
pub(crate) use model::{Bounds, Field, FieldKind, Row, dynamic_choices};
