#![doc = include_str!("../README.md")]

mod annotate;
mod attributes;
mod checks;
mod choice;
mod decoding;
mod fields;
mod form;
mod formats;
mod functions;
mod initial;
mod judge;
mod register;
mod shape;
mod state;
mod sync;
mod widget;
mod words;

pub use choice::Choice;
pub use fields::FormFields;
pub use form::{Form, FormHandler};
pub use functions::{Check, FormErrors, Show, Submit};
pub use initial::Initial;
pub use mizan_forms_macros::Form;
pub use register::RegisterForm;
pub use shape::Shape;
pub use state::FormState;
pub use widget::Widget;

/// What the macro's output refers to. Not for use by hand.
#[doc(hidden)]
pub mod private;
