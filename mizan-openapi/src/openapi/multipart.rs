//! Multipart bodies: the arguments as JSON, and files.

use serde_json::{Map, Value, json};

use crate::schema::FileField;

/// Returns the media type object of a multipart body.
///
/// The part `input` has the arguments as JSON. Every other part is a file, whose name is the path of its
/// argument: `scan`, or `pages.0.scan` in a row. Several parts of the same name are the files of a list.
pub(super) fn body(input: &Value, files: &[FileField]) -> Value {
    let mut properties = Map::from_iter([("input".to_owned(), input.clone())]);
    let mut encoding = Map::from_iter([(
        "input".to_owned(),
        json!({ "contentType": "application/json" }),
    )]);
    let mut patterns = Map::new();
    let mut required = vec!["input"];
    for file in files {
        let mut part = json!({ "type": "string", "format": "binary" });
        if let Some(description) = &file.description {
            part["description"] = json!(description);
        }
        match &file.path[..] {
            [Some(name)] => {
                if file.is_required {
                    required.push(name);
                }
                properties.insert(name.clone(), part);
                encoding.extend(encoding_of(name, file));
            }
            [Some(name), None] => {
                properties.insert(name.clone(), json!({ "type": "array", "items": part }));
                encoding.extend(encoding_of(name, file));
            }
            path => {
                patterns.insert(path_pattern(path), part);
            }
        }
    }
    let mut schema = json!({ "type": "object", "properties": properties, "required": required });
    if !patterns.is_empty() {
        schema["patternProperties"] = Value::Object(patterns);
    }
    json!({ "schema": schema, "encoding": encoding })
}

fn encoding_of(name: &str, file: &FileField) -> Option<(String, Value)> {
    let accept = (!file.accept.is_empty()).then(|| file.accept.join(", "))?;
    Some((name.to_owned(), json!({ "contentType": accept })))
}

/// Returns the pattern of the names that a part can have, such as `^pages\.[0-9]+\.scan$`.
fn path_pattern(path: &[Option<String>]) -> String {
    let names: Vec<_> = path
        .iter()
        .map(|name| match name {
            Some(name) => escape(name),
            None => "[0-9]+".to_owned(),
        })
        .collect();
    format!("^{}$", names.join(r"\."))
}

/// Escapes the characters that have a meaning in a regular expression.
pub(super) fn escape(name: &str) -> String {
    let mut escaped = String::new();
    for char in name.chars() {
        if r"\.+*?()|[]{}^$/-".contains(char) {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}
