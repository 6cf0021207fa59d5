//! Tests of the commands, and of the invariants between crates.

#![expect(clippy::unwrap_used, reason = "a failing unwrap fails the test")]

mod codegen;
mod dependencies;
