//! The fields of an input that accept files, from its JSON Schema.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::UploadField;

/// The maximum depth of the schema, which can be recursive.
const MAX_DEPTH: usize = 16;

/// Returns the fields of `T` that accept files, with the limits in the keyword `x-checks`.
pub(crate) fn upload_fields<T: JsonSchema>() -> Vec<UploadField> {
    let generator = SchemaSettings::draft2020_12()
        .for_deserialize()
        .into_generator();
    let schema = generator.into_root_schema_for::<T>().to_value();
    let mut found = Vec::new();
    visit(&schema, &schema, &[], 0, &mut found);
    found
}

fn visit(root: &Value, schema: &Value, path: &[&str], depth: usize, found: &mut Vec<UploadField>) {
    if depth > MAX_DEPTH {
        return;
    }
    if schema.get("format").and_then(Value::as_str) == Some("binary") {
        found.push(field(schema, path.join(".")));
        return;
    }
    let inner = depth + 1;
    let reference = schema.get("$ref").and_then(Value::as_str);
    let pointer = reference.and_then(|reference| reference.strip_prefix('#'));
    if let Some(definition) = pointer.and_then(|pointer| root.pointer(pointer)) {
        visit(root, definition, path, inner, found);
    }
    for keyword in ["anyOf", "oneOf", "allOf"] {
        let alternatives = schema.get(keyword).and_then(Value::as_array);
        for alternative in alternatives.into_iter().flatten() {
            visit(root, alternative, path, inner, found);
        }
    }
    let members = schema.get("properties").and_then(Value::as_object);
    for (name, member) in members.into_iter().flatten() {
        visit(
            root,
            member,
            &[path, &[name.as_str()]].concat(),
            inner,
            found,
        );
    }
    if let Some(items) = schema.get("items") {
        visit(root, items, &[path, &["*"]].concat(), inner, found);
    }
}

fn field(schema: &Value, path: String) -> UploadField {
    let checks = &schema["x-checks"];
    let accept = checks["accept"].as_array().into_iter().flatten();
    UploadField {
        path,
        accept: accept
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        max_bytes: checks["maxBytes"].as_u64(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::Upload;

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only the schema is used")]
    struct Input {
        #[schemars(extend("x-checks" = { "accept": ["image/png"], "maxBytes": 5 }))]
        image: Option<Upload>,
        documents: Vec<Document>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only the schema is used")]
    struct Document {
        scan: Upload,
        parts: Vec<Document>,
    }

    #[test]
    fn files_are_found_at_every_depth() {
        let fields = upload_fields::<Input>();
        let image = UploadField::new("image")
            .with_accept(["image/png"])
            .with_max_bytes(5);
        assert!(fields.contains(&image), "{fields:?}");
        for path in ["documents.*.scan", "documents.*.parts.*.scan"] {
            assert!(fields.contains(&UploadField::new(path)), "{fields:?}");
        }
    }
}
