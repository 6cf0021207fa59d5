//! Tests of the public API.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its name documents it"
)]

mod affects;
mod app;
mod constraint_verdicts;
mod cross_checks;
mod field_types;
mod hostile_input;
mod html_form;
mod list_errors;
mod manifest;
mod numbers;
mod params;
mod policies;
mod required_state;
mod same_verdict;
mod schema;
mod state;
mod submit;
mod ui;
mod validate;
mod verdicts;
