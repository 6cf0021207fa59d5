//! The `mizan-codegen` command.

use std::error::Error as _;
use std::process::ExitCode;

use clap::Parser;
use mizan_codegen::cli::{Arguments, run};

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(outcome) if outcome.is_success() => {
            println!("{outcome}");
            ExitCode::SUCCESS
        }
        Ok(outcome) => {
            eprintln!("{outcome}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprint!("error: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprint!(": {cause}");
                source = cause.source();
            }
            eprintln!();
            ExitCode::FAILURE
        }
    }
}
