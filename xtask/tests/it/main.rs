//! The commands, and the rules between the crates.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod codegen;
mod dependencies;
