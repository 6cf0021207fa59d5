//! The data model of a form definition.

use std::sync::OnceLock;

use mizan_core::function::Source;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::attributes::{FieldAttributes, LoadChoices};
use crate::text_format::TextFormat;
use crate::{Choice, Widget};

/// The title, the fields and the other properties of a form.
///
/// [`Form::definition`](crate::Form::definition) returns it.
pub struct FormDefinition {
    pub(crate) name: &'static str,
    pub(crate) title: String,
    pub(crate) docs: &'static str,
    pub(crate) redirect: Option<&'static str>,
    pub(crate) source: Option<Source>,
    pub(crate) fields: Vec<Field>,
    pub(super) encoded: OnceLock<EncodedDefinition>,
}

/// The parts of the definition that a client receives, as JSON.
pub(crate) struct EncodedDefinition {
    pub(crate) fields: Box<RawValue>,
    pub(crate) json_schema: Box<RawValue>,
}

/// A field of a form.
pub(crate) struct Field {
    pub(crate) rust_name: String,
    /// The name on the wire.
    pub(crate) name: String,
    pub(crate) kind: FieldKind,
    pub(crate) widget: Widget,
    pub(crate) label: String,
    pub(crate) help: String,
    /// The value must be neither missing nor null.
    pub(crate) required: bool,
    /// The value can be null.
    pub(crate) nullable: bool,
    /// A required text can be empty.
    pub(crate) may_be_blank: bool,
    /// The static choices.
    pub(crate) choices: Vec<Choice>,
    pub(crate) format: Option<TextFormat>,
    pub(crate) bounds: Bounds,
    pub(crate) declared: &'static FieldAttributes,
}

/// The keywords of a field's JSON Schema that also configure its widget.
#[derive(Default)]
pub(crate) struct Bounds {
    pub(crate) min: Option<Value>,
    pub(crate) max: Option<Value>,
    pub(crate) min_length: Option<Value>,
    pub(crate) max_length: Option<Value>,
    /// The `format` of a text, such as `uuid`.
    pub(crate) format: Option<String>,
    /// The JSON type of the value, or of the items of a list.
    pub(crate) json_type: Option<String>,
}

/// The kind of a field's value.
pub(crate) enum FieldKind {
    Text,
    Number {
        is_integer: bool,
    },
    Bool,
    File,
    /// One of the choices.
    Choice,
    /// Any number of the choices.
    Choices,
    Group(Vec<Field>),
    List {
        min: usize,
        max: usize,
        row: Row,
    },
    /// A value of a type that accepts text among other values.
    Any,
}

/// The content of each row of a list.
pub(crate) enum Row {
    Group(Vec<Field>),
    /// A single field, whose name is empty.
    Item(Box<Field>),
}

impl FormDefinition {
    /// Returns the fields whose values come from the server.
    pub(crate) fn server_set_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.is_server_set())
    }

    /// Returns the fields that are params.
    pub(crate) fn param_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.declared.param)
    }

    /// Returns the field at `path`. `*` matches the index of any row.
    pub(crate) fn field(&self, path: &str) -> Option<&Field> {
        find_field(&self.fields, path)
    }
}

impl Field {
    /// Returns true if the server sets the value and rejects a value from a client.
    pub(crate) fn is_server_set(&self) -> bool {
        self.declared.server_only || self.declared.disabled
    }

    /// Returns true if the client has a control for the field.
    pub(crate) fn is_drawn(&self) -> bool {
        !self.declared.server_only && !self.declared.param
    }

    /// Returns true if a submitted value must not be sent back to the client.
    pub(crate) fn is_secret(&self) -> bool {
        self.widget == Widget::Password || matches!(self.kind, FieldKind::File)
    }

    /// Returns the function that loads the choices.
    pub(crate) fn dynamic_choices(&self) -> Option<LoadChoices> {
        self.declared.dynamic_choices
    }

    /// Returns true for free text of one line.
    pub(crate) fn is_single_line(&self) -> bool {
        matches!(self.kind, FieldKind::Text)
            && self.widget.is_single_line()
            && self.format.is_none()
    }

    pub(crate) fn must_not_be_blank(&self) -> bool {
        matches!(self.kind, FieldKind::Text) && self.required && !self.may_be_blank
    }

    /// Returns the custom message of `#[validate(constraint(message = ".."))]`.
    pub(crate) fn custom_message(&self, constraint: &str) -> Option<&'static str> {
        let mut messages = self.declared.messages.iter();
        messages.find_map(|(name, text)| (*name == constraint).then_some(*text))
    }
}

impl Row {
    /// Returns the fields of the group, or the single field.
    pub(crate) fn fields(&self) -> &[Field] {
        match self {
            Self::Group(fields) => fields,
            Self::Item(field) => std::slice::from_ref(field),
        }
    }
}

/// Returns true for a canonical row index, and for `*`.
pub(crate) fn is_row_index(name: &str) -> bool {
    name == "*"
        || (!name.is_empty()
            && name.len() <= 9
            && name.bytes().all(|byte| byte.is_ascii_digit())
            && (name == "0" || !name.starts_with('0')))
}

/// Splits a path into its first name and the rest.
pub(crate) fn split_path(path: &str) -> (&str, Option<&str>) {
    match path.split_once('.') {
        Some((name, rest)) => (name, Some(rest)),
        None => (path, None),
    }
}

/// Returns the field at a path relative to `fields`.
pub(crate) fn find_field<'f>(fields: &'f [Field], path: &str) -> Option<&'f Field> {
    let (name, rest) = split_path(path);
    let field = fields.iter().find(|field| field.name == name)?;
    let Some(rest) = rest else {
        return Some(field);
    };
    match &field.kind {
        FieldKind::Group(fields) => find_field(fields, rest),
        FieldKind::List { row, .. } => {
            let (index, rest) = split_path(rest);
            match (is_row_index(index), row, rest) {
                (true, Row::Group(fields), Some(rest)) => find_field(fields, rest),
                (true, Row::Item(field), None) => Some(field),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Returns the visible fields with dynamic choices, by path; `*` stands for the index of a row.
pub(crate) fn dynamic_choices(fields: &[Field]) -> Vec<(String, LoadChoices)> {
    let mut found = Vec::new();
    add_dynamic_choices(fields, "", &mut found);
    found
}

fn add_dynamic_choices(fields: &[Field], prefix: &str, found: &mut Vec<(String, LoadChoices)>) {
    for field in fields.iter().filter(|field| field.is_drawn()) {
        let path = format!("{prefix}{}", field.name);
        if let Some(load) = field.dynamic_choices() {
            found.push((path.clone(), load));
        }
        match &field.kind {
            FieldKind::Group(fields) => add_dynamic_choices(fields, &format!("{path}."), found),
            FieldKind::List {
                row: Row::Group(fields),
                ..
            } => add_dynamic_choices(fields, &format!("{path}.*."), found),
            _ => {}
        }
    }
}
