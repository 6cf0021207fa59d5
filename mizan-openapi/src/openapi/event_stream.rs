//! Responses that are streams of server-sent events.

use serde_json::{Value, json};

/// Returns whether a function returns a stream.
pub(super) fn is_stream(function: &Value) -> bool {
    function.get("stream").is_some()
}

/// Returns the response of a function whose parts have the schema `part`.
///
/// OpenAPI 3.1 describes an event stream as text, so the schema of the parts is an extension: `itemSchema` of
/// OpenAPI 3.2.
pub(super) fn response(part: &Value) -> Value {
    json!({
        "description": "A stream of server-sent events. The data of an event without a name is a part as JSON. The \
                        event `problem` has the problem details of the error that ends the stream, and `end` marks \
                        its complete end.",
        "content": {
            "text/event-stream": {
                "schema": { "type": "string" },
                "x-mizan-item-schema": part,
            },
        },
    })
}
