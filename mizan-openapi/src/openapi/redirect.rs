//! Responses that redirect browsers.

use serde_json::{Value, json};

/// Returns `true` if a function returns a redirect.
pub(super) fn is_output_of(function: &Value) -> bool {
    function["output"].get("x-mizan-redirect") == Some(&Value::Bool(true))
}

/// Returns a response with status 303.
pub(super) fn see_other(description: &str, location: &str) -> Value {
    json!({
        "description": description,
        "headers": {
            "Location": {
                "description": location,
                "schema": { "type": "string", "format": "uri-reference" },
            },
        },
    })
}

/// Returns the response of a function with a redirect to a browser that opens its URL.
pub(super) fn to_document() -> Value {
    see_other(
        "The redirect of a browser that opens the URL as a document: its `Sec-Fetch-Mode` is `navigate`, or without \
         this header, its `Accept` has `text/html`. Other clients receive the location as JSON.",
        "A path of the same site, or a URL of another site that the server allows.",
    )
}
