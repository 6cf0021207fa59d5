//! Shapes that serde never reads or writes, although their schema promises it.
//!
//! schemars merges the schema of a flattened or tagged value into an object, whether or not serde can
//! do the same. A merged scalar leaves traces: keywords that do not apply to objects.

use serde_json::{Map, Value};

use crate::download::Download;
use crate::redirect::Redirect;

/// A shape that serde does not support.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum UnsupportedShape {
    /// A scalar or a list is flattened, or is the content of an internally tagged variant.
    Scalar,
    /// A flattened untagged enum has variants that are not objects.
    Alternative,
    /// A map with integers as keys is flattened into an input.
    IntegerKeys,
    /// A file is a part of a value.
    Download,
    /// A redirect is a part of a value.
    Redirect,
    /// A map has keys that are not text, such as tuples or lists.
    MapKeys,
    /// An output has variants that serde does not write.
    InputVariants(Vec<String>),
}

/// Finds the first unsupported shape in a schema, and the path of its field.
pub(super) fn find_unsupported(
    schema: &Value,
    is_input: bool,
) -> Option<(String, UnsupportedShape)> {
    let mut path = Vec::new();
    let shape = find(schema, is_input, &mut path)?;
    Some((path.join("."), shape))
}

fn find(schema: &Value, is_input: bool, path: &mut Vec<String>) -> Option<UnsupportedShape> {
    let keywords = schema.as_object()?;
    if let Some(shape) = unsupported(keywords, is_input) {
        return Some(shape);
    }
    for (keyword, value) in keywords {
        match (keyword.as_str(), value) {
            ("properties", Value::Object(members)) => {
                for (name, schema) in members {
                    path.push(name.clone());
                    let found = find(schema, is_input, path);
                    if found.is_some() {
                        return found;
                    }
                    path.pop();
                }
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(schemas)) => {
                let found = schemas
                    .iter()
                    .find_map(|schema| find(schema, is_input, path));
                if found.is_some() {
                    return found;
                }
            }
            ("patternProperties", Value::Object(schemas)) => {
                let found = schemas
                    .values()
                    .find_map(|schema| find(schema, is_input, path));
                if found.is_some() {
                    return found;
                }
            }
            ("items" | "additionalProperties", schema) => {
                let found = find(schema, is_input, path);
                if found.is_some() {
                    return found;
                }
            }
            _ => {}
        }
    }
    None
}

fn unsupported(schema: &Map<String, Value>, is_input: bool) -> Option<UnsupportedShape> {
    const SCALAR_KEYWORDS: &[&str] = &[
        "contentEncoding",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "pattern",
        "prefixItems",
        "uniqueItems",
    ];
    const INTEGER_KEYS: &[&str] = &[r"^\d+$", r"^-?\d+$"];

    if Download::is_schema(schema) {
        return Some(UnsupportedShape::Download);
    }
    if Redirect::is_schema(schema) {
        return Some(UnsupportedShape::Redirect);
    }
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return None;
    }
    if SCALAR_KEYWORDS
        .iter()
        .any(|keyword| schema.contains_key(*keyword))
    {
        return Some(UnsupportedShape::Scalar);
    }
    let has_members = schema
        .get("properties")
        .and_then(Value::as_object)
        .is_some_and(|members| !members.is_empty());
    let patterns = schema.get("patternProperties").and_then(Value::as_object);
    if is_input
        && has_members
        && patterns
            .is_some_and(|patterns| INTEGER_KEYS.iter().any(|key| patterns.contains_key(*key)))
    {
        return Some(UnsupportedShape::IntegerKeys);
    }
    has_scalar_alternative(schema).then_some(UnsupportedShape::Alternative)
}

/// Returns `true` if one of the alternatives of an object is not an object.
fn has_scalar_alternative(schema: &Map<String, Value>) -> bool {
    let alternatives = |keyword: &str| schema.get(keyword).and_then(Value::as_array);
    let merged = alternatives("allOf").into_iter().flatten();
    ["anyOf", "oneOf"]
        .into_iter()
        .filter_map(alternatives)
        .flatten()
        .any(is_scalar)
        || merged
            .filter_map(Value::as_object)
            .any(has_scalar_alternative)
}

fn is_scalar(schema: &Value) -> bool {
    let scalars = ["array", "boolean", "integer", "number", "string"];
    match schema.get("type") {
        Some(Value::String(name)) => scalars.contains(&name.as_str()),
        Some(Value::Array(names)) => names
            .iter()
            .any(|name| name.as_str().is_some_and(|name| scalars.contains(&name))),
        _ => false,
    }
}
