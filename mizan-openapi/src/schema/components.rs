//! The named schemas of a document, `#/components/schemas`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::convert::convert;
use super::reference::{component_name, to_component};
use crate::json::{member, members};

/// The named schemas of a document. Their names contain only characters that OpenAPI and AsyncAPI allow.
pub(crate) struct Components {
    /// The name of the component of each definition, by its key in `$defs`.
    names: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    schemas: Map<String, Value>,
}

impl Components {
    /// Converts all definitions of a manifest.
    pub(crate) fn new(manifest: &Value) -> Self {
        let mut components = Self {
            names: BTreeMap::new(),
            taken: BTreeSet::new(),
            schemas: Map::new(),
        };
        // Keys that are valid names are not changed, whatever the other keys are.
        let (valid, invalid): (Vec<_>, Vec<_>) = members(manifest, "$defs")
            .map(|(key, _)| key)
            .partition(|key| !key.is_empty() && key.chars().all(is_name_char));
        for key in valid.into_iter().chain(invalid) {
            let name = components.claim(key);
            components.names.insert(key.clone(), name);
        }
        for (key, schema) in members(manifest, "$defs") {
            components.insert(key, schema);
        }
        components
    }

    /// Adds definitions to those of the manifest. A definition that exists is not changed.
    pub(crate) fn define(&mut self, definitions: BTreeMap<String, Value>) {
        let new: BTreeMap<_, _> = definitions
            .into_iter()
            .filter(|(key, _)| !self.names.contains_key(key))
            .collect();
        for key in new.keys() {
            let name = self.claim(key);
            self.names.insert(key.clone(), name);
        }
        for (key, schema) in &new {
            self.insert(key, schema);
        }
    }

    fn insert(&mut self, key: &str, schema: &Value) {
        if let Some(name) = self.names.get(key) {
            let schema = self.convert(schema);
            self.schemas.insert(name.clone(), schema);
        }
    }

    /// Returns an unused name that resembles `wanted`.
    fn claim(&mut self, wanted: &str) -> String {
        let name = to_name(wanted);
        let name = unique(&name, |name| self.taken.contains(name));
        self.taken.insert(name.clone());
        name
    }

    /// Adds a schema in the dialect of the document, and returns a reference to it.
    pub(crate) fn add(&mut self, wanted: &str, schema: Value) -> Value {
        let name = self.claim(wanted);
        let reference = member("$ref", json!(to_component(&name)));
        self.schemas.insert(name, schema);
        reference
    }

    /// Converts a schema of the manifest.
    pub(crate) fn convert(&self, schema: &Value) -> Value {
        convert(schema, &self.names)
    }

    /// Returns the schema to which a reference refers.
    pub(crate) fn resolve(&self, reference: &str) -> Option<&Value> {
        self.schemas.get(component_name(reference)?)
    }

    /// Returns the schemas, sorted by name.
    pub(crate) fn into_schemas(self) -> Value {
        let mut schemas = Value::Object(self.schemas);
        if let Value::Object(schemas) = &mut schemas {
            schemas.sort_keys();
        }
        schemas
    }
}

/// Returns `name`, or `name` with a number if it is taken.
pub(crate) fn unique(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    std::iter::once(name.to_owned())
        .chain((2..).map(|number| format!("{name}{number}")))
        .find(|name| !is_taken(name))
        .unwrap_or_default()
}

fn is_name_char(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '_')
}

/// Replaces the characters that a component's name cannot contain.
pub(crate) fn to_name(wanted: &str) -> String {
    let name: String = wanted
        .chars()
        .map(|char| if is_name_char(char) { char } else { '_' })
        .collect();
    if name.is_empty() {
        "_".to_owned()
    } else {
        name
    }
}

/// Returns `EmailTaken` for `email_taken`.
pub(crate) fn pascal_case(name: &str) -> String {
    let words = name.split(|char: char| !char.is_alphanumeric());
    words
        .flat_map(|word| {
            let mut chars = word.chars();
            let first = chars.next().into_iter().flat_map(char::to_uppercase);
            first.chain(chars).collect::<Vec<_>>()
        })
        .collect()
}
