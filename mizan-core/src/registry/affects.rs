//! The check of `affects`: queries, arguments and types.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::function::{Affected, FunctionEntry};
use crate::problem::{AffectsProblem, Problem};

/// Reports entries of `affects` whose query, arguments or output do not fit.
///
/// `described` are the functions of the manifest.
pub(super) fn check_affects(
    functions: &[FunctionEntry],
    described: &Value,
    problems: &mut Vec<Problem>,
) {
    let entries: HashMap<_, _> = functions
        .iter()
        .map(|function| (function.name, function))
        .collect();
    let described: HashMap<_, _> = described
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|function| Some((function["name"].as_str()?, function)))
        .collect();
    for function in functions {
        for affected in function.affects {
            let query = entries.get(affected.name());
            let problem = if *affected == Affected::ALL {
                continue;
            } else if !query.is_some_and(|query| query.kind.is_safe()) {
                Some(AffectsProblem::UnknownQuery)
            } else {
                described
                    .get(affected.name())
                    .zip(described.get(function.name))
                    .and_then(|(query, mutation)| check_entry(affected, query, mutation))
            };
            problems.extend(problem.map(|problem| Problem::Affects {
                function: function.name,
                affected: *affected,
                problem,
                at: function.location(),
            }));
        }
    }
}

fn check_entry(affected: &Affected, query: &Value, mutation: &Value) -> Option<AffectsProblem> {
    for (index, &(name, argument)) in affected.input().iter().enumerate() {
        let Some(expected) = property(query, name) else {
            return Some(AffectsProblem::UnknownArgument {
                function: affected.name(),
                argument: name,
                known: arguments(query),
            });
        };
        let Some(given) = property(mutation, argument) else {
            return Some(AffectsProblem::UnknownArgument {
                function: "",
                argument,
                known: arguments(mutation),
            });
        };
        if affected.input()[..index]
            .iter()
            .any(|(other, _)| *other == name)
        {
            return Some(AffectsProblem::DuplicateArgument { argument: name });
        }
        if wire_type(expected) != wire_type(given) {
            return Some(AffectsProblem::ArgumentType { name, argument });
        }
    }
    if !affected.is_returned() {
        return None;
    }
    let missing: Vec<_> = arguments(query)
        .into_iter()
        .filter(|name| affected.input().iter().all(|(given, _)| given != name))
        .collect();
    if !missing.is_empty() {
        return Some(AffectsProblem::MissingArguments { missing });
    }
    (without_docs(&query["output"]) != without_docs(&mutation["output"]))
        .then_some(AffectsProblem::OutputType)
}

fn property<'a>(function: &'a Value, name: &str) -> Option<&'a Value> {
    function.get("input")?.get("properties")?.get(name)
}

fn arguments(function: &Value) -> Vec<String> {
    let properties = function
        .get("input")
        .and_then(|input| input.get("properties")?.as_object());
    properties
        .into_iter()
        .flat_map(Map::keys)
        .cloned()
        .collect()
}

/// Returns the schema without documentation.
fn without_docs(schema: &Value) -> Value {
    without(schema, &["title", "description", "deprecated", "examples"])
}

/// Returns the part of the schema that determines the type of a value, without its constraints and
/// without `null`, which never matches a single query.
fn wire_type(schema: &Value) -> Value {
    let mut schema = without(
        schema,
        &[
            "title",
            "description",
            "deprecated",
            "examples",
            "default",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "minLength",
            "maxLength",
            "pattern",
            "minItems",
            "maxItems",
            "x-checks",
        ],
    );
    let Some(keywords) = schema.as_object_mut() else {
        return schema;
    };
    // Constraints set these formats, which do not change the type.
    if matches!(
        keywords.get("format").and_then(Value::as_str),
        Some("email" | "uri")
    ) {
        keywords.remove("format");
    }
    if let Some(Value::Array(types)) = keywords.get_mut("type") {
        types.retain(|ty| ty != "null");
        if let [only] = types.as_slice() {
            keywords["type"] = only.clone();
        }
    }
    if let Some(Value::Array(schemas)) = keywords.get_mut("anyOf") {
        schemas.retain(|schema| schema["type"] != "null");
        if let ([only], 1) = (schemas.as_slice(), schemas.len()) {
            return only.clone();
        }
    }
    schema
}

/// Returns the schema without some keywords. The names of properties are no keywords.
fn without(schema: &Value, removed: &[&str]) -> Value {
    match schema {
        Value::Object(keywords) => keywords
            .iter()
            .filter(|(keyword, _)| !removed.contains(&keyword.as_str()))
            .map(|(keyword, value)| {
                let value = match (keyword.as_str(), value) {
                    ("properties" | "patternProperties", Value::Object(members)) => members
                        .iter()
                        .map(|(name, member)| (name.clone(), without(member, removed)))
                        .collect(),
                    ("const" | "enum", value) => value.clone(),
                    (_, value) => without(value, removed),
                };
                (keyword.clone(), value)
            })
            .collect(),
        Value::Array(items) => items.iter().map(|item| without(item, removed)).collect(),
        other => other.clone(),
    }
}
