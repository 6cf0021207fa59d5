//! Resolution of references and nullable alternatives in a JSON Schema.

use serde_json::{Map, Value};

const DEFINITIONS: &str = "#/$defs/";

/// A schema without references at its top level.
pub(super) struct ResolvedSchema {
    pub(super) keywords: Map<String, Value>,
    pub(super) nullable: bool,
    /// The names of the definitions that were resolved.
    pub(super) definitions: Vec<String>,
}

/// Follows references and single alternatives until the top level has neither.
pub(super) fn resolve(schema: &Value, definitions: &Map<String, Value>) -> ResolvedSchema {
    let mut resolved = ResolvedSchema {
        keywords: schema.as_object().cloned().unwrap_or_default(),
        nullable: false,
        definitions: Vec::new(),
    };
    // Terminates: each step removes a keyword or follows a reference, and no reference is followed twice.
    while resolved.step(definitions) {}
    if let Some(Value::Array(types)) = resolved.keywords.get_mut("type") {
        let count = types.len();
        types.retain(|kind| kind != "null");
        resolved.nullable |= types.len() < count;
        if let [only] = &types[..] {
            let only = only.clone();
            resolved.keywords.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = resolved.keywords.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    resolved
}

impl ResolvedSchema {
    /// Returns the text of a keyword.
    pub(super) fn text(&self, keyword: &str) -> Option<&str> {
        self.keywords.get(keyword).and_then(Value::as_str)
    }

    fn step(&mut self, definitions: &Map<String, Value>) -> bool {
        let keywords = &mut self.keywords;
        if let Some(Value::String(reference)) = keywords.shift_remove("$ref") {
            let name = reference.strip_prefix(DEFINITIONS).unwrap_or_default();
            let is_cycle = self.definitions.iter().any(|seen| seen == name);
            let definition = definitions.get(name).filter(|_| !is_cycle);
            let Some(Value::Object(definition)) = definition else {
                return false;
            };
            self.definitions.push(name.to_owned());
            self.add_missing(definition);
            return true;
        }
        for keyword in ["anyOf", "oneOf", "allOf"] {
            let Some(Value::Array(schemas)) = keywords.get(keyword) else {
                continue;
            };
            let is_null = |schema: &Value| schema.get("type").is_some_and(|kind| kind == "null");
            let others: Vec<_> = schemas
                .iter()
                .filter(|one| !is_null(one))
                .cloned()
                .collect();
            let has_null = others.len() < schemas.len();
            let is_const = |schema: &Value| schema.get("const").is_some();
            if let [Value::Object(only)] = &others[..]
                && !is_const(&others[0])
            {
                keywords.shift_remove(keyword);
                self.nullable |= has_null;
                self.add_missing(only);
                return true;
            }
            if has_null {
                keywords.insert(keyword.to_owned(), Value::Array(others));
                self.nullable = true;
                return true;
            }
        }
        false
    }

    /// Adds the keywords of another schema. Existing keywords take precedence.
    fn add_missing(&mut self, other: &Map<String, Value>) {
        for (keyword, value) in other {
            self.keywords
                .entry(keyword.clone())
                .or_insert_with(|| value.clone());
        }
    }
}
