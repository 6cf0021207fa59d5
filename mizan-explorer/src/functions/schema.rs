//! Schemas with the definitions that they refer to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Returns the definitions to which `schemas` refer, directly or through other definitions.
pub(super) fn definitions<'a>(
    schemas: impl IntoIterator<Item = &'a Value>,
    all: &'a BTreeMap<String, Value>,
) -> BTreeMap<String, Value> {
    let mut names = BTreeSet::new();
    let mut open: Vec<&Value> = schemas.into_iter().collect();
    while let Some(schema) = open.pop() {
        match schema {
            Value::Array(items) => open.extend(items),
            Value::Object(members) => {
                let reference = members.get("$ref").and_then(Value::as_str);
                let name = reference.and_then(|it| it.strip_prefix("#/$defs/"));
                if let Some((name, definition)) = name.and_then(|name| all.get_key_value(name))
                    && names.insert(name)
                {
                    open.push(definition);
                }
                open.extend(members.values());
            }
            _ => {}
        }
    }
    let names = names.into_iter();
    names
        .map(|name| (name.clone(), all[name].clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::definitions;

    #[test]
    fn follows_references_through_definitions_and_cycles() {
        let all = [
            ("Tree", json!({"items": {"$ref": "#/$defs/Leaf"}})),
            (
                "Leaf",
                json!({"anyOf": [{"$ref": "#/$defs/Tree"}, {"type": "null"}]}),
            ),
            ("Other", json!({"type": "string"})),
        ];
        let all = all.map(|(name, schema)| (name.to_owned(), schema)).into();
        let schema = json!({"properties": {"tree": {"$ref": "#/$defs/Tree"}, "x": {"$ref": "#/$defs/Missing"}}});
        let found = definitions([&schema], &all);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["Leaf", "Tree"]);
    }
}
