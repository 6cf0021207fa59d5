//! The entry of a form in the manifest, and its files.

use mizan_core::upload::UploadField;
use serde_json::{Map, Value, json};

use super::{Field, Kind, Row, Shape};
use crate::Widget;

impl Shape {
    pub(super) fn describe(&self) -> Value {
        let mut entry = Entry::default();
        entry.set("name", self.name);
        entry.set("title", &*self.title);
        entry.text("docs", self.docs);
        entry.text("redirect", self.redirect.unwrap_or_default());
        entry.set("fields", describe_all(&self.fields));
        if let Some(source) = self.source {
            entry.set(
                "source",
                json!({ "file": source.file, "line": source.line }),
            );
        }
        Value::Object(entry.0)
    }

    /// The files that the form takes.
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

    fn maybe(&mut self, name: &str, value: Option<impl Into<Value>>) {
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

fn describe_all(fields: &[Field]) -> Value {
    let shown = fields.iter().filter(|field| !field.given.0.hidden);
    shown.map(describe).collect()
}

fn describe(field: &Field) -> Value {
    let given = field.given.0;
    let mut entry = Entry::default();
    entry.set("name", &*field.name);
    entry.set("widget", field.widget.as_str());
    entry.text("label", &field.label);
    entry.text("help", &field.help);
    entry.text("placeholder", given.placeholder.unwrap_or_default());
    entry.flag("required", field.required && !field.may_be_blank);
    if !field.is_secret() {
        entry.maybe("initial", given.initial.map(|initial| initial()));
    }
    if !field.choices.is_empty() {
        entry.set("choices", json!(field.choices));
    }
    entry.flag("dynamic_choices", given.asked.is_some());
    entry.text("autocomplete", given.autocomplete.unwrap_or_default());
    entry.maybe("rows", given.rows);
    let bounds = &field.bounds;
    entry.maybe("min", bounds.min.clone());
    entry.maybe("max", bounds.max.clone());
    entry.maybe("step", given.step);
    entry.maybe("min_length", bounds.min_length.clone());
    entry.maybe("max_length", bounds.max_length.clone());
    entry.text("accept", &accept(field).join(", "));
    entry.maybe("max_bytes", given.max_bytes);
    entry.flag("disabled", given.disabled);
    entry.flag("multiple", matches!(field.kind, Kind::Choices));
    match &field.kind {
        Kind::Group(fields) => entry.set("fields", describe_all(fields)),
        Kind::List { min, max, row } => {
            match row {
                Row::Group(fields) => entry.set("fields", describe_all(fields)),
                Row::Item(item) => entry.set("item", describe(item)),
            }
            entry.set("list", json!({ "min": min, "max": max }));
        }
        _ => {}
    }
    Value::Object(entry.0)
}

/// The content types of a file.
pub(crate) fn accept(field: &Field) -> Vec<String> {
    match field.given.0.accept {
        [] if field.widget == Widget::Image => vec!["image/*".to_owned()],
        given => given.iter().map(|kind| (*kind).to_owned()).collect(),
    }
}

fn add_uploads(fields: &[Field], prefix: &str, uploads: &mut Vec<UploadField>) {
    for field in fields.iter().filter(|field| !field.is_held()) {
        let path = match &*field.name {
            "" => prefix.trim_end_matches('.').to_owned(),
            name => format!("{prefix}{name}"),
        };
        match &field.kind {
            Kind::File => {
                let mut upload = UploadField::new(path);
                upload.accept = accept(field);
                upload.max_bytes = field.given.0.max_bytes;
                uploads.push(upload);
            }
            Kind::Group(fields) => add_uploads(fields, &format!("{path}."), uploads),
            Kind::List { row, .. } => add_uploads(row.fields(), &format!("{path}.*."), uploads),
            _ => {}
        }
    }
}
