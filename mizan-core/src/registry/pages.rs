//! The check of `pages`: the cursors and their types.

use serde_json::{Value, json};

use super::schemas::{arguments, property, wire_type};
use crate::function::{FunctionEntry, FunctionKind, Pages};
use crate::problem::{PagesProblem, Problem};

/// Reports queries whose cursors do not fit. `manifest` describes the functions.
pub(super) fn check_pages(
    functions: &[FunctionEntry],
    manifest: &Value,
    problems: &mut Vec<Problem>,
) {
    for function in functions {
        let Some(pages) = function.pages else {
            continue;
        };
        let described = manifest["functions"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|described| described["name"] == function.name);
        let problem = match described {
            _ if function.kind != FunctionKind::Query => Some(PagesProblem::NotAQuery),
            Some(described) => check(pages, described, &manifest["$defs"]),
            None => None,
        };
        problems.extend(problem.map(|problem| Problem::Pages {
            function: function.name,
            pages,
            problem,
            at: function.location(),
        }));
    }
}

fn check(pages: Pages, function: &Value, definitions: &Value) -> Option<PagesProblem> {
    let Some(cursor) = property(function, pages.cursor()) else {
        return Some(PagesProblem::UnknownArgument {
            known: arguments(function),
        });
    };
    let required = &function["input"]["required"];
    let is_required = |names: &Value, name| {
        names
            .as_array()
            .is_some_and(|names| names.iter().any(|required| required == name))
    };
    if is_required(required, pages.cursor()) {
        return Some(PagesProblem::RequiredArgument);
    }
    let output = resolve(&function["output"], definitions);
    let Some(next) = output
        .get("properties")
        .and_then(|properties| properties.get(pages.next()))
    else {
        return Some(PagesProblem::UnknownMember);
    };
    if is_required(&output["required"], pages.next()) && !is_nullable(next) {
        return Some(PagesProblem::Endless);
    }
    (wire_type(cursor) != wire_type(next)).then_some(PagesProblem::CursorType)
}

/// Resolves a reference to a shared schema.
fn resolve<'a>(schema: &'a Value, definitions: &'a Value) -> &'a Value {
    schema["$ref"]
        .as_str()
        .and_then(|reference| reference.strip_prefix("#/$defs/"))
        .and_then(|name| definitions.get(name))
        .unwrap_or(schema)
}

fn is_nullable(schema: &Value) -> bool {
    let accepts_null = |schema: &Value| {
        schema["type"] == "null"
            || schema["type"]
                .as_array()
                .is_some_and(|types| types.contains(&json!("null")))
    };
    accepts_null(schema)
        || schema["anyOf"]
            .as_array()
            .is_some_and(|schemas| schemas.iter().any(accepts_null))
}
