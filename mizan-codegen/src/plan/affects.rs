//! Planning of the queries that a mutation invalidates.

use std::collections::BTreeMap;

use super::definitions::Definitions;
use super::model::{Affects, Function};
use super::planner::Planner;
use crate::diagnostic::{AffectedReason, Diagnostic, ItemRef};
use crate::manifest::{self, Affected, FunctionKind};

impl Planner<'_> {
    /// Reports entries of `affects` whose query, arguments or output do not fit.
    pub(super) fn check_affects(&mut self, functions: &[Function<'_>], types: &Definitions) {
        let by_name: BTreeMap<_, _> = functions
            .iter()
            .map(|function| (function.manifest.name.as_str(), function))
            .collect();
        for function in functions {
            for affected in &function.manifest.affects {
                let query = by_name
                    .get(affected.query())
                    .filter(|query| query.manifest.kind != FunctionKind::Mutation);
                let reason = match (query, affected) {
                    _ if affected.query() == "*" => None,
                    (None, _) => Some(AffectedReason::Unknown),
                    (Some(_), Affected::Query(_)) => None,
                    (Some(query), Affected::Call(call)) => check_call(call, query, function, types),
                };
                if let Some(reason) = reason {
                    self.diagnostics.push(Diagnostic::Affected {
                        function: ItemRef::function(function.manifest),
                        query: affected.query().to_owned(),
                        reason,
                    });
                }
            }
        }
    }

    pub(super) fn affects(&self, function: &manifest::Function) -> Affects {
        let mut affects = Affects::default();
        for affected in &function.affects {
            match affected {
                Affected::Query(query) if query == "*" => affects.all = true,
                Affected::Query(query) => affects.queries.push(self.api_path(query)),
                Affected::Call(call) => {
                    let mut query = self.api_path(&call.query);
                    let arguments = call.input.iter().map(|(name, argument)| {
                        if name == argument {
                            name.clone()
                        } else {
                            format!("{name}: {argument}")
                        }
                    });
                    let arguments: Vec<_> = arguments.collect();
                    if !arguments.is_empty() {
                        query.push_str(&format!("({{ {} }})", arguments.join(", ")));
                    }
                    if call.returns {
                        affects.returned.push(query);
                    } else {
                        affects.queries.push(query);
                    }
                }
            }
        }
        affects
    }
}

fn check_call(
    call: &manifest::AffectedCall,
    query: &Function<'_>,
    mutation: &Function<'_>,
    types: &Definitions,
) -> Option<AffectedReason> {
    let has_argument = |function: &Function<'_>, name: &str| {
        function
            .input
            .as_ref()
            .and_then(|input| types.properties(&input.ty))
            .is_some_and(|names| names.contains(name))
    };
    for (name, argument) in &call.input {
        for (function, argument) in [(query, name), (mutation, argument)] {
            if !has_argument(function, argument) {
                return Some(AffectedReason::UnknownArgument {
                    function: function.manifest.name.clone(),
                    argument: argument.clone(),
                });
            }
        }
    }
    (call.returns && query.output != mutation.output).then_some(AffectedReason::OtherOutput)
}
