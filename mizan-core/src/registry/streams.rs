//! The check of functions that return streams.

use crate::form_entry::FormEntry;
use crate::function::{FunctionEntry, FunctionKind};
use crate::problem::{Problem, StreamProblem};

/// Reports functions whose stream no client could receive.
pub(super) fn check_streams(
    functions: &[FunctionEntry],
    forms: &[FormEntry],
    problems: &mut Vec<Problem>,
) {
    for function in functions.iter().filter(|function| function.is_stream()) {
        let is_in_form = forms.iter().any(|form| {
            let rest = function.name.strip_prefix(form.name);
            rest.is_some_and(|rest| rest.starts_with('.'))
        });
        let problem = match function.kind {
            FunctionKind::GlobalContext | FunctionKind::LocalContext => StreamProblem::Context,
            _ if is_in_form => StreamProblem::Form,
            _ if function.pages.is_some() => StreamProblem::Pages,
            _ if function.cache.is_some() => StreamProblem::Cache,
            _ => continue,
        };
        problems.push(Problem::Stream {
            function: function.name,
            problem,
            at: function.location(),
        });
    }
}
