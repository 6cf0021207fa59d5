//! The `mizan-codegen` command.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::string::FromUtf8Error;

use clap::{Args, FromArgMatches, Subcommand, ValueEnum};

use crate::access::AccessTable;
use crate::compat::{self, CompareError, Comparison};
use crate::generate::GenerateError;
use crate::manifest::{Manifest, ManifestError};
use crate::options::{Dates, GenerateOptions};
use crate::output::{Difference, WriteError, WriteSummary, check, write};

/// The command line.
#[derive(Debug, Clone)]
pub enum Cli {
    /// Without a subcommand: generates a client.
    Generate(Arguments),
    /// A subcommand.
    Other(CliCommand),
}

impl Cli {
    /// Parses the command line. Prints an error and exits if it is invalid.
    #[must_use]
    pub fn parse() -> Self {
        let command = clap::Command::new("mizan-codegen")
            .about("Generates the typed TypeScript and React client of a mizan app")
            .version(env!("CARGO_PKG_VERSION"))
            .args_conflicts_with_subcommands(true)
            .subcommand_negates_reqs(true);
        let mut command = CliCommand::augment_subcommands(Arguments::augment_args(command));
        let matches = command.get_matches_mut();
        let parsed = match matches.subcommand_name() {
            Some(_) => CliCommand::from_arg_matches(&matches).map(Self::Other),
            None => Arguments::from_arg_matches(&matches).map(Self::Generate),
        };
        parsed.unwrap_or_else(|error| error.format(&mut command).exit())
    }
}

/// A subcommand.
#[derive(Debug, Clone, Subcommand)]
pub enum CliCommand {
    /// Compares the manifest with an old one, and fails if a change breaks clients that were generated
    /// from the old one.
    Compat(CompatArguments),
    /// Writes a table of the callers who may call each function, form, context and channel, or checks that no policy
    /// changed since it was committed.
    Access(AccessArguments),
}

/// The place from which the manifest is read.
#[derive(Debug, Clone, Args)]
#[group(required = true, multiple = false)]
pub struct ManifestSource {
    /// File with the manifest that the app prints.
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,

    /// Command that prints the manifest, such as `cargo run --quiet -- manifest`.
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// The arguments of [`compare`].
#[derive(Debug, Clone, Args)]
pub struct CompatArguments {
    /// File with the old manifest, such as the `manifest.json` of the client that is in use.
    #[arg(long, value_name = "FILE")]
    pub against: PathBuf,

    /// The new manifest.
    #[command(flatten)]
    pub source: ManifestSource,

    /// Succeed in spite of breaking changes.
    #[arg(long)]
    pub allow_breaking: bool,

    /// Format of the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: ReportFormat,
}

/// The arguments of [`access`].
#[derive(Debug, Clone, Args)]
pub struct AccessArguments {
    /// The manifest.
    #[command(flatten)]
    pub source: ManifestSource,

    /// File of the table.
    #[arg(long, value_name = "FILE", default_value = "access.md")]
    pub out: PathBuf,

    /// Compare the file with the policies instead of writing it, and fail if they differ.
    #[arg(long)]
    pub check: bool,
}

/// The format of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Plain English.
    #[default]
    Text,
    /// A JSON document.
    Json,
}

/// The arguments of [`run`].
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// The manifest.
    #[command(flatten)]
    pub source: ManifestSource,

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

    /// Let TypeScript check the bodies of the generated functions and schemas as well. Without this
    /// option, `tsc` and editors check only the application, which is much faster.
    #[arg(long)]
    pub type_check: bool,

    /// Write declaration maps, with which "Go to definition" opens the Rust source of a function, hook,
    /// form or channel. The paths of the sources are relative to this folder, the root of the Cargo
    /// workspace.
    #[arg(
        long,
        value_name = "ROOT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "."
    )]
    pub declaration_maps: Option<PathBuf>,

    /// Also write `openapi.json`, and `asyncapi.json` for an app with channels, with this title.
    #[arg(
        long,
        value_name = "TITLE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "API"
    )]
    pub openapi: Option<String>,
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

/// The result of [`access`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessReport {
    /// The result for the file.
    pub outcome: AccessOutcome,
    /// The functions, contexts and forms that declare no policy and are therefore open to every caller.
    pub unspecified: Vec<String>,
}

/// The result of [`access`] for the file of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessOutcome {
    /// The file was written.
    Written,
    /// The file equals the policies.
    Unchanged,
    /// `--check` found no file.
    Missing,
    /// `--check` found these lines that differ.
    Changed(String),
}

impl AccessReport {
    /// Returns `false` if `--check` found a change.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(
            self.outcome,
            AccessOutcome::Written | AccessOutcome::Unchanged
        )
    }
}

