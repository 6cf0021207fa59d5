//! Field attributes as the derive macro emits them: the options of `#[field(..)]` and
//! `#[serde(..)]`.

use std::pin::Pin;

use mizan_core::{Cx, Error};
use serde_json::Value;

use crate::{Choice, Widget};

/// A function that returns the choices of a field.
pub(crate) type LoadChoices =
    for<'a> fn(&'a Cx) -> Pin<Box<dyn Future<Output = Result<Vec<Choice>, Error>> + Send + 'a>>;

/// The properties of a field that its JSON Schema does not contain.
#[expect(
    missing_docs,
    reason = "the names are those of the derive macro's options"
)]
pub struct FieldAttributes {
    pub rust_name: &'static str,
    pub wire_name: &'static str,
    pub label: Option<&'static str>,
    pub help: Option<&'static str>,
    pub placeholder: Option<&'static str>,
    pub autocomplete: Option<&'static str>,
    pub widget: Option<Widget>,
    pub initial: Option<fn() -> Value>,
    pub static_choices: &'static [(&'static str, &'static str)],
    pub dynamic_choices: Option<LoadChoices>,
    pub order: i32,
    pub rows: Option<u32>,
    pub step: Option<f64>,
    pub max_bytes: Option<u64>,
    pub accept: &'static [&'static str],
    /// The page of the form sets the value.
    pub param: bool,
    /// The value comes from `initial`, and the client neither sees nor sends it.
    pub server_only: bool,
    pub disabled: bool,
    pub blank: bool,
    /// The field has `#[serde(default)]`.
    pub default: bool,
    /// The field is an integer of 64 or more bits that is a `number` in JavaScript.
    pub as_number: bool,
    /// The custom messages of `#[validate(..)]`, by the name of the constraint.
    pub messages: &'static [(&'static str, &'static str)],
    /// The members of the keyword `x-checks` that stand for constraints.
    pub checks: Option<fn() -> Value>,
    /// The keywords of the exclusive bounds of a number.
    pub exclusive_bounds: Option<fn() -> Value>,
    pub nested: Option<fn() -> &'static [FieldAttributes]>,
    /// Returns the variants of an enum in the order of declaration.
    pub variants: Option<fn() -> &'static [&'static str]>,
}

impl FieldAttributes {
    /// Creates the attributes of a field without options.
    pub const fn new(rust_name: &'static str, wire_name: &'static str) -> Self {
        Self {
            rust_name,
            wire_name,
            label: None,
            help: None,
            placeholder: None,
            autocomplete: None,
            widget: None,
            initial: None,
            static_choices: &[],
            dynamic_choices: None,
            order: 0,
            rows: None,
            step: None,
            max_bytes: None,
            accept: &[],
            param: false,
            server_only: false,
            disabled: false,
            blank: false,
            default: false,
            as_number: false,
            messages: &[],
            checks: None,
            exclusive_bounds: None,
            nested: None,
            variants: None,
        }
    }
}
