//! The plan of a client, in which all names are resolved and all schemas are read.

mod affects;
mod channels;
mod definitions;
mod errors;
mod forms;
mod functions;
mod model;
mod name_registry;
mod planner;

pub(crate) use definitions::Definition;
pub(crate) use model::{
    Channel, ErrorUnion, Field, FieldValue, Form, FormList, Function, Plan, Variant,
};

use crate::diagnostic::Diagnostic;
use crate::manifest::Manifest;

/// Plans the client of a manifest. Returns all diagnostics if there are any.
pub(crate) fn plan(manifest: &Manifest) -> Result<Plan<'_>, Vec<Diagnostic>> {
    let mut planner = planner::Planner::new(manifest);
    let types = planner.types();
    let errors = planner.errors(&types);
    let mut functions = planner.functions(&types);
    let forms = planner.forms(&mut functions, &types);
    let channels = planner.channels(&types);
    if !planner.diagnostics.is_empty() {
        return Err(planner.diagnostics);
    }
    Ok(Plan {
        contract: &manifest.contract,
        codes: &manifest.codes,
        functions,
        forms,
        channels,
        types,
        errors,
    })
}
