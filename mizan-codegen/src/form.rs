//! Forms, as the manifest has them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::manifest::Source;

/// A form. The functions `schema`, `validate` and `submit` after its name and a dot are its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// The name on the wire.
    pub name: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its doc comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// The local path where a browser goes after a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
    /// The fields that are shown, in their order.
    pub fields: Vec<Field>,
    /// Where it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
}

/// A field, a group of fields, or a list of such groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The name on the wire.
    pub name: String,
    /// How it is shown.
    pub widget: Widget,
    /// What people call it; a row of a list of single fields has no name of its own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// What stands in it while it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// Whether it must be filled in.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// What it holds at first, whoever asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial: Option<Value>,
    /// The values that it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Whether the values that it takes come with the state of the form.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dynamic_choices: bool,
    /// HTML's `autocomplete`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autocomplete: Option<String>,
    /// The height of a text area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u32>,
    /// The least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Value>,
    /// The greatest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Value>,
    /// The distance from one number to the next; `"any"` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Value>,
    /// The fewest characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u64>,
    /// The most characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u64>,
    /// The types of files that it takes, as HTML's `accept` has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept: Option<String>,
    /// The most bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
    /// Whether it is shown only, and not sent.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disabled: bool,
    /// Whether it takes several files or choices.
    #[serde(default, skip_serializing_if = "is_false")]
    pub multiple: bool,
    /// The fields of a group, or of each row of a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// The only field of each row of a list, where the rows are no groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Box<Field>>,
    /// How many rows there may be; only a list has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<ListLimits>,
}

/// How many rows a list may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListLimits {
    /// The fewest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// The most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
}

/// One of the values that a field takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The value, as it is sent.
    pub value: Value,
    /// What people see.
    pub label: String,
}

/// How a field is shown: HTML's word where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are HTML's")]
pub enum Widget {
    Text,
    Email,
    Password,
    Url,
    Tel,
    Search,
    Number,
    Range,
    Decimal,
    Checkbox,
    Date,
    Time,
    DatetimeLocal,
    Select,
    Radio,
    MultiSelect,
    Checkboxes,
    Textarea,
    Color,
    File,
    Image,
    Hidden,
    Group,
    List,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn is_false(value: &bool) -> bool {
    !value
}
