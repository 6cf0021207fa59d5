//! Responses that are files.

use serde_json::{Map, Value, json};

use crate::json::text;

/// Returns the content of the response of a function that returns a file: its content type with the schema.
pub(super) fn content(function: &Value) -> Option<Value> {
    let output = function.get("output")?;
    if text(output, "type") != "string" || text(output, "format") != "binary" {
        return None;
    }
    let content_type = match text(output, "contentMediaType") {
        "" => "application/octet-stream",
        content_type => content_type,
    };
    let schema = json!({ "schema": { "type": "string", "format": "binary" } });
    Some(Value::Object(Map::from_iter([(
        content_type.to_owned(),
        schema,
    )])))
}

/// Returns a response with the file.
pub(super) fn response(content: &Value, description: &str) -> Value {
    json!({
        "description": description,
        "headers": {
            "Content-Disposition": {
                "description": "The name of the file, and whether a browser may show it (RFC 6266).",
                "schema": { "type": "string" },
            },
        },
        "content": content,
    })
}

/// Returns the responses to a request with `Range`.
pub(super) fn partial_responses(content: &Value) -> [(u16, Value); 2] {
    [
        (206, response(content, "The part of the file in `Range`.")),
        (
            416,
            json!({ "description": "The file has no byte of the part in `Range`." }),
        ),
    ]
}
