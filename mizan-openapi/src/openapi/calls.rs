//! Operations that call one function.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::context::{Context, form_tag};
use super::references::{header, parameter};
use super::{download, event_stream, multipart, redirect, security};
use crate::json::{items, summary_and_rest, text};
use crate::schema::{WithFiles, example, pascal_case, split_files};

/// The arguments of a function, in the schemas of the document.
struct Input {
    /// The schema of the arguments as JSON.
    json: Value,
    example: Option<Value>,
    is_required: bool,
    /// The media type object of a multipart body, for a function that accepts files.
    multipart: Option<Value>,
    /// Requires a file, so that JSON alone is never accepted.
    needs_file: bool,
}

impl Input {
    fn new(function: &str, schema: &Value, context: &mut Context<'_>) -> Self {
        let with_files = split_files(schema, context.manifest);
        let (rest, files) = match with_files {
            None => (schema.clone(), Vec::new()),
            Some(WithFiles {
                files,
                rest,
                definitions,
            }) => {
                context.components.define(definitions);
                (rest, files)
            }
        };
        let json = context.components.convert(&rest);
        let json = name_schema(function, "Input", json, context);
        Self {
            example: example(&json, &context.components),
            is_required: !items(&rest, "required").is_empty() || rest.get("$ref").is_some(),
            multipart: (!files.is_empty()).then(|| multipart::body(&json, &files)),
            needs_file: files.iter().any(|file| file.is_required),
            json,
        }
    }

    fn media_type(&self) -> Value {
        let mut media_type = json!({ "schema": self.json });
        if let Some(example) = &self.example {
            media_type["example"] = example.clone();
        }
        media_type
    }

    fn query_parameter(&self) -> Value {
        json!({
            "name": "input",
            "in": "query",
            "required": self.is_required,
            "description": "The arguments as JSON.",
            "content": { "application/json": self.media_type() },
        })
    }

    fn request_body(&self, accepts_files: bool) -> Value {
        let mut content = Map::new();
        if !(accepts_files && self.needs_file) {
            content.insert("application/json".to_owned(), self.media_type());
        }
        if accepts_files {
            let multipart = self.multipart.iter().cloned();
            content.extend(multipart.map(|body| ("multipart/form-data".to_owned(), body)));
        }
        json!({ "required": self.is_required || self.needs_file, "content": content })
    }
}

/// Describes every way to call a function.
pub(super) fn path_item(function: &Value, context: &mut Context<'_>) -> Value {
    let name = text(function, "name");
    let is_query = text(function, "kind") != "mutation";
    let input = function
        .get("input")
        .map(|schema| Input::new(name, schema, context));
    let output = function.get("output").unwrap_or(&Value::Bool(true));
    let output = context.components.convert(output);
    let call = Call {
        function,
        input,
        output: name_schema(name, "Output", output, context),
    };
    if !is_query {
        return json!({ "post": call.post(name, context) });
    }
    let get = call.get(context);
    let id = format!("{name}_post");
    json!({ "get": get, "post": call.post(&id, context) })
}

/// Adds the schema of an object to the named schemas, so that generated clients have a type for it.
fn name_schema(function: &str, role: &str, schema: Value, context: &mut Context<'_>) -> Value {
    if schema.get("properties").is_none() {
        return schema;
    }
    let name = format!("{}{role}", pascal_case(function));
    context.components.add(&name, schema)
}

/// A function with its schemas in the document.
struct Call<'f> {
    function: &'f Value,
    input: Option<Input>,
    output: Value,
}

impl Call<'_> {
    fn get(&self, context: &mut Context<'_>) -> Value {
        let function = self.function;
        let mut operation = operation(function, text(function, "name"), context);
        let input = self.input.iter().map(Input::query_parameter);
        operation["parameters"] = input.chain([parameter("Contract")]).collect();
        let mut successes = match download::content(function) {
            _ if event_stream::is_stream(function) => {
                BTreeMap::from([(200, event_stream::response(&self.output))])
            }
            Some(content) => {
                let mut responses = BTreeMap::from(download::conditional_responses(&content));
                responses.insert(200, download::response_to_get(&content));
                responses
            }
            None => {
                let mut success = self.json_response(context);
                success["headers"]["ETag"] = header("ETag");
                let not_modified =
                    json!({ "description": "The result has the entity tag in `If-None-Match`." });
                BTreeMap::from([(200, success), (304, not_modified)])
            }
        };
        if let Some(cache) = function.get("cache") {
            for success in successes.values_mut() {
                success["headers"]["Cache-Control"] = cache_control(cache);
            }
        }
        if redirect::is_output_of(function) {
            successes.insert(303, redirect::to_document());
        }
        operation["responses"] = responses(function, successes, context);
        operation
    }

    fn post(&self, id: &str, context: &mut Context<'_>) -> Value {
        let function = self.function;
        let is_mutation = text(function, "kind") == "mutation";
        let mut operation = operation(function, id, context);
        let file = download::content(function);
        let is_stream = event_stream::is_stream(function);
        let stores_reply = is_mutation && file.is_none() && !is_stream;
        let key = stores_reply.then(|| parameter("IdempotencyKey"));
        operation["parameters"] = key.into_iter().chain([parameter("Contract")]).collect();
        if let Some(input) = &self.input {
            operation["requestBody"] = input.request_body(is_mutation);
        }
        let mut success = match file {
            _ if is_stream => event_stream::response(&self.output),
            Some(content) => download::response_to_post(&content),
            None => self.json_response(context),
        };
        if is_mutation && !is_stream {
            success["headers"]["mizan-affects"] = header("Affects");
        }
        let mut successes = BTreeMap::from([(200, success)]);
        if redirect::is_output_of(function) {
            successes.insert(303, redirect::to_document());
        }
        operation["responses"] = responses(function, successes, context);
        operation
    }

    fn json_response(&self, context: &Context<'_>) -> Value {
        let mut media_type = json!({ "schema": self.output });
        if let Some(example) = example(&self.output, &context.components) {
            media_type["example"] = example;
        }
        json!({ "description": "The result.", "content": { "application/json": media_type } })
    }
}

