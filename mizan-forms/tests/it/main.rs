//! The public API, as an application uses it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its functions are documented by its name"
)]

mod app;
mod hostile_input;
mod html_form;
mod manifest;
mod policies;
mod schema;
mod state;
mod submit;
mod ui;
mod validate;
mod verdicts;
