//! The operation that calls several queries.

use serde_json::{Value, json};

use super::calls::{by_status, contract_schema};
use super::context::Context;
use super::{download, event_stream};
use crate::json::{items, text};

/// Describes `/batch`. Returns `None` for an app without queries that return JSON.
pub(super) fn path_item(context: &mut Context<'_>) -> Option<Value> {
    let queries: Vec<_> = items(context.manifest, "functions")
        .iter()
        .filter(|function| text(function, "kind") != "mutation")
        .filter(|function| download::content(function).is_none())
        .filter(|function| !event_stream::is_stream(function))
        .map(|function| text(function, "name"))
        .collect();
    let first = queries.first()?;
    let mut contract = contract_schema();
    contract["description"] =
        json!("The contract of the query, as in the parameter `contract` of a single call.");
    let call = json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "enum": queries, "description": "The name of the query." },
            "contract": contract,
            "input": { "description": "The arguments, as in a single call." },
        },
        "required": ["name"],
        "additionalProperties": false,
    });
    let call = context.components.add("BatchCall", call);
    let line = json!({
        "type": "object",
        "properties": {
            "index": { "type": "integer", "minimum": 0, "description": "The index of the call." },
            "output": { "description": "The result, if the call succeeded." },
            "error": {
                "type": "object",
                "description": "The problem details, if the call failed.",
                "additionalProperties": true,
            },
        },
        "required": ["index"],
    });
    let line = context.components.add("BatchLine", line);
    let mut responses = context.problems.responses_without_contract("");
    responses.insert(
        200,
        json!({
            "description": "One line of JSON for each call, in the order in which the calls finish.",
            "content": {
                "application/jsonl": { "schema": { "type": "string" }, "x-mizan-line": line },
            },
        }),
    );
    Some(json!({
        "post": {
            "operationId": context.operation_id("batch"),
            "tags": ["queries"],
            "summary": "Calls several queries in one request.",
            "requestBody": {
                "required": true,
                "content": {
                    "application/json": {
                        "schema": { "type": "array", "items": call },
                        "example": [{ "name": first }],
                    },
                },
            },
            "security": super::security::requirements("anyone", context.options),
            "responses": by_status(responses),
        },
    }))
}
