//! The whole document.

use serde_json::{Map, Value, json};

use super::context::{Context, form_tag, path};
use super::problems::Problems;
use super::{batch, calls, form_posts, security};
use crate::json::{items, text};
use crate::options::Options;
use crate::schema::Components;

/// Describes the functions and the forms of an app as an OpenAPI 3.1 document.
///
/// The document has an operation for each way to call a function:
///
/// - `GET /call/{name}` with the arguments in the query parameter `input`, for queries and contexts;
/// - `POST /call/{name}` with the arguments as JSON, or as multipart if the function accepts files;
/// - `POST /batch` for several queries in one request;
/// - `POST /form/{name}` for forms that a browser posts without JavaScript.
///
/// Responses list every status with its error codes, and the declared errors with their data.
///
/// ```
/// use mizan_openapi::{Options, openapi};
/// use serde_json::json;
///
/// let manifest = json!({
///     "contract": "9f86d081884c7d65",
///     "codes": ["malformed"],
///     "functions": [{
///         "name": "rename",
///         "kind": "mutation",
///         "policy": "staff",
///         "input": {
///             "type": "object",
///             "properties": { "title": { "type": "string", "minLength": 1 } },
///             "required": ["title"]
///         },
///         "output": { "type": "null" },
///         "affects": ["post"]
///     }]
/// });
/// let document = openapi(&manifest, &Options::default());
/// let call = &document["paths"]["/call/rename"]["post"];
/// assert_eq!(call["x-mizan-affects"], json!(["post"]));
/// assert_eq!(call["requestBody"]["content"]["application/json"]["example"], json!({ "title": "text" }));
/// assert_eq!(call["security"], json!([{ "session": [] }]));
/// ```
#[must_use]
pub fn openapi(manifest: &Value, options: &Options) -> Value {
    let mut components = Components::new(manifest);
    let problems = Problems::new(manifest, &mut components);
    let mut context = Context::new(manifest, options, components, problems);
    let mut paths = Map::new();
    for function in items(manifest, "functions") {
        let path = path("/call/", text(function, "name"));
        paths.insert(path, calls::path_item(function, &mut context));
    }
    if let Some(item) = batch::path_item(&mut context) {
        paths.insert("/batch".to_owned(), item);
    }
    for form in items(manifest, "forms") {
        let path = path("/form/", text(form, "name"));
        paths.insert(path, form_posts::path_item(form, &mut context));
    }
    let contract = text(manifest, "contract");
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": options.title,
            "version": options.version.as_deref().unwrap_or(contract),
            "description": DESCRIPTION,
        },
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "servers": [{ "url": options.server_url.as_deref().unwrap_or("/api/mizan") }],
        "tags": tags(manifest),
        "paths": paths,
        "components": {
            "schemas": context.components.into_schemas(),
            "responses": context.problems.into_responses(),
            "parameters": calls::shared_parameters(),
            "headers": calls::shared_headers(manifest),
            "securitySchemes": security::schemes(options),
        },
        "x-mizan-contract": contract,
    })
}

const DESCRIPTION: &str = "\
Functions are called with `GET /call/{name}` (queries and contexts) or `POST /call/{name}` (all). Errors \
are problem details (RFC 9457) whose `code` tells them apart. A mutation with an `Idempotency-Key` runs \
once, however often it is sent.";

/// Returns the tags: one for each form, and one for each kind of function.
fn tags(manifest: &Value) -> Vec<Value> {
    let kinds = [
        ("queries", "Functions that read data."),
        ("mutations", "Functions that change data."),
    ];
    let functions = kinds
        .into_iter()
        .map(|(name, description)| json!({ "name": name, "description": description }));
    let forms = items(manifest, "forms").iter().map(|form| {
        let name = text(form, "name");
        let description = [text(form, "docs"), text(form, "title")]
            .into_iter()
            .find(|text| !text.is_empty());
        json!({ "name": form_tag(name), "description": description.unwrap_or(name) })
    });
    functions.chain(forms).collect()
}
