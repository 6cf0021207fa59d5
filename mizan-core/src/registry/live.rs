//! The check of live queries.

use std::collections::HashSet;
use std::panic::Location;

use crate::function::FunctionEntry;
use crate::problem::{LiveProblem, Problem};

/// Reports live functions whose changes no client could receive.
pub(super) fn check_live(functions: &[FunctionEntry], problems: &mut Vec<Problem>) {
    for function in functions.iter().filter(|function| function.is_live()) {
        let problem = if !function.kind().is_safe() {
            LiveProblem::Mutation
        } else if function.is_stream() || function.is_download() || function.is_redirect() {
            LiveProblem::NoValue
        } else if function.cache().is_some() {
            LiveProblem::Cache
        } else {
            continue;
        };
        problems.push(Problem::Live {
            function: function.name,
            problem,
            at: function.location(),
        });
    }
}

/// Reports a live query of an application that has no publisher of invalidations.
pub(super) fn check_publisher(
    functions: &[FunctionEntry],
    has_publisher: bool,
    built_at: &Location<'_>,
    problems: &mut Vec<Problem>,
) {
    let mut live = functions.iter().filter(|function| function.is_live());
    if let (Some(function), false) = (live.next(), has_publisher) {
        problems.push(Problem::Live {
            function: function.name,
            problem: LiveProblem::NoPublisher {
                built_at: built_at.to_string(),
            },
            at: function.location(),
        });
    }
}

/// Returns the names of the live queries.
pub(super) fn live_queries(functions: &[FunctionEntry]) -> HashSet<&'static str> {
    let live = functions.iter().filter(|function| function.is_live());
    live.map(|function| function.name).collect()
}
