use futures_util::future::BoxFuture;
use mizan_core::{Cx, Error};
use serde_json::Value;

use crate::{Choice, Widget};

/// Asks for the choices of a field.
pub(crate) type AskChoices = for<'a> fn(&'a Cx) -> BoxFuture<'a, Result<Vec<Choice>, Error>>;

/// What the derive read off a field that its JSON Schema does not say.
#[expect(missing_docs, reason = "the names are those of the derive's options")]
pub struct FieldAttributes {
    pub rust: &'static str,
    pub wire: &'static str,
    pub label: Option<&'static str>,
    pub help: Option<&'static str>,
    pub placeholder: Option<&'static str>,
    pub autocomplete: Option<&'static str>,
    pub widget: Option<Widget>,
    pub initial: Option<fn() -> Value>,
    pub listed: &'static [(&'static str, &'static str)],
    pub asked: Option<AskChoices>,
    pub order: i32,
    pub rows: Option<u32>,
    pub step: Option<f64>,
    pub max_bytes: Option<u64>,
    pub accept: &'static [&'static str],
    pub hidden: bool,
    pub disabled: bool,
    pub blank: bool,
    /// serde has a value where there is none.
    pub default: bool,
    pub messages: &'static [(&'static str, &'static str)],
    pub nested: Option<fn() -> &'static [FieldAttributes]>,
}

impl FieldAttributes {
    /// A field with its name in Rust and on the wire.
    pub const fn new(rust: &'static str, wire: &'static str) -> Self {
        Self {
            rust,
            wire,
            label: None,
            help: None,
            placeholder: None,
            autocomplete: None,
            widget: None,
            initial: None,
            listed: &[],
            asked: None,
            order: 0,
            rows: None,
            step: None,
            max_bytes: None,
            accept: &[],
            hidden: false,
            disabled: false,
            blank: false,
            default: false,
            messages: &[],
            nested: None,
        }
    }
}
