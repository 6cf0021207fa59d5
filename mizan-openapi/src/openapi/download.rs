//! Responses that are files.

use serde_json::{Map, Value, json};

use super::references::header;
use crate::json::{items, text};

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

/// Returns the response of `GET` requests with the whole file.
pub(super) fn response_to_get(content: &Value) -> Value {
    let names = [
        "Content-Disposition",
        "ETag",
        "Last-Modified",
        "Accept-Ranges",
    ];
    response("The file.", names, Some(content))
}

/// Returns the response of `POST` requests, which have no conditions and no ranges.
pub(super) fn response_to_post(content: &Value) -> Value {
    response("The file.", ["Content-Disposition"], Some(content))
}

/// Returns the responses to `GET` requests with conditions or `Range`.
pub(super) fn conditional_responses(content: &Value) -> [(u16, Value); 3] {
    let part = [
        "Content-Disposition",
        "ETag",
        "Last-Modified",
        "Accept-Ranges",
        "Content-Range",
    ];
    [
        (
            206,
            response("The part of the file in `Range`.", part, Some(content)),
        ),
        (
            304,
            response(
                "The file has the entity tag in `If-None-Match`, or is not newer than `If-Modified-Since`.",
                ["Content-Disposition", "ETag", "Last-Modified"],
                None,
            ),
        ),
        (
            416,
            response(
                "The file has no byte of the part in `Range`.",
                ["ETag", "Last-Modified", "Accept-Ranges", "Content-Range"],
                None,
            ),
        ),
    ]
}

fn response<const N: usize>(
    description: &str,
    headers: [&str; N],
    content: Option<&Value>,
) -> Value {
    let headers: Map<_, _> = headers
        .into_iter()
        .map(|name| (name.to_owned(), header(&name.replace('-', ""))))
        .collect();
    let mut response = json!({ "description": description, "headers": headers });
    if let Some(content) = content {
        response["content"] = content.clone();
    }
    response
}

/// Returns the headers of files, or none if no function returns a file.
pub(super) fn shared_headers(manifest: &Value) -> Map<String, Value> {
    let mut functions = items(manifest, "functions").iter();
    if functions.all(|function| content(function).is_none()) {
        return Map::new();
    }
    [
        (
            "AcceptRanges",
            "`bytes` if parts of the file can be requested with `Range`, which files in memory and on disk allow.",
        ),
        (
            "ContentDisposition",
            "The name of the file, and whether a browser may show it (RFC 6266).",
        ),
        (
            "ContentRange",
            "The part of the file in the response, and the size of the file, as in `bytes 0-99/1234`; `bytes */1234` \
             if there is no such part.",
        ),
        (
            "LastModified",
            "The time of the last change, for `If-Modified-Since`.",
        ),
    ]
    .into_iter()
    .map(|(name, description)| {
        let header = json!({ "description": description, "schema": { "type": "string" } });
        (name.to_owned(), header)
    })
    .collect()
}
