//! Error responses: problem details (RFC 9457).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::json::{items, member, members, text};
use crate::schema::{Components, pascal_case};

/// A status with the common error codes that have it.
struct Status {
    status: u16,
    name: &'static str,
    description: &'static str,
    codes: &'static [&'static str],
}

/// The status of the code `outdated_client`.
const OUTDATED_CLIENT: u16 = 410;

/// The common errors that a call can have. The status of each code is the one of mizan-http, whose tests
/// compare them.
///
/// `method_not_allowed` is missing, because the document contains only the methods that are allowed.
#[rustfmt::skip]
const STATUSES: [Status; 14] = [
    Status { status: 400, name: "BadRequest", codes: &["malformed"],
        description: "The request is not JSON, is nested too deeply or repeats a key." },
    Status { status: 401, name: "Unauthorized", codes: &["unauthenticated", "reauthenticate"],
        description: "The call requires a signed-in caller, or one who has recently confirmed the password." },
    Status { status: 403, name: "Forbidden", codes: &["forbidden", "cross_site"],
        description: "The caller lacks permission, or the request comes from another site." },
    Status { status: 404, name: "NotFound", codes: &["unknown_function", "not_found"],
        description: "The requested object does not exist, or the server has no such function." },
    Status { status: 408, name: "RequestTimeout", codes: &["request_timeout"],
        description: "The request did not arrive in time." },
    Status { status: 409, name: "Conflict", codes: &["conflict", "outcome_unknown"],
        description: "The call conflicts with the current state, or was sent before with the same `Idempotency-Key` and may \
                      have taken effect." },
    Status { status: OUTDATED_CLIENT, name: "Gone", codes: &["outdated_client"],
        description: "The client was generated from a version of the function that is retired: it states that \
                      `contract`, and needs an update." },
    Status { status: 413, name: "ContentTooLarge", codes: &["too_large"],
        description: "The request exceeds a size limit." },
    Status { status: 415, name: "UnsupportedMediaType", codes: &["unsupported_media_type"],
        description: "The call does not accept this content type." },
    Status { status: 422, name: "UnprocessableContent", codes: &["invalid"],
        description: "The schema or the validation rejects the arguments; `fields` has the reasons." },
    Status { status: 429, name: "TooManyRequests", codes: &["rate_limited"],
        description: "The caller exceeded a rate limit." },
    Status { status: 500, name: "InternalServerError", codes: &["internal"],
        description: "An unexpected failure, which the log of the server has under `error_id`." },
    Status { status: 503, name: "ServiceUnavailable", codes: &["unavailable"],
        description: "The server is busy or shuts down: retry later." },
    Status { status: 504, name: "GatewayTimeout", codes: &["deadline_exceeded"],
        description: "The call did not finish in time." },
];

/// The error responses of a document.
pub(super) struct Problems {
    /// The reference to the response, by status.
    common: BTreeMap<u16, Value>,
    /// The responses of each declared error type, by status: those whose status also has a common code
    /// describe both.
    declared: BTreeMap<String, BTreeMap<u16, Value>>,
    responses: Map<String, Value>,
}

impl Problems {
    pub(super) fn new(manifest: &Value, components: &mut Components) -> Self {
        let mut problems = Self {
            common: BTreeMap::new(),
            declared: BTreeMap::new(),
            responses: Map::new(),
        };
        let shared = ProblemMembers::new(components);
        let known: BTreeSet<_> = items(manifest, "codes")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let mut schemas = BTreeMap::new();
        for status in &STATUSES {
            let codes = status
                .codes
                .iter()
                .copied()
                .filter(|code| known.contains(code));
            let codes: Vec<_> = codes.collect();
            if codes.is_empty() {
                continue;
            }
            let schema = shared.problem(status.status, &codes, status.description, None);
            let schema = components.add(&format!("{}Problem", status.name), schema);
            let response = response(status.status, status.description, &schema);
            problems.responses.insert(status.name.to_owned(), response);
            let reference = format!("#/components/responses/{}", status.name);
            problems
                .common
                .insert(status.status, member("$ref", json!(reference)));
            schemas.insert(status.status, (codes, schema, status.description));
        }
        for (name, error) in members(manifest, "errors") {
            let declared = declared_responses(name, error, &schemas, &shared, components);
            problems.declared.insert(name.clone(), declared);
        }
        problems
    }

    /// Returns the error responses of a call with this declared error type, or with none.
    pub(super) fn responses(&self, error: &str) -> BTreeMap<u16, Value> {
        let mut responses = self.common.clone();
        responses.extend(self.declared.get(error).into_iter().flatten().map(clone));
        responses
    }

