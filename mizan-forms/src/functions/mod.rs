//! The server functions of a form, and their results.
//!
//! Registering the form `contact` adds the queries `contact.schema` and `contact.validate`, and the mutation
//! `contact.submit`. Tests and other server functions call them with `App::call_as`.

mod schema;
mod submit;
mod validate;

pub use schema::{FormState, SchemaQuery};
pub use submit::SubmitMutation;
pub use validate::{FormErrors, ValidateQuery};
