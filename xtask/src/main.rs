//! The commands for developing mizan: `cargo xtask demo`, `test`, `codegen` and checks.

mod attacks;
mod chat_server;
mod checks;
mod codegen;
mod demo;
mod executable;
mod explorer;
mod guide;
mod openapi;
mod postgres;
mod project;
mod runners;
mod step;
mod template;
mod test;
mod v8;

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "Commands for developing mizan")]
enum Options {
    /// Build and serve the chat example
    Demo(demo::Options),
    /// Run every check that this machine can run, and list the others
    Test,
    /// Run the tests of known attacks and faults that SECURITY.md names
    Attacks(attacks::Options),
    /// Find rejected words in comments, docs, messages and names
    Words,
    /// Take the screenshots of the guide with the chat example
    Screenshots,
    /// Find broken links in the guide and in other Markdown files
    Links,
    /// Find crates below 1.0 in public signatures that no decision allows
    PublicTypes,
    /// Find modules that depend on each other in a cycle
    Modules,
    /// Find clients of SQLite that an application cannot use beside mizan-auth
    SqliteClients,
    /// Check the OpenAPI document of the chat example with generated clients and Schemathesis
    Openapi,
    /// Build the chat example as one executable, and compare its pages in an empty root folder with those from files
    Executable,
    /// Build the page that mizan-explorer contains, or check that it is up to date
    Explorer(explorer::Options),
    /// Create applications with `cargo mizan new`, build and test them, with the crates by path and as packages
    Template(template::Options),
    /// Generate the clients of the examples, or one client from a manifest
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
        Options::Screenshots => guide::screenshots().map(|()| true),
        Options::Links => checks::links::run(),
        Options::Words => checks::words::run(),
        Options::PublicTypes => checks::public_types::run(),
        Options::Modules => checks::modules::run(),
        Options::SqliteClients => checks::sqlite_clients::run(),
        Options::Openapi => openapi::run().map(|()| true),
        Options::Executable => executable::run(),
        Options::Explorer(options) => explorer::run(&options),
        Options::Template(options) => template::run(&options),
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