    /// Returns the error responses of a request that states no contract, so that it never has the code
    /// `outdated_client`.
    pub(super) fn responses_without_contract(&self, error: &str) -> BTreeMap<u16, Value> {
        let mut responses = self.responses(error);
        if !self
            .declared
            .get(error)
            .is_some_and(|declared| declared.contains_key(&OUTDATED_CLIENT))
        {
            responses.remove(&OUTDATED_CLIENT);
        }
        responses
    }

    /// Returns the shared responses.
    pub(super) fn into_responses(self) -> Value {
        Value::Object(self.responses)
    }
}

fn clone((status, response): (&u16, &Value)) -> (u16, Value) {
    (*status, response.clone())
}

/// The codes, the schema and the description of a status.
type CommonProblem = (Vec<&'static str>, Value, &'static str);

fn declared_responses(
    name: &str,
    error: &Value,
    common: &BTreeMap<u16, CommonProblem>,
    shared: &ProblemMembers,
    components: &mut Components,
) -> BTreeMap<u16, Value> {
    let mut variants = BTreeMap::<u16, Vec<(&str, Value, String)>>::new();
    for variant in items(error, "variants") {
        let code = text(variant, "code");
        let status = variant.get("status").and_then(Value::as_u64);
        let status = status.and_then(|it| it.try_into().ok()).unwrap_or(422);
        let docs = text(variant, "docs");
        let data = variant.get("data").map(|data| components.convert(data));
        let schema = shared.problem(status, &[code], docs, data);
        let schema = components.add(&format!("{name}{}", pascal_case(code)), schema);
        let line = if docs.is_empty() {
            format!("`{code}`")
        } else {
            format!("`{code}`: {docs}")
        };
        variants
            .entry(status)
            .or_default()
            .push((code, schema, line));
    }
    variants
        .into_iter()
        .map(|(status, variants)| {
            let mut mapping = Map::new();
            let mut schemas = Vec::new();
            let mut lines = Vec::new();
            if let Some((codes, schema, description)) = common.get(&status) {
                for code in codes {
                    mapping.insert((*code).to_owned(), schema["$ref"].clone());
                }
                schemas.push(schema.clone());
                lines.push((*description).to_owned());
            }
            for (code, schema, line) in variants {
                mapping.insert(code.to_owned(), schema["$ref"].clone());
                schemas.push(schema);
                lines.push(line);
            }
            let schema = if schemas.len() == 1 {
                schemas.swap_remove(0)
            } else {
                json!({
                    "oneOf": schemas,
                    "discriminator": { "propertyName": "code", "mapping": mapping },
                })
            };
            (status, response(status, &lines.join("\n\n"), &schema))
        })
        .collect()
}

fn response(status: u16, description: &str, schema: &Value) -> Value {
    let mut response = json!({
        "description": description,
        "content": { "application/problem+json": { "schema": schema } },
    });
    if matches!(status, 429 | 503) {
        response["headers"] =
            json!({ "Retry-After": { "$ref": "#/components/headers/RetryAfter" } });
    }
    response
}

/// The schemas of members that all problems share.
struct ProblemMembers {
    fields: Value,
    data: Value,
}

impl ProblemMembers {
    fn new(components: &mut Components) -> Self {
        let fields = json!({
            "type": "object",
            "additionalProperties": { "type": "array", "items": { "type": "string" } },
            "description": "Messages by the path of the argument; `__all__` stands for all of them.",
        });
        let data = json!({
            "type": "object",
            "additionalProperties": true,
            "description": "Further data of the error.",
        });
        Self {
            fields: components.add("ProblemFields", fields),
            data: components.add("ProblemData", data),
        }
    }

    /// Returns the schema of a problem with one of `codes`.
    fn problem(
        &self,
        status: u16,
        codes: &[&str],
        description: &str,
        data: Option<Value>,
    ) -> Value {
        let code = match codes {
            [code] => json!({ "type": "string", "const": code }),
            codes => json!({ "type": "string", "enum": codes }),
        };
        let mut required = vec!["type", "title", "status", "detail", "code"];
        let data = match data {
            Some(data) => {
                required.push("data");
                data
            }
            None => self.data.clone(),
        };
        let mut schema = json!({
            "type": "object",
            "properties": {
                "type": { "type": "string", "const": "about:blank" },
                "title": { "type": "string", "description": "The name of the status." },
                "status": { "type": "integer", "const": status },
                "detail": { "type": "string", "description": "A message for people." },
                "code": code,
                "fields": self.fields,
                "data": data,
                "error_id": {
                    "type": "string",
                    "pattern": "^[0-9a-f]{32}$",
                    "description": "The id under which the server logged the error: that of the trace of the request.",
                },
                "outdated_client": {
                    "type": "boolean",
                    "description": "True if the client states a `contract` that the server does not have, and the error may result from that: the function has changed, and the client needs an update. Absent otherwise.",
                },
            },
            "required": required,
        });
        if !description.is_empty() {
            schema["description"] = json!(description);
        }
        schema
    }
}
