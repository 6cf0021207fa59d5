//! The command `mizan-codegen`.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use clap::Parser;

use crate::{
    Difference, GenerateError, Manifest, ManifestError, WriteError, Written, check, generate, write,
};

/// Writes the typed TypeScript and React client of a mizan app.
#[derive(Debug, Clone, Parser)]
#[command(name = "mizan-codegen", version)]
#[command(group = clap::ArgGroup::new("source").required(true).args(["manifest", "command"]))]
pub struct Arguments {
    /// The manifest, as the app prints it.
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,

    /// The folder of the client.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// Writes nothing, and fails unless the client is up to date.
    #[arg(long)]
    pub check: bool,

    /// A command that prints the manifest.
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// What [`run`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The client is up to date now.
    Written(Written),
    /// The client is compared; it is up to date when there is no difference.
    Checked(Vec<Difference>),
}

impl Outcome {
    /// Whether the command has succeeded.
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
            Self::Written(Written { written, removed }) => {
                if written.is_empty() && removed.is_empty() {
                    return f.write_str("the client was up to date");
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
                f.write_str("the client is not up to date: generate it again without --check")
            }
        }
    }
}

/// The command failed.
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
    #[error("`{command}` should print the manifest, and failed: {status}")]
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

/// Generates the client that the arguments ask for, and writes it or compares it.
///
/// # Errors
///
/// [`CliError`] when the manifest cannot be had, has no TypeScript, or the folder cannot be read
/// or written. A client that is not up to date is no error, but an [`Outcome`].
pub fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let (manifest_source, json) = match &arguments.manifest {
        Some(path) => (path.display().to_string(), read_file(path)?),
        None => (shown(&arguments.command), read_output(&arguments.command)?),
    };
    let manifest = Manifest::parse(&json).map_err(|source| CliErrorKind::Manifest {
        manifest_source,
        source,
    })?;
    let files = generate(&manifest).map_err(CliErrorKind::Generate)?;
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

/// Runs a command and takes what it prints; what it says on standard error reaches the terminal.
fn read_output(command: &[OsString]) -> Result<String, CliErrorKind> {
    let start = |source| CliErrorKind::Start {
        command: shown(command),
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
            command: shown(command),
            status: output.status,
        });
    }
    String::from_utf8(output.stdout).map_err(|error| start(io::Error::other(error)))
}

fn shown(command: &[OsString]) -> String {
    let words: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}
