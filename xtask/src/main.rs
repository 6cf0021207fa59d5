//! The project's own commands: `cargo xtask demo`, `cargo xtask test`, `cargo xtask codegen`.

mod attacks;
mod checks;
mod codegen;
mod demo;
mod project;
mod runners;
mod step;
mod test;
mod v8;

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "mizan's own commands")]
enum Options {
    /// Set everything up and serve the chat example
    Demo(demo::Options),
    /// Run everything that this machine can run, and say what it could not
    Test,
    /// Run the tests that SECURITY.md names, one for each known attack and fault
    Attacks(attacks::Options),
    /// Find words that the project does not use, in comments, docs, messages and names
    Words,
    /// Find crates below 1.0 in public signatures
    PublicTypes,
    /// Find modules that depend on each other in a cycle
    Modules,
    /// Write the clients of the examples, or one from a manifest
    Codegen(codegen::Options),
}

fn main() -> ExitCode {
    if let Some(code) = checks::public_types::wrapped_rustdoc() {
        return code;
    }
    let outcome = match Options::parse() {
        Options::Demo(options) => demo::run(&options).map(|()| true),
        Options::Test => test::run(),
        Options::Attacks(options) => attacks::run(&options),
        Options::Words => checks::words::run(),
        Options::PublicTypes => checks::public_types::run(),
        Options::Modules => checks::modules::run(),
        Options::Codegen(options) => codegen::run(&options),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