/// Returns the header of the replies of a query that caches may keep.
fn cache_control(value: &Value) -> Value {
    json!({
        "description": "Caches may keep the reply, which is the same for every client. A reply with cookies has \
                        another value.",
        "schema": { "type": "string" },
        "example": value,
    })
}

/// Returns the members that every operation of a function has.
fn operation(function: &Value, id: &str, context: &mut Context<'_>) -> Value {
    let (summary, description) = summary_and_rest(text(function, "docs"));
    let policy = text(function, "policy");
    let mut operation = json!({
        "operationId": context.operation_id(id),
        "tags": [tag(function, context.manifest)],
    });
    if !summary.is_empty() {
        operation["summary"] = json!(summary);
    }
    if !description.is_empty() {
        operation["description"] = json!(description);
    }
    if function
        .get("deprecated")
        .is_some_and(|it| *it != json!(false))
    {
        operation["deprecated"] = json!(true);
    }
    operation["security"] = security::requirements(policy, context.options);
    operation["x-mizan-kind"] = json!(text(function, "kind"));
    if !policy.is_empty() {
        operation["x-mizan-policy"] = json!(policy);
    }
    for (extension, member) in [
        ("x-mizan-contract", "contract"),
        ("x-mizan-affects", "affects"),
        ("x-mizan-limits", "limits"),
    ] {
        if let Some(value) = function.get(member) {
            operation[extension] = value.clone();
        }
    }
    operation
}

/// Returns the form that a function belongs to, or the kind of function.
fn tag(function: &Value, manifest: &Value) -> String {
    let name = text(function, "name");
    let form = items(manifest, "forms").iter().find(|form| {
        let rest = name.strip_prefix(text(form, "name"));
        rest.is_some_and(|rest| rest.starts_with('.'))
    });
    match form {
        Some(form) => form_tag(text(form, "name")),
        None if text(function, "kind") == "mutation" => "mutations".to_owned(),
        None => "queries".to_owned(),
    }
}

fn responses(
    function: &Value,
    others: impl IntoIterator<Item = (u16, Value)>,
    context: &Context<'_>,
) -> Value {
    let mut responses = context.problems.responses(text(function, "error"));
    responses.extend(others);
    by_status(responses)
}

/// Returns responses as a JSON object, in the order of their statuses.
pub(super) fn by_status(responses: BTreeMap<u16, Value>) -> Value {
    responses
        .into_iter()
        .map(|(status, response)| (status.to_string(), response))
        .collect()
}

/// Returns the schema of the contract of a function.
pub(super) fn contract_schema() -> Value {
    json!({ "type": "string", "pattern": "^[0-9a-f]{8}$" })
}

pub(super) fn shared_parameters() -> Value {
    json!({
        "Contract": {
            "name": "contract",
            "in": "query",
            "required": false,
            "description": "The contract of the function (`x-mizan-contract`) from which the client was generated. \
                            The server serves a contract of an earlier version with that version, if it has it, \
                            refuses one that is retired with `outdated_client`, and presumes any other to be \
                            compatible. A client that states none counts as current.",
            "schema": contract_schema(),
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "required": false,
            "description": "A random key, such as a UUID. A mutation that is sent again with the same key runs \
                            once, and returns the first reply.",
            "schema": {
                "type": "string",
                "minLength": 16,
                "maxLength": 255,
                "pattern": "^[!#-\\[\\]-~]+$",
            },
            "example": "0196f3a0-7c3e-7000-8000-5f2b6e0c9a41",
        },
    })
}

pub(super) fn shared_headers(manifest: &Value) -> Value {
    let mut headers = json!({
        "Affects": {
            "description": "The queries whose results the mutation changed, separated by commas: a name, or a \
                            name with the arguments, as in `post?input=..`; `*` stands for all.",
            "schema": { "type": "string" },
        },
        "ETag": {
            "description": "The entity tag of the result, for `If-None-Match`.",
            "schema": { "type": "string" },
        },
        "RetryAfter": {
            "description": "The time in seconds after which the client may retry.",
            "schema": { "type": "integer", "minimum": 0 },
        },
    });
    if let Value::Object(headers) = &mut headers {
        headers.extend(download::shared_headers(manifest));
    }
    headers
}
