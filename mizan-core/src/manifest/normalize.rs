//! Corrections of schemas that schemars derives.

use serde_json::{Map, Value, json};

use crate::validation::messages::format_of_pattern;

/// Corrects a schema in place.
///
/// - Decimal numbers and versions, for which schemars has only a pattern, get a `format`.
/// - A documented unit variant of a flattened enum is an object, like one without documentation.
pub(super) fn normalize(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            add_format(keywords);
            if keywords.get("type") == Some(&json!("object")) {
                correct_flattened_variants(keywords);
            }
            for (keyword, value) in keywords.iter_mut() {
                match (keyword.as_str(), value) {
                    ("const" | "default" | "enum" | "examples" | "required", _) => {}
                    ("properties" | "patternProperties", Value::Object(members)) => {
                        members.values_mut().for_each(normalize);
                    }
                    (_, value) => normalize(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(normalize),
        _ => {}
    }
}

fn add_format(keywords: &mut Map<String, Value>) {
    let pattern = keywords.get("pattern").and_then(Value::as_str);
    if let Some(format) = pattern.and_then(format_of_pattern)
        && !keywords.contains_key("format")
    {
        keywords.insert("format".to_owned(), json!(format));
    }
}

fn correct_flattened_variants(keywords: &mut Map<String, Value>) {
    let correct = |variant: &mut Value| {
        let Some(members) = variant.as_object_mut() else {
            return;
        };
        if members.get("type") == Some(&json!("string"))
            && let Some(Value::String(name)) = members.shift_remove("const")
        {
            members.insert("type".to_owned(), json!("object"));
            members.insert(
                "properties".to_owned(),
                json!({ &name: { "type": "null" } }),
            );
            members.insert("required".to_owned(), json!([name]));
        }
    };
    if let Some(Value::Array(variants)) = keywords.get_mut("oneOf") {
        variants.iter_mut().for_each(correct);
    }
    if let Some(Value::Array(schemas)) = keywords.get_mut("allOf") {
        schemas
            .iter_mut()
            .filter_map(Value::as_object_mut)
            .for_each(correct_flattened_variants);
    }
}
