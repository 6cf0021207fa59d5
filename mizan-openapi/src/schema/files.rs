//! The files of an input, which a call sends as parts of a multipart body.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::reference::definition_key;
use crate::json::{items, members};

/// A field that accepts a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileField {
    /// The names that lead to the field. `None` stands for the index of a row.
    pub(crate) path: Vec<Option<String>>,
    /// Requires a file, unless a group or row around the field is omitted.
    pub(crate) is_required: bool,
    /// The accepted content types. An empty list accepts all.
    pub(crate) accept: Vec<String>,
    pub(crate) description: Option<String>,
}

/// The schema of an input, divided into the files and the rest.
pub(crate) struct WithFiles {
    pub(crate) files: Vec<FileField>,
    /// The schema without the files.
    pub(crate) rest: Value,
    /// The definitions that `rest` refers to in addition to those of the manifest, by their keys.
    pub(crate) definitions: BTreeMap<String, Value>,
}

/// Separates the files of an input from the rest. Returns `None` for an input without files.
pub(crate) fn split_files(input: &Value, manifest: &Value) -> Option<WithFiles> {
    let mut splitter = Splitter {
        manifest,
        containing: definitions_with_files(manifest),
        files: Vec::new(),
        path: Vec::new(),
        open: BTreeSet::new(),
        definitions: BTreeMap::new(),
    };
    if !splitter.has_files(input) {
        return None;
    }
    splitter.collect(input, true);
    let rest = splitter.without_files(input);
    Some(WithFiles {
        files: splitter.files,
        rest,
        definitions: splitter.definitions,
    })
}

/// Returns the definition that a reference names.
fn referenced<'m>(schema: &Value, manifest: &'m Value) -> Option<(&'m str, &'m Value)> {
    let key = definition_key(schema.get("$ref")?.as_str()?)?;
    let (key, schema) = manifest.get("$defs")?.as_object()?.get_key_value(&key)?;
    Some((key, schema))
}

/// Returns the keys of the definitions that contain files, directly or in other definitions.
fn definitions_with_files(manifest: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    loop {
        let before = found.len();
        for (key, schema) in members(manifest, "$defs") {
            if contains_file(schema, &found) {
                found.insert(key.clone());
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

fn contains_file(schema: &Value, definitions: &BTreeSet<String>) -> bool {
    let refers = || {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let key = reference.and_then(definition_key);
        key.is_some_and(|key| definitions.contains(&key))
    };
    is_file(schema) || refers() || subschemas(schema).any(|it| contains_file(it, definitions))
}

fn subschemas(schema: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["allOf", "anyOf", "oneOf", "prefixItems"];
    members(schema, "properties")
        .map(|(_, schema)| schema)
        .chain(schema.get("items"))
        .chain(lists.into_iter().flat_map(|keyword| items(schema, keyword)))
}

/// Returns whether a schema describes a file: binary text, or `null` in its place.
fn is_file(schema: &Value) -> bool {
    schema.get("format").and_then(Value::as_str) == Some("binary")
}

struct Splitter<'m> {
    manifest: &'m Value,
    /// The keys of the definitions that contain files.
    containing: BTreeSet<String>,
    files: Vec<FileField>,
    path: Vec<Option<String>>,
    /// The definitions that the current path passes, which end a recursion.
    open: BTreeSet<&'m str>,
    definitions: BTreeMap<String, Value>,
}

impl Splitter<'_> {
    fn has_files(&self, schema: &Value) -> bool {
        contains_file(schema, &self.containing)
    }

    /// Adds the files of a schema at the current path.
    fn collect(&mut self, schema: &Value, is_required: bool) {
        if is_file(schema) {
            self.add(schema, is_required);
            return;
        }
        if let Some((key, definition)) = referenced(schema, self.manifest)
            && self.open.insert(key)
        {
            self.collect(definition, is_required);
            self.open.remove(key);
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            for part in items(schema, keyword) {
                self.collect(part, is_required && keyword == "allOf");
            }
        }
        if let Some(items) = schema.get("items") {
            self.path.push(None);
            self.collect(items, false);
            self.path.pop();
        }
        for (name, property) in members(schema, "properties") {
            let required = items(schema, "required").contains(&json!(name));
            self.path.push(Some(name.clone()));
            self.collect(property, is_required && required);
            self.path.pop();
        }
    }

    fn add(&mut self, schema: &Value, is_required: bool) {
        let accepts_null = items(schema, "type").contains(&json!("null"));
        let accept = schema
            .get("x-checks")
            .map_or(&[][..], |it| items(it, "accept"));
        let description = schema.get("description").and_then(Value::as_str);
        self.files.push(FileField {
            path: self.path.clone(),
            is_required: is_required && !accepts_null,
            accept: accept
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            description: description.map(str::to_owned),
        });
    }

    /// Returns a schema without its properties that are files or lists of files.
    fn without_files(&mut self, schema: &Value) -> Value {
        if !self.has_files(schema) {
            return schema.clone();
        }
        let Value::Object(keywords) = schema else {
            return schema.clone();
        };
        let mut rest = keywords.clone();
        if let Some((key, definition)) = referenced(schema, self.manifest) {
            let renamed = format!("{key}WithoutFiles");
            if !self.definitions.contains_key(&renamed) {
                // Inserted first, because the definition may refer to itself.
                self.definitions.insert(renamed.clone(), Value::Null);
                let definition = self.without_files(definition);
                self.definitions.insert(renamed.clone(), definition);
            }
            rest.insert("$ref".to_owned(), json!(format!("#/$defs/{renamed}")));
        }
        for keyword in ["allOf", "anyOf", "oneOf", "prefixItems"] {
            if let Some(Value::Array(parts)) = rest.get_mut(keyword) {
                for part in parts {
                    *part = self.without_files(part);
                }
            }
        }
        if let Some(items) = rest.get_mut("items") {
            *items = self.without_files(items);
        }
        self.remove_properties(&mut rest);
        Value::Object(rest)
    }

    fn remove_properties(&mut self, schema: &mut Map<String, Value>) {
        let mut removed = BTreeSet::new();
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            properties.retain(|name, property| {
                let is_removed = is_file(property) || property.get("items").is_some_and(is_file);
                if is_removed {
                    removed.insert(name.clone());
                }
                !is_removed
            });
            for property in properties.values_mut() {
                *property = self.without_files(property);
            }
        }
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.retain(|name| name.as_str().is_none_or(|name| !removed.contains(name)));
        }
    }
}
