//! The check of functions that return redirects, and of the origins that they may use.

use crate::function::{FunctionEntry, FunctionKind};
use crate::problem::Problem;
use crate::redirect::RedirectOrigins;

/// Reports contexts that return redirects, and invalid origins.
pub(super) fn check_redirects(
    functions: &[FunctionEntry],
    origins: &RedirectOrigins,
    problems: &mut Vec<Problem>,
) {
    for function in functions {
        let is_context = matches!(
            function.kind,
            FunctionKind::GlobalContext | FunctionKind::LocalContext
        );
        if function.is_redirect() && is_context {
            problems.push(Problem::RedirectOfContext {
                function: function.name,
                at: function.location(),
            });
        }
    }
    problems.extend(origins.invalid().map(Problem::RedirectOrigin));
}
