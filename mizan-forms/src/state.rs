use std::collections::BTreeMap;

use mizan_core::error::FieldErrors;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::Choice;

/// What a form shows when it is opened, or shown again.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct FormState {
    /// What the fields hold, by name; nothing for passwords, files and hidden fields.
    pub values: Map<String, Value>,
    /// The choices that were asked for, by the path of the field; `*` stands for the index of a row.
    pub choices: BTreeMap<String, Vec<Choice>>,
    /// What makes a repeated submission harmless: its `Idempotency-Key`.
    pub token: String,
    /// The path and query of the page that shows the form; empty outside of a page.
    pub page: String,
    /// What is wrong with the values, by path.
    pub errors: FieldErrors,
    /// Whether the form was just sent, and the page shows it again.
    pub sent: bool,
}
