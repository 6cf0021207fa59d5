//! The manifest entry of a form.

use mizan_core::upload::UploadField;
use serde_json::{Map, Value, json};

use super::model::{Field, FieldKind, FormDefinition, Row};
use crate::Widget;

impl FormDefinition {
    /// Returns the manifest entry.
    pub(super) fn describe(&self) -> Value {
        let mut entry = Entry::default();
        entry.set("name", self.name);
        entry.set("title", &*self.title);
        entry.text("docs", self.docs);
        entry.text("redirect", self.redirect.unwrap_or_default());
        entry.set("fields", describe_fields(&self.fields));
        if let Some(source) = self.source {
            entry.set(
                "source",
                json!({ "file": source.file, "line": source.line }),
            );
        }
        Value::Object(entry.0)
    }

    /// Returns the file fields, by path.
    pub(crate) fn uploads(&self) -> Vec<UploadField> {
        let mut uploads = Vec::new();
        add_uploads(&self.fields, "", &mut uploads);
        uploads
    }
}

#[derive(Default)]
struct Entry(Map<String, Value>);

impl Entry {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    fn text(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.set(name, text);
        }
    }

    fn optional(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    fn flag(&mut self, name: &str, is_set: bool) {
        if is_set {
            self.set(name, true);
        }
    }
}

/// Describes the fields for which a client has controls.
pub(super) fn describe_fields(fields: &[Field]) -> Value {
    let visible = fields.iter().filter(|field| field.is_drawn());
    visible.map(describe_field).collect()
}

fn describe_field(field: &Field) -> Value {
    let declared = field.declared;
    let mut entry = Entry::default();
    entry.set("name", &*field.name);
    entry.set("widget", field.widget.as_str());
    entry.text("label", &field.label);
    entry.text("help", &field.help);
    entry.text("placeholder", declared.placeholder.unwrap_or_default());
    entry.flag("required", field.required && !field.may_be_blank);
    if !field.is_secret() {
        entry.optional("initial", declared.initial.map(|initial| initial()));
    }
    if !field.choices.is_empty() {
        entry.set("choices", json!(field.choices));
    }
    entry.flag("dynamic_choices", declared.dynamic_choices.is_some());
    entry.text("autocomplete", declared.autocomplete.unwrap_or_default());
    entry.optional("rows", declared.rows);
    let bounds = &field.bounds;
    entry.optional("min", bounds.min.clone());
    entry.optional("max", bounds.max.clone());
    entry.optional("step", declared.step);
    entry.optional("min_length", bounds.min_length.clone());
    entry.optional("max_length", bounds.max_length.clone());
    entry.text("accept", &accept(field).join(", "));
    entry.optional("max_bytes", declared.max_bytes);
    entry.flag("disabled", declared.disabled);
    entry.flag("multiple", matches!(field.kind, FieldKind::Choices));
    match &field.kind {
        FieldKind::Group(fields) => entry.set("fields", describe_fields(fields)),
        FieldKind::List { min, max, row } => {
            match row {
                Row::Group(fields) => entry.set("fields", describe_fields(fields)),
                Row::Item(item) => entry.set("item", describe_field(item)),
            }
            entry.set("list", json!({ "min": min, "max": max }));
        }
        _ => {}
    }
    Value::Object(entry.0)
}

/// Returns the content types that a file field accepts.
pub(super) fn accept(field: &Field) -> Vec<String> {
    match field.declared.accept {
        [] if field.widget == Widget::Image => vec!["image/*".to_owned()],
        types => types
            .iter()
            .map(|content_type| (*content_type).to_owned())
            .collect(),
    }
}

fn add_uploads(fields: &[Field], prefix: &str, uploads: &mut Vec<UploadField>) {
    for field in fields.iter().filter(|field| !field.is_server_set()) {
        let path = match &*field.name {
            "" => prefix.trim_end_matches('.').to_owned(),
            name => format!("{prefix}{name}"),
        };
        match &field.kind {
            FieldKind::File => {
                let mut upload = UploadField::new(path);
                upload.accept = accept(field);
                upload.max_bytes = field.declared.max_bytes;
                uploads.push(upload);
            }
            FieldKind::Group(fields) => add_uploads(fields, &format!("{path}."), uploads),
            FieldKind::List { row, .. } => {
                add_uploads(row.fields(), &format!("{path}.*."), uploads);
            }
            _ => {}
        }
    }
}
