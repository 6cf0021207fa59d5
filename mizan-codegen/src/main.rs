//! The `mizan-codegen` command.

use std::error::Error as _;
use std::process::ExitCode;

use mizan_codegen::cli::{
    Arguments, Cli, CliCommand, CliError, CompatArguments, ReportFormat, compare, run,
};

fn main() -> ExitCode {
    let result = match Cli::parse() {
        Cli::Generate(arguments) => generate(&arguments),
        Cli::Other(CliCommand::Compat(arguments)) => report(&arguments),
    };
    result.unwrap_or_else(|error| {
        eprint!("error: {error}");
        let mut source = error.source();
        while let Some(cause) = source {
            eprint!(": {cause}");
            source = cause.source();
        }
        eprintln!();
        ExitCode::FAILURE
    })
}

fn generate(arguments: &Arguments) -> Result<ExitCode, CliError> {
    let outcome = run(arguments)?;
    if outcome.is_success() {
        println!("{outcome}");
        Ok(ExitCode::SUCCESS)
    } else {
        eprintln!("{outcome}");
        Ok(ExitCode::FAILURE)
    }
}

fn report(arguments: &CompatArguments) -> Result<ExitCode, CliError> {
    let comparison = compare(arguments)?;
    match arguments.format {
        ReportFormat::Text => println!("{comparison}"),
        ReportFormat::Json => println!("{}", serde_json::json!(comparison)),
    }
    if comparison.is_compatible() || arguments.allow_breaking {
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}
