//! The contract: a hash of everything that clients depend on.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Returns the first 64 bits of a SHA-256 over everything that affects what clients send or receive.
pub(super) fn contract(document: &Value) -> String {
    let mut document = document.clone();
    for function in document["functions"].as_array_mut().into_iter().flatten() {
        for key in ["docs", "source", "policy"] {
            function
                .as_object_mut()
                .map(|function| function.remove(key));
        }
        for key in ["input", "output"] {
            function.get_mut(key).map(normalize_schema);
        }
    }
    for channel in document
        .get_mut("channels")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        channel.remove("docs");
        channel.remove("source");
        channel.values_mut().for_each(normalize_schema);
    }
    for error in document["errors"]
        .as_object_mut()
        .into_iter()
        .flat_map(Map::values_mut)
    {
        error.as_object_mut().map(|error| error.remove("docs"));
        for variant in error["variants"].as_array_mut().into_iter().flatten() {
            variant
                .as_object_mut()
                .map(|variant| variant.remove("docs"));
            variant.get_mut("data").map(normalize_schema);
        }
    }
    document.get_mut("forms").map(remove_form_texts);
    document["$defs"]
        .as_object_mut()
        .into_iter()
        .flat_map(Map::values_mut)
        .for_each(normalize_schema);
    document.sort_all_objects();
    let digest = Sha256::digest(document.to_string());
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Removes the human-readable texts from the description of a form.
fn remove_form_texts(form: &mut Value) {
    match form {
        Value::Object(members) => {
            members.retain(|name, _| {
                let name = name.as_str();
                !["title", "docs", "source", "label", "help", "placeholder"].contains(&name)
            });
            members
                .iter_mut()
                .filter(|(name, _)| *name != "initial")
                .for_each(|(_, value)| remove_form_texts(value));
        }
        Value::Array(items) => items.iter_mut().for_each(remove_form_texts),
        _ => {}
    }
}

/// Removes titles and descriptions from a schema, and sorts the rest.
///
/// Properties with the names `title` and `description` stay.
fn normalize_schema(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.remove("title");
            members.remove("description");
            for (keyword, value) in members.iter_mut() {
                match (keyword.as_str(), value) {
                    ("enum" | "required", Value::Array(names)) => {
                        names.sort_by_key(Value::to_string);
                    }
                    ("const" | "default" | "examples", _) => {}
                    ("x-checks", Value::Object(checks)) => {
                        checks.remove("messages");
                    }
                    ("properties" | "patternProperties" | "$defs", Value::Object(members)) => {
                        members.values_mut().for_each(normalize_schema);
                    }
                    (_, value) => normalize_schema(value),
                }
            }
            join_unit_variants(members);
        }
        Value::Array(items) => items.iter_mut().for_each(normalize_schema),
        _ => {}
    }
}

/// Merges the unit variants of an enum into one schema. schemars writes a separate schema for each
/// variant with documentation, and one schema for the others.
fn join_unit_variants(schema: &mut Map<String, Value>) {
    let Some(Value::Array(variants)) = schema.get_mut("oneOf") else {
        return;
    };
    let mut names = Vec::new();
    variants.retain(|variant| {
        let found = unit_variants(variant);
        names.extend_from_slice(found);
        found.is_empty()
    });
    if names.is_empty() {
        return;
    }
    names.sort_by_key(Value::to_string);
    let joined = Map::from_iter([
        ("type".to_owned(), json!("string")),
        ("enum".to_owned(), json!(names)),
    ]);
    if variants.is_empty() {
        schema.remove("oneOf");
        schema.extend(joined);
    } else {
        variants.push(Value::Object(joined));
    }
}

/// Returns the names in a schema that consists of unit variants only.
fn unit_variants(variant: &Value) -> &[Value] {
    match variant.as_object() {
        Some(keywords) if keywords.len() == 2 && variant["type"] == "string" => {
            match (keywords.get("const"), keywords.get("enum")) {
                (Some(name), None) => std::slice::from_ref(name),
                (None, Some(Value::Array(names))) => names,
                _ => &[],
            }
        }
        _ => &[],
    }
}
