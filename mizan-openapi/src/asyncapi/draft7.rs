//! Conversion of schemas to JSON Schema draft 7, on which the schemas of AsyncAPI are based.

use serde_json::{Map, Value, json};

/// Converts a schema of an OpenAPI document.
///
/// - Keywords beside `$ref`, which draft 7 ignores, become a part of `allOf`.
/// - Tuples use `items` and `additionalItems`.
/// - `unevaluatedProperties`, which draft 7 does not have, is dropped.
pub(super) fn to_draft7(schema: &Value) -> Value {
    match schema {
        Value::Array(schemas) => schemas.iter().map(to_draft7).collect(),
        Value::Object(keywords) => convert(keywords),
        other => other.clone(),
    }
}

/// Converts a map of schemas, whose keys are names and not keywords.
pub(super) fn members_to_draft7(schemas: &Value) -> Value {
    match schemas {
        Value::Object(schemas) => schemas
            .iter()
            .map(|(name, schema)| (name.clone(), to_draft7(schema)))
            .collect(),
        other => other.clone(),
    }
}

fn convert(keywords: &Map<String, Value>) -> Value {
    let mut converted = Map::new();
    for (keyword, value) in keywords {
        let value = match keyword.as_str() {
            "const" | "enum" | "default" | "examples" | "required" | "x-checks" => value.clone(),
            "properties" | "patternProperties" => members_to_draft7(value),
            "unevaluatedProperties" => continue,
            _ => to_draft7(value),
        };
        converted.insert(keyword.clone(), value);
    }
    if let Some(first) = converted.shift_remove("prefixItems") {
        let rest = converted.insert("items".to_owned(), first);
        converted.extend(rest.map(|rest| ("additionalItems".to_owned(), rest)));
    }
    if converted.len() > 1
        && let Some(Value::String(reference)) = converted.get("$ref")
    {
        let reference = json!({ "$ref": reference });
        converted.shift_remove("$ref");
        let all = converted.entry("allOf").or_insert_with(|| json!([]));
        if let Value::Array(all) = all {
            all.insert(0, reference);
        }
    }
    Value::Object(converted)
}
