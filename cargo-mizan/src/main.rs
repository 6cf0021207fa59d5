//! `cargo mizan`: the commands for applications with mizan.

mod access;
mod bundle;
mod codegen;
mod dev;
#[cfg(unix)]
mod guard;
mod new;
mod process;
mod program;
mod progress;
mod project;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Cargo runs `cargo-mizan mizan ..` for `cargo mizan ..`.
#[derive(Parser)]
#[command(bin_name = "cargo")]
enum Cargo {
    /// Commands for applications with mizan
    #[command(version, subcommand_required = true, arg_required_else_help = true)]
    Mizan {
        #[command(subcommand)]
        command: Command,
    },
}

#[derive(Subcommand)]
enum Command {
    /// Create an application
    New(new::Options),
    /// Build, run and watch the application
    Dev(dev::Options),
    /// Generate the TypeScript client of the application
    Codegen(codegen::Options),
    /// Write who may call what into `access.md`, or check that no policy changed
    Access(access::Options),
    /// Build one executable that contains the pages
    Bundle(bundle::Options),
    /// Kill the processes of this group at the end of the standard input
    #[cfg(unix)]
    #[command(name = guard::SUBCOMMAND, hide = true)]
    Guard,
}

fn main() -> ExitCode {
    let Cargo::Mizan { command } = Cargo::parse();
    let outcome = match command {
        Command::New(options) => block_on(new::run(&options)),
        Command::Dev(options) => block_on(dev::run(options)),
        Command::Codegen(options) => codegen::run(&options),
        Command::Access(options) => access::run(&options),
        Command::Bundle(options) => bundle::run(&options),
        #[cfg(unix)]
        Command::Guard => block_on(async { guard::run().await.map(|()| ExitCode::SUCCESS) }),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command that waits for processes and signals.
fn block_on(command: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(command)
}
