//! Tests of the commands, and of the invariants between crates.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod codegen;
mod dependencies;
