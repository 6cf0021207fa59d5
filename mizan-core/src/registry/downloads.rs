//! The check of functions that return files.

use crate::form_entry::FormEntry;
use crate::function::{FunctionEntry, FunctionKind};
use crate::problem::{DownloadProblem, Problem};

/// Reports functions whose file no client could receive, and content types without a file.
pub(super) fn check_downloads(
    functions: &[FunctionEntry],
    forms: &[FormEntry],
    problems: &mut Vec<Problem>,
) {
    let is_in_form = |name: &str| {
        forms.iter().any(|form| {
            name.strip_prefix(form.name)
                .is_some_and(|rest| rest.starts_with('.'))
        })
    };
    for function in functions {
        let problem = match (function.is_download(), function.kind) {
            (true, FunctionKind::GlobalContext | FunctionKind::LocalContext) => {
                DownloadProblem::Context
            }
            (true, _) if is_in_form(function.name) => DownloadProblem::Form,
            (false, _) if function.content_type.is_some() => DownloadProblem::ContentType,
            _ => continue,
        };
        problems.push(Problem::Download {
            function: function.name,
            problem,
            at: function.location(),
        });
    }
}
