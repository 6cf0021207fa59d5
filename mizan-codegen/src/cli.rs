//! The `mizan-codegen` command.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::string::FromUtf8Error;

use clap::Parser;

use crate::generate::GenerateError;
use crate::manifest::{Manifest, ManifestError};
use crate::options::{Dates, GenerateOptions};
use crate::output::{Difference, WriteError, WriteSummary, check, write};

/// Generates the typed TypeScript and React client of a mizan app.
#[derive(Debug, Clone, Parser)]
#[command(name = "mizan-codegen", version)]
#[command(group = clap::ArgGroup::new("source").required(true).args(["manifest", "command"]))]
pub struct Arguments {
    /// File with the manifest that the app prints.
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,

    /// Output folder of the client.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// Compare the output folder with the client instead of writing it, and fail if the folder is
    /// out of date.
    #[arg(long)]
    pub check: bool,

    /// Run the command again after each change of a Rust source or a `Cargo.toml` in this folder.
    #[arg(
        long,
        value_name = "DIR",
        num_args = 0..=1,
        default_missing_value = ".",
        conflicts_with_all = ["check", "manifest"]
    )]
    pub watch: Option<PathBuf>,

    /// TypeScript types of dates and times.
    #[arg(long, value_enum, default_value_t)]
    pub dates: Dates,

    /// Also write `openapi.json`, and `asyncapi.json` for an app with channels, with this title.
    #[arg(
        long,
        value_name = "TITLE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "API"
    )]
    pub openapi: Option<String>,

    /// Command that prints the manifest, such as `cargo run --quiet -- manifest`.
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// The result of [`run`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The client was written.
    Written(WriteSummary),
    /// The folder was compared with the client. The folder is up to date if there are no
    /// differences.
    Checked(Vec<Difference>),
}

impl Outcome {
    /// Returns whether the client is up to date.
    pub fn is_success(&self) -> bool {
        match self {
            Self::Written(_) => true,
            Self::Checked(differences) => differences.is_empty(),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written(WriteSummary { written, removed }) => {
                if written.is_empty() && removed.is_empty() {
                    return f.write_str("the client was already up to date");
                }
                write!(
                    f,
                    "wrote {} files, removed {}",
                    written.len(),
                    removed.len()
                )
            }
            Self::Checked(differences) if differences.is_empty() => {
                f.write_str("the client is up to date")
            }
            Self::Checked(differences) => {
                for difference in differences {
                    writeln!(f, "{difference}")?;
                }
                f.write_str("the client is out of date: run the same command without --check")
            }
        }
    }
}

/// An error from the `mizan-codegen` command.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct CliError {
    #[from]
    kind: CliErrorKind,
}

#[derive(Debug, thiserror::Error)]
enum CliErrorKind {
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot run `{command}`")]
    Start { command: String, source: io::Error },
    #[error("the output of `{command}` is not UTF-8")]
    Encoding {
        command: String,
        source: FromUtf8Error,
    },
    #[error("`{command}` failed ({status}): the command must print the manifest")]
    Failed { command: String, status: ExitStatus },
    #[error("{manifest_source}")]
    Manifest {
        manifest_source: String,
        source: ManifestError,
    },
    #[error(transparent)]
    Generate(GenerateError),
    #[error(transparent)]
    Write(WriteError),
}

/// Generates a client, and writes it to the output folder or compares it with the folder.
///
/// # Errors
///
/// Returns [`CliError`] if the manifest cannot be read, if it has no TypeScript equivalent, or if
/// the output folder cannot be read or written. A client that is out of date is not an error; see
/// [`Outcome::Checked`].
pub fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let (manifest_source, json) = match &arguments.manifest {
        Some(path) => (path.display().to_string(), read_file(path)?),
        None => (
            display_command(&arguments.command),
            read_output(&arguments.command)?,
        ),
    };
    let manifest = Manifest::parse(&json).map_err(|source| CliErrorKind::Manifest {
        manifest_source,
        source,
    })?;
    let files = GenerateOptions::default()
        .with_dates(arguments.dates)
        .generate(&manifest)
        .map_err(CliErrorKind::Generate)?;
    let files = match &arguments.openapi {
        Some(title) => {
            files.with_openapi(&manifest, &mizan_openapi::Options::default().title(title))
        }
        None => files,
    };
    let outcome = if arguments.check {
        check(&files, &arguments.out).map(Outcome::Checked)
    } else {
        write(&files, &arguments.out).map(Outcome::Written)
    };
    Ok(outcome.map_err(CliErrorKind::Write)?)
}

fn read_file(path: &PathBuf) -> Result<String, CliErrorKind> {
    fs::read_to_string(path).map_err(|source| CliErrorKind::Read {
        path: path.clone(),
        source,
    })
}

/// Runs a command and returns its standard output. Its standard error goes to the terminal.
fn read_output(command: &[OsString]) -> Result<String, CliErrorKind> {
    let start = |source| CliErrorKind::Start {
        command: display_command(command),
        source,
    };
    let (program, arguments) = command
        .split_first()
        .ok_or_else(|| start(io::ErrorKind::NotFound.into()))?;
    let output = Command::new(program)
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .map_err(start)?;
    if !output.status.success() {
        return Err(CliErrorKind::Failed {
            command: display_command(command),
            status: output.status,
        });
    }
    String::from_utf8(output.stdout).map_err(|source| CliErrorKind::Encoding {
        command: display_command(command),
        source,
    })
}

fn display_command(command: &[OsString]) -> String {
    let words: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}
