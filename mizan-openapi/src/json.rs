//! Access to the members of a manifest.

use serde_json::{Map, Value};

/// Returns a text, or `""` if it is missing.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the items of an array, or none if it is missing.
pub(crate) fn items<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Returns the members of an object, or none if it is missing.
pub(crate) fn members<'a>(
    value: &'a Value,
    key: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value
        .get(key)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

/// Returns an object with one member.
pub(crate) fn member(key: impl Into<String>, value: Value) -> Value {
    Value::Object(Map::from_iter([(key.into(), value)]))
}

/// Splits a doc comment into its first paragraph and the rest.
pub(crate) fn summary_and_rest(docs: &str) -> (String, &str) {
    let docs = docs.trim();
    let (summary, rest) = docs.split_once("\n\n").unwrap_or((docs, ""));
    let words: Vec<_> = summary.split_whitespace().collect();
    (words.join(" "), rest.trim())
}
