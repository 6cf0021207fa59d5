//! The command `mizan-codegen`.

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
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
