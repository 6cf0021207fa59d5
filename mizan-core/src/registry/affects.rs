//! The check of `affects`: queries, arguments and types.

use std::collections::HashMap;

use serde_json::Value;

use super::schemas::{arguments, property, wire_type, without_docs};
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