impl fmt::Display for AccessReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            AccessOutcome::Written => {
                f.write_str("written: review the changes, and commit the file")?
            }
            AccessOutcome::Unchanged => f.write_str("up to date")?,
            AccessOutcome::Missing => {
                f.write_str("missing: run the same command without --check, and commit the file")?
            }
            AccessOutcome::Changed(lines) => write!(
                f,
                "policies changed\n{lines}\nto accept the changes, run the same command without --check, and commit \
                 the file"
            )?,
        }
        if !self.unspecified.is_empty() {
            write!(
                f,
                "\nwithout a policy, and therefore open to every caller: {}",
                self.unspecified.join(", ")
            )?;
        }
        Ok(())
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
    #[error("cannot write {}", path.display())]
    WriteFile { path: PathBuf, source: io::Error },
    #[error(
        "cannot find the Rust source `{file}` in {}: pass the root of the Cargo workspace with \
         `--declaration-maps=ROOT`",
        root.display()
    )]
    Sources { file: String, root: PathBuf },
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
    Compare(CompareError),
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
    let manifest = read_manifest(&arguments.source)?;
    let mut options = GenerateOptions::default().with_dates(arguments.dates);
    if arguments.type_check {
        options = options.with_type_check();
    }
    if let Some(root) = &arguments.declaration_maps {
        check_sources(&manifest, root)?;
        options = options.with_declaration_maps(&relative_path(&arguments.out, root)?);
    }
    let files = options
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

/// Checks that the Rust sources in the manifest are below `root`.
fn check_sources(manifest: &Manifest, root: &Path) -> Result<(), CliErrorKind> {
    let source = manifest.functions.iter().find_map(|it| it.source.as_ref());
    match source {
        Some(source) if !root.join(&source.file).is_file() => Err(CliErrorKind::Sources {
            file: source.file.clone(),
            root: root.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Returns the path from one folder to another, with `/` as the separator. The folders need not exist.
fn relative_path(from: &Path, to: &Path) -> Result<String, CliErrorKind> {
    let absolute = |path: &Path| {
        resolve(path).map_err(|source| CliErrorKind::Read {
            path: path.to_owned(),
            source,
        })
    };
    let (from, to) = (absolute(from)?, absolute(to)?);
    let shared = from
        .components()
        .zip(to.components())
        .take_while(|(from, to)| from == to)
        .count();
    let up = from.components().skip(shared).map(|_| "..".into());
    let down = to.components().skip(shared);
    let down = down.map(|name| name.as_os_str().to_string_lossy());
    Ok(up.chain(down).collect::<Vec<_>>().join("/"))
}

/// Returns an absolute path without symbolic links, as far as it exists.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    for existing in path.ancestors() {
        if let Ok(real) = existing.canonicalize() {
            let rest = path.strip_prefix(existing).unwrap_or(Path::new(""));
            return Ok(real.join(rest));
        }
    }
    Ok(path)
}

/// Compares the manifest with an old one.
///
/// # Errors
///
/// Returns [`CliError`] if one of the manifests cannot be read. A breaking change is not an error; see
/// [`Comparison::is_compatible`].
pub fn compare(arguments: &CompatArguments) -> Result<Comparison, CliError> {
    let old = &arguments.against;
    let old = parse(old.display().to_string(), &read_file(old)?)?;
    let new = read_manifest(&arguments.source)?;
    Ok(compat::compare(&old, &new).map_err(CliErrorKind::Compare)?)
}

/// Writes the table of the callers who may call each function, or compares it with the file.
///
/// # Errors
///
/// Returns [`CliError`] if the manifest or the file cannot be read, or if the file cannot be written. A difference is
/// not an error; see [`AccessReport::is_success`].
pub fn access(arguments: &AccessArguments) -> Result<AccessReport, CliError> {
    let table = AccessTable::new(&read_manifest(&arguments.source)?);
    let path = &arguments.out;
    let committed = match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(source) => {
            let path = path.clone();
            return Err(CliErrorKind::Read { path, source }.into());
        }
    };
    let difference = committed.as_ref().map(|text| table.difference(text));
    let outcome = match difference {
        Some(None) => AccessOutcome::Unchanged,
        Some(Some(lines)) if arguments.check => AccessOutcome::Changed(lines),
        None if arguments.check => AccessOutcome::Missing,
        _ => {
            fs::write(path, table.to_string()).map_err(|source| CliErrorKind::WriteFile {
                path: path.clone(),
                source,
            })?;
            AccessOutcome::Written
        }
    };
    Ok(AccessReport {
        outcome,
        unspecified: table.unspecified().map(ToOwned::to_owned).collect(),
    })
}

fn read_manifest(source: &ManifestSource) -> Result<Manifest, CliErrorKind> {
    match &source.manifest {
        Some(path) => parse(path.display().to_string(), &read_file(path)?),
        None => parse(
            display_command(&source.command),
            &read_output(&source.command)?,
        ),
    }
}

fn parse(manifest_source: String, json: &str) -> Result<Manifest, CliErrorKind> {
    Manifest::parse(json).map_err(|source| CliErrorKind::Manifest {
        manifest_source,
        source,
    })
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
