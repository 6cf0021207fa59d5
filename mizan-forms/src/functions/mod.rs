//! The server functions of a form, and their results.
//!
//! Registering the form `contact` adds these functions, with the policy of the form. Tests and other server
//! functions call them with `App::call_as`.
//!
//! | function | type | result |
//! |---|---|---|
//! | `contact.schema` | [`SchemaQuery`] | the title, the fields, the JSON Schema and the state: everything that a client needs to render the form |
//! | `contact.state` | [`StateQuery`] | only the state: values, dynamic choices, token, errors |
//! | `contact.validate` | [`ValidateQuery`] | the error messages of some or all values |
//! | `contact.submit` | [`SubmitMutation`] | the handler's output |

mod call_params;
mod schema;
mod state;
mod submit;
mod validate;

pub use schema::{FormSchema, SchemaQuery};
pub use state::{FormState, StateQuery};
pub use submit::SubmitMutation;
pub use validate::{FormErrors, ValidateQuery};
