//! The public API, as an application uses it.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its functions are documented by its name"
)]

mod app;
mod bad_input;
mod manifest;
mod policies;
mod show;
mod submit;
mod texts;
mod ui;
mod validate;
mod verdicts;
