//! What a JSON Schema says, wherever it says it.

use serde_json::{Map, Value};

const DEFINITIONS: &str = "#/$defs/";

/// A schema with its references followed.
pub(crate) struct Resolved {
    pub(crate) keywords: Map<String, Value>,
    pub(crate) nullable: bool,
    /// The definitions that were gone through.
    pub(crate) names: Vec<String>,
}

/// Follows references and options until a schema says something itself.
pub(crate) fn resolve(schema: &Value, definitions: &Map<String, Value>) -> Resolved {
    let mut resolved = Resolved {
        keywords: schema.as_object().cloned().unwrap_or_default(),
        nullable: false,
        names: Vec::new(),
    };
    // Each round takes one keyword away, or follows a reference; a circle of references ends it.
    while resolved.step(definitions) {}
    if let Some(Value::Array(types)) = resolved.keywords.get_mut("type") {
        let all = types.len();
        types.retain(|kind| kind != "null");
        resolved.nullable |= types.len() < all;
        if let [one] = &types[..] {
            let one = one.clone();
            resolved.keywords.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(values)) = resolved.keywords.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    resolved
}

impl Resolved {
    fn step(&mut self, definitions: &Map<String, Value>) -> bool {
        let keywords = &mut self.keywords;
        if let Some(Value::String(reference)) = keywords.shift_remove("$ref") {
            let name = reference.strip_prefix(DEFINITIONS).unwrap_or_default();
            let known = self.names.iter().any(|seen| seen == name);
            let Some(Value::Object(definition)) = definitions.get(name).filter(|_| !known) else {
                return false;
            };
            self.names.push(name.to_owned());
            self.take(definition);
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
            let is_value = |schema: &Value| schema.get("const").is_some();
            if let [Value::Object(only)] = &others[..]
                && !is_value(&others[0])
            {
                keywords.shift_remove(keyword);
                self.nullable |= has_null;
                self.take(only);
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

    /// Adds the keywords of a schema behind this one, which has the last word.
    fn take(&mut self, other: &Map<String, Value>) {
        for (keyword, value) in other {
            self.keywords
                .entry(keyword.clone())
                .or_insert_with(|| value.clone());
        }
    }
}
