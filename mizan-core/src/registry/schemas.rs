//! Comparison of the JSON Schemas of functions.

use serde_json::{Map, Value};

/// Returns the schema of an argument.
pub(super) fn property<'a>(function: &'a Value, name: &str) -> Option<&'a Value> {
    function.get("input")?.get("properties")?.get(name)
}

/// Returns the names of the arguments.
pub(super) fn arguments(function: &Value) -> Vec<String> {
    let properties = function
        .get("input")
        .and_then(|input| input.get("properties")?.as_object());
    properties
        .into_iter()
        .flat_map(Map::keys)
        .cloned()
        .collect()
}

/// Returns the schema without documentation.
pub(super) fn without_docs(schema: &Value) -> Value {
    without(schema, &["title", "description", "deprecated", "examples"])
}

/// Returns the part of the schema that determines the type of a value, without its constraints and
/// without `null`, which never matches a single query.
pub(super) fn wire_type(schema: &Value) -> Value {
    let mut schema = without(
        schema,
        &[
            "title",
            "description",
            "deprecated",
            "examples",
            "default",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "minLength",
            "maxLength",
            "pattern",
            "minItems",
            "maxItems",
            "x-checks",
        ],
    );
    let Some(keywords) = schema.as_object_mut() else {
        return schema;
    };
    // Constraints set these formats, which do not change the type.
    if matches!(
        keywords.get("format").and_then(Value::as_str),
        Some("email" | "uri")
    ) {
        keywords.remove("format");
    }
    if let Some(Value::Array(types)) = keywords.get_mut("type") {
        types.retain(|ty| ty != "null");
        if let [only] = types.as_slice() {
            keywords["type"] = only.clone();
        }
    }
    if let Some(Value::Array(schemas)) = keywords.get_mut("anyOf") {
        schemas.retain(|schema| schema["type"] != "null");
        if let ([only], 1) = (schemas.as_slice(), schemas.len()) {
            return only.clone();
        }
    }
    schema
}

/// Returns the schema without some keywords. The names of properties are no keywords.
fn without(schema: &Value, removed: &[&str]) -> Value {
    match schema {
        Value::Object(keywords) => keywords
            .iter()
            .filter(|(keyword, _)| !removed.contains(&keyword.as_str()))
            .map(|(keyword, value)| {
                let value = match (keyword.as_str(), value) {
                    ("properties" | "patternProperties", Value::Object(members)) => members
                        .iter()
                        .map(|(name, member)| (name.clone(), without(member, removed)))
                        .collect(),
                    ("const" | "enum", value) => value.clone(),
                    (_, value) => without(value, removed),
                };
                (keyword.clone(), value)
            })
            .collect(),
        Value::Array(items) => items.iter().map(|item| without(item, removed)).collect(),
        other => other.clone(),
    }
}
