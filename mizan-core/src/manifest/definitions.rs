//! Unique names for shared schemas: a type can have different schemas as an input and as an output.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

/// Returns new names for the input schemas of types whose input and output schemas differ, and of
/// types that refer to such a type.
pub(super) fn rename_split_types(
    inputs: &Map<String, Value>,
    outputs: &Map<String, Value>,
) -> HashMap<String, String> {
    let mut renamed = HashMap::<String, String>::new();
    loop {
        let differ = |name: &String, schema: &Value| {
            outputs.get(name).is_some_and(|other| other != schema)
                || (outputs.contains_key(name)
                    && references(schema)
                        .iter()
                        .any(|name| renamed.contains_key(*name)))
        };
        let found: Vec<_> = inputs
            .iter()
            .filter(|(name, schema)| !renamed.contains_key(*name) && differ(name, schema))
            .map(|(name, _)| name.clone())
            .collect();
        if found.is_empty() {
            return renamed;
        }
        for name in found {
            let is_taken = |new: &String| inputs.contains_key(new) || outputs.contains_key(new);
            // `SameInIn` would be unreadable.
            let suffix = if name.ends_with("In") { "Input" } else { "In" };
            let base = format!("{name}{suffix}");
            let new = std::iter::once(base.clone())
                .chain((2..).map(|number| format!("{base}{number}")))
                .find(|new| !is_taken(new));
            renamed.extend(new.map(|new| (name, new)));
        }
    }
}

pub(super) const REFERENCE_PREFIX: &str = "#/$defs/";

fn references(schema: &Value) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut pending = vec![schema];
    while let Some(value) = pending.pop() {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    found.extend(reference.strip_prefix(REFERENCE_PREFIX));
                }
                pending.extend(members.values());
            }
            Value::Array(items) => pending.extend(items),
            _ => {}
        }
    }
    found
}

/// Replaces references to renamed types.
pub(super) fn rename_references(schema: &mut Value, renamed: &HashMap<String, String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref")
                && let Some(name) = reference.strip_prefix(REFERENCE_PREFIX)
                && let Some(new) = renamed.get(name)
            {
                *reference = format!("{REFERENCE_PREFIX}{new}");
            }
            members
                .values_mut()
                .for_each(|member| rename_references(member, renamed));
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| rename_references(item, renamed)),
        _ => {}
    }
}
