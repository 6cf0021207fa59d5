//! One name for each shared schema, where inputs and outputs have schemas of their own.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

/// The types that look different on their way in than on their way out, or hold one that does,
/// with the name of their input side.
pub(super) fn split(
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
            let taken = |new: &String| inputs.contains_key(new) || outputs.contains_key(new);
            let plain = format!("{name}In");
            let numbered = (2..).map(|number| format!("{name}In{number}"));
            let new = std::iter::once(plain)
                .chain(numbered)
                .find(|new| !taken(new));
            renamed.extend(new.map(|new| (name, new)));
        }
    }
}

const REFERENCE: &str = "#/$defs/";

fn references(schema: &Value) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    found.extend(reference.strip_prefix(REFERENCE));
                }
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

/// Has the references in `schema` name what was renamed.
pub(super) fn rename(schema: &mut Value, renamed: &HashMap<String, String>) {
    match schema {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref")
                && let Some(name) = reference.strip_prefix(REFERENCE)
                && let Some(new) = renamed.get(name)
            {
                *reference = format!("{REFERENCE}{new}");
            }
            members
                .values_mut()
                .for_each(|member| rename(member, renamed));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, renamed)),
        _ => {}
    }
}
