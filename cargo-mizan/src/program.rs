//! The program of an application, built by Cargo.

use std::ffi::OsString;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use cargo_metadata::Message;

use crate::project::{Project, cargo};

/// Builds the program with further arguments of `cargo build`, and returns its path.
pub(crate) fn build(
    project: &Project,
    arguments: &[OsString],
    environment: &[(&str, OsString)],
) -> anyhow::Result<PathBuf> {
    let mut child = Command::new(cargo())
        .args(project.build_arguments())
        .args(arguments)
        .arg("--message-format=json-render-diagnostics")
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .current_dir(&project.folder)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run cargo")?;
    let mut program = None;
    if let Some(stdout) = child.stdout.take() {
        for message in Message::parse_stream(BufReader::new(stdout)) {
            if let Message::CompilerArtifact(artifact) = message?
                && artifact.target.name == project.program
                && let Some(path) = artifact.executable
            {
                program = Some(path.into_std_path_buf());
            }
        }
    }
    let status = child.wait().context("cannot wait for cargo")?;
    ensure!(
        status.success(),
        "cannot build the package `{}`",
        project.name
    );
    match program {
        Some(program) => Ok(program),
        None => bail!("cargo built no program `{}`", project.program),
    }
}
