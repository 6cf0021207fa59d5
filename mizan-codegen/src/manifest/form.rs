//! Forms in a manifest.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::source_location::{self, SourceLocation};

/// A form. For a form `contact`, the manifest also contains the functions `contact.schema`,
/// `contact.state`, `contact.validate` and `contact.submit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Form {
    /// The name on the wire.
    pub name: String,
    /// The title, shown to users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The doc comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// The local path that the browser navigates to after a successful submission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
    /// The fields, in display order.
    pub fields: Vec<Field>,
    /// The location in the Rust source, unless it is in a dependency.
    #[serde(
        default,
        deserialize_with = "source_location::in_workspace",
        skip_serializing_if = "Option::is_none"
    )]
    pub source: Option<SourceLocation>,
}

/// A field, a group of fields, or a list of such groups.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Field {
    /// The name on the wire.
    pub name: String,
    /// The control that displays the field.
    pub widget: Widget,
    /// The label, shown to users; empty for the rows of a list of single fields.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// The help text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The placeholder of an empty field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// Requires a value.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// The initial value, which is the same for every user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial: Option<Value>,
    /// The allowed values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Loads the allowed values with the form's state instead of listing them here.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dynamic_choices: bool,
    /// The `autocomplete` attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autocomplete: Option<String>,
    /// The height of a text area, in lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u32>,
    /// The minimum of a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Value>,
    /// The maximum of a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Value>,
    /// The `step` attribute of a number; `"any"` if all numbers are allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Value>,
    /// The minimum number of characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u64>,
    /// The maximum number of characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u64>,
    /// The accepted file types, in the syntax of the `accept` attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept: Option<String>,
    /// The maximum size of a file, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
    /// Displays the field without submitting it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disabled: bool,
    /// Accepts several files or choices.
    #[serde(default, skip_serializing_if = "is_false")]
    pub multiple: bool,
    /// The fields of a group, or of each row of a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// The single field of each row, for a list whose rows are not groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<Box<Field>>,
    /// The limits of a list's length; absent for other widgets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<RowLimits>,
}

/// The limits of the number of rows in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RowLimits {
    /// The minimum number of rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// The maximum number of rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
}

/// An allowed value of a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Choice {
    /// The value on the wire.
    pub value: Value,
    /// The label, shown to users.
    pub label: String,
}

/// The control that displays a field, named after the HTML element or input type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the variants are named after HTML controls")]
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
    reason = "serde passes a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}
