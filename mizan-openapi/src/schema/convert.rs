//! Conversion of schemas from the manifest to the dialect of OpenAPI 3.1, which is JSON Schema 2020-12.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::pattern::{NOT_BLANK, SINGLE_LINE, is_portable, of_html_format};
use super::reference::component_reference;

/// Converts a schema. `names` has the component of each definition.
///
/// - References to `$defs` become references to components. A reference to a missing definition allows
///   every value.
/// - The checks of forms (`x-checks`) are repeated as patterns, as far as patterns can express them.
/// - A pattern that is not portable is kept as `x-mizan-pattern`.
pub(super) fn convert(schema: &Value, names: &BTreeMap<String, String>) -> Value {
    let Value::Object(keywords) = schema else {
        return match schema {
            Value::Bool(_) => schema.clone(),
            _ => json!({}),
        };
    };
    let mut converted = Map::new();
    let mut patterns = Vec::new();
    for (keyword, value) in keywords {
        match (keyword.as_str(), value) {
            ("$schema", _) => {}
            ("$ref", Value::String(reference)) => {
                let reference = component_reference(reference, names);
                converted.extend(reference.map(|it| ("$ref".to_owned(), json!(it))));
            }
            ("pattern", Value::String(pattern)) if is_portable(pattern) => {
                patterns.push(pattern.clone());
            }
            ("pattern", _) => {
                converted.insert("x-mizan-pattern".to_owned(), value.clone());
            }
            ("x-checks", _) => {
                patterns.extend(patterns_of_checks(value).map(str::to_owned));
                converted.insert(keyword.clone(), value.clone());
            }
            ("properties" | "dependentSchemas", Value::Object(members)) => {
                converted.insert(keyword.clone(), convert_members(members, names));
            }
            ("patternProperties", Value::Object(members)) => {
                convert_pattern_properties(&mut converted, members, names);
            }
            (
                "items"
                | "additionalProperties"
                | "unevaluatedProperties"
                | "propertyNames"
                | "not"
                | "if"
                | "then"
                | "else"
                | "contains",
                _,
            ) => {
                converted.insert(keyword.clone(), convert(value, names));
            }
            ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(schemas)) => {
                let schemas = schemas.iter().map(|schema| convert(schema, names));
                converted.insert(keyword.clone(), schemas.collect());
            }
            _ => {
                converted.insert(keyword.clone(), value.clone());
            }
        }
    }
    add_patterns(&mut converted, patterns);
    Value::Object(converted)
}

fn convert_members(members: &Map<String, Value>, names: &BTreeMap<String, String>) -> Value {
    members
        .iter()
        .map(|(name, schema)| (name.clone(), convert(schema, names)))
        .collect()
}

/// Converts `patternProperties`. If a pattern is not portable, unknown keys cannot be rejected.
fn convert_pattern_properties(
    converted: &mut Map<String, Value>,
    members: &Map<String, Value>,
    names: &BTreeMap<String, String>,
) {
    let (portable, rest): (Map<_, _>, Map<_, _>) = members
        .clone()
        .into_iter()
        .partition(|(pattern, _)| is_portable(pattern));
    if !portable.is_empty() {
        let portable = convert_members(&portable, names);
        converted.insert("patternProperties".to_owned(), portable);
    }
    if !rest.is_empty() {
        let rest = convert_members(&rest, names);
        converted.insert("x-mizan-pattern-properties".to_owned(), rest);
        converted.insert("additionalProperties".to_owned(), json!(true));
    }
}

/// Returns patterns for the checks of forms that JSON Schema has no keywords for.
fn patterns_of_checks(checks: &Value) -> impl Iterator<Item = &'static str> {
    let is_set = |name: &str| checks.get(name) == Some(&Value::Bool(true));
    let format = checks.get("format").and_then(Value::as_str);
    [
        is_set("notBlank").then_some(NOT_BLANK),
        is_set("singleLine").then_some(SINGLE_LINE),
        format.and_then(of_html_format),
    ]
    .into_iter()
    .flatten()
}

/// Adds patterns: the first as `pattern`, further ones in `allOf`.
fn add_patterns(schema: &mut Map<String, Value>, patterns: Vec<String>) {
    for pattern in patterns {
        if !schema.contains_key("pattern") {
            schema.insert("pattern".to_owned(), json!(pattern));
            continue;
        }
        let all = schema.entry("allOf").or_insert_with(|| json!([]));
        if let Value::Array(all) = all {
            all.push(json!({ "pattern": pattern }));
        }
    }
}
