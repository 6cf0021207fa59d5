//! The plan of a client, in which all names are resolved and all schemas are read.

mod affects;
mod channels;
mod conversions;
mod definitions;
mod errors;
mod forms;
mod functions;
mod model;
mod name_registry;
mod planner;

pub(crate) use conversions::{Alternative, Conversions, Kind, Test, alternatives};
pub(crate) use definitions::{Definition, Definitions};
pub(crate) use model::{
    Channel, ErrorUnion, Field, FieldValue, Form, FormList, Function, Plan, Variant,
};

use crate::diagnostic::Diagnostic;
use crate::manifest::Manifest;
use crate::options::GenerateOptions;

/// Plans the client of a manifest. Returns all diagnostics if there are any.
pub(crate) fn plan<'m>(
    manifest: &'m Manifest,
    options: &GenerateOptions,
) -> Result<Plan<'m>, Vec<Diagnostic>> {
    let mut planner = planner::Planner::new(manifest, options);
    let types = planner.types();
    let errors = planner.errors(&types);
    let mut functions = planner.functions(&types);
    let forms = planner.forms(&mut functions, &types);
    let channels = planner.channels(&types);
    let plan = Plan {
        contract: &manifest.contract,
        dates: options.dates,
        codes: &manifest.codes,
        functions,
        forms,
        channels,
        conversions: Conversions::new(&types),
        types,
        errors,
    };
    planner.check_unions(&plan);
    if planner.diagnostics.is_empty() {
        Ok(plan)
    } else {
        Err(planner.diagnostics)
    }
}
