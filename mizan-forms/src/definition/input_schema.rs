//! The JSON Schema of a form's input: the schema of its type, extended by the rules of the form.

use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::from_json_schema::limit_to_number;
use super::manifest::accept;
use super::model::{Field, FieldKind, Row};
use crate::Form;
use crate::text_format::TextFormat;

/// Returns the schema of the values that a client sends. The keyword `x-checks` contains the rules
/// of the form that JSON Schema cannot express.
pub(crate) fn input_schema<F: Form>(schemas: &mut SchemaGenerator) -> Schema {
    let mut schema = F::json_schema(schemas);
    if let Some(group) = schema.as_object_mut() {
        annotate_group(group, &F::definition().fields, schemas.definitions_mut());
    }
    schema
}

/// Annotates the schema of an object with the given fields.
fn annotate_group(
    group: &mut Map<String, Value>,
    fields: &[Field],
    definitions: &mut Map<String, Value>,
) {
    group.insert("additionalProperties".to_owned(), json!(false));
    for field in fields {
        if field.is_server_set()
            && let Some(Value::Array(required)) = group.get_mut("required")
        {
            required.retain(|name| *name != *field.name);
        }
        let Some(Value::Object(properties)) = group.get_mut("properties") else {
            return;
        };
        if field.is_server_set() {
            properties.shift_remove(&field.name);
        } else if let Some(property) = properties.get_mut(&field.name) {
            annotate_field(property, field, definitions);
        }
    }
}

fn annotate_field(property: &mut Value, field: &Field, definitions: &mut Map<String, Value>) {
    match &field.kind {
        FieldKind::Group(fields) => annotate_object(property, fields, definitions),
        FieldKind::List { row, .. } => {
            let Some(items) = items(property) else {
                return;
            };
            match row {
                Row::Group(fields) => annotate_object(items, fields, definitions),
                Row::Item(item) => annotate_field(items, item, definitions),
            }
        }
        _ => {}
    }
    let values: Vec<_> = field.choices.iter().map(|choice| &choice.value).collect();
    if !field.declared.static_choices.is_empty() {
        let target = match &field.kind {
            FieldKind::Choices => items(property),
            _ => Some(&mut *property),
        };
        if let Some(Value::Object(target)) = target {
            let mut values = json!(values);
            if let (Value::Array(values), false) = (&mut values, field.required) {
                values.push(Value::Null);
            }
            target.insert("enum".to_owned(), values);
        }
    }
    let checks = checks(field);
    let Value::Object(property) = property else {
        return;
    };
    if field.declared.as_number {
        limit_to_number(property);
    }
    if !checks.is_empty() {
        property.insert("x-checks".to_owned(), Value::Object(checks));
    }
    property.extend(members(field.declared.exclusive_bounds));
}

/// Returns the schema of the items of a list or of an optional list.
fn items(schema: &mut Value) -> Option<&mut Value> {
    let object = schema.as_object_mut()?;
    if object.contains_key("items") {
        return object.get_mut("items");
    }
    let variants = object.get_mut("anyOf")?.as_array_mut()?;
    variants.iter_mut().find_map(items)
}

/// Annotates an object schema, which can be inline, a reference or an alternative of `anyOf`.
fn annotate_object(schema: &mut Value, fields: &[Field], definitions: &mut Map<String, Value>) {
    let Value::Object(schema) = schema else {
        return;
    };
    if schema.contains_key("properties") {
        annotate_group(schema, fields, definitions);
    } else if let Some(Value::String(reference)) = schema.get("$ref") {
        let name = reference
            .strip_prefix("#/$defs/")
            .unwrap_or_default()
            .to_owned();
        let mut definition = definitions.get(&name).cloned().unwrap_or_default();
        annotate_object(&mut definition, fields, definitions);
        if let Some(known) = definitions.get_mut(&name) {
            *known = definition;
        }
    } else if let Some(Value::Array(variants)) = schema.get_mut("anyOf") {
        for variant in variants {
            annotate_object(variant, fields, definitions);
        }
    }
}

/// Returns the `x-checks` of a field.
fn checks(field: &Field) -> Map<String, Value> {
    let mut checks = Map::new();
    let mut set = |name: &str, value: Value| {
        checks.insert(name.to_owned(), value);
    };
    if field.must_not_be_blank() {
        set("notBlank", json!(true));
    }
    if field.is_single_line() {
        set("singleLine", json!(true));
    }
    if let Some(max) = field.declared.max_bytes {
        set("maxBytes", json!(max));
    }
    if let Some(format) = field.format.and_then(TextFormat::as_str) {
        set("format", json!(format));
    }
    let accept = accept(field);
    if matches!(field.kind, FieldKind::File) && !accept.is_empty() {
        set("accept", json!(accept));
    }
    for (name, value) in members(field.declared.checks) {
        set(&name, value);
    }
    let messages = field.declared.messages.iter();
    let messages: Map<_, _> = messages
        .map(|(name, text)| ((*name).to_owned(), json!(text)))
        .collect();
    if !messages.is_empty() {
        set("messages", Value::Object(messages));
    }
    checks
}

/// Returns the members of a JSON object that the derive macro emitted.
fn members(object: Option<fn() -> Value>) -> Map<String, Value> {
    match object.map(|object| object()) {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    }
}
