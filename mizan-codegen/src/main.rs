//! The `mizan-codegen` command.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use mizan_codegen::cli::{
    AccessArguments, Arguments, Cli, CliCommand, CliError, CompatArguments, Outcome, ReportFormat,
    access, compare, run,
};
use mizan_codegen::watch::{WatchError, Watcher};

fn main() -> ExitCode {
    match Cli::parse() {
        Cli::Generate(arguments) => generate(&arguments),
        Cli::Other(CliCommand::Compat(arguments)) => report_changes(&arguments),
        Cli::Other(CliCommand::Access(arguments)) => report_access(&arguments),
    }
}

fn generate(arguments: &Arguments) -> ExitCode {
    let Some(folder) = &arguments.watch else {
        return report(run(arguments));
    };
    match run_after_changes(arguments, folder) {
        Ok(never) => match never {},
        Err(error) => report_error(&error),
    }
}

/// Generates the client, and generates it again after each change in the folder. Errors of the
/// command or of its manifest are reported, and the next change may resolve them.
fn run_after_changes(
    arguments: &Arguments,
    folder: &Path,
) -> Result<std::convert::Infallible, WatchError> {
    // A change during the first run must not be lost.
    let mut watcher = Watcher::new(folder, &arguments.out)?;
    println!("watching {} until Ctrl-C", folder.display());
    loop {
        report(run(arguments));
        let changed = watcher.wait()?;
        println!("{} changed", changed.display());
    }
}

/// Prints a result: successes to the standard output, the others to the standard error.
fn report(result: Result<Outcome, CliError>) -> ExitCode {
    match result {
        Ok(outcome) if outcome.is_success() => {
            println!("{outcome}");
            ExitCode::SUCCESS
        }
        Ok(outcome) => {
            eprintln!("{outcome}");
            ExitCode::FAILURE
        }
        Err(error) => report_error(&error),
    }
}

/// Compares two manifests, and prints the changes.
fn report_changes(arguments: &CompatArguments) -> ExitCode {
    let comparison = match compare(arguments) {
        Ok(comparison) => comparison,
        Err(error) => return report_error(&error),
    };
    match arguments.format {
        ReportFormat::Text => println!("{comparison}"),
        ReportFormat::Json => println!("{}", serde_json::json!(comparison)),
    }
    if comparison.is_compatible() || arguments.allow_breaking {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Writes or checks the table of callers.
fn report_access(arguments: &AccessArguments) -> ExitCode {
    let report = match access(arguments) {
        Ok(report) => report,
        Err(error) => return report_error(&error),
    };
    let text = format!("{}: {report}", arguments.out.display());
    if report.is_success() {
        println!("{text}");
        ExitCode::SUCCESS
    } else {
        eprintln!("{text}");
        ExitCode::FAILURE
    }
}

fn report_error(error: &dyn Error) -> ExitCode {
    eprint!("error: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        eprint!(": {cause}");
        source = cause.source();
    }
    eprintln!();
    ExitCode::FAILURE
}
