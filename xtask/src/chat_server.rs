//! The chat example as a server for tests.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::{codegen, project, step};

/// The chat example on a free port, with a temporary database and mail folder. Stops when it is dropped.
pub(crate) struct ChatServer {
    process: Child,
    address: String,
    folder: TempDir,
}

impl ChatServer {
    /// Builds and starts the server.
    pub(crate) fn start() -> anyhow::Result<Self> {
        step::run(
            "chat server",
            &mut codegen::build_command(&project::EXAMPLES[0]),
        )?;
        let folder = tempfile::tempdir().context("cannot create a folder for the chat example")?;
        let mut command = project::command(project::built_program("chat"), ["--database"]);
        command.arg(folder.path().join("chat.db"));
        command.arg("--mail").arg(mail_in(&folder));
        Self::run_in(command, folder)
    }

    /// Starts a server that stores its data elsewhere.
    pub(crate) fn run(command: Command) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot create a folder for the chat example")?;
        Self::run_in(command, folder)
    }

    /// Starts another server, whose first line of output is its address too.
    pub(crate) fn run_as_configured(command: Command) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot create a folder for the server")?;
        Self::start_in(command, folder)
    }

    fn run_in(mut command: Command, folder: TempDir) -> anyhow::Result<Self> {
        command.args(["--port", "0"]);
        Self::start_in(command, folder)
    }

    fn start_in(mut command: Command, folder: TempDir) -> anyhow::Result<Self> {
        let mut process = command
            .env(
                "RUST_LOG",
                std::env::var_os("RUST_LOG").unwrap_or("error".into()),
            )
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the chat example")?;
        let mut address = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut address)?;
        }
        let address = address.trim().to_owned();
        anyhow::ensure!(
            !address.is_empty(),
            "the chat example exited before it listened on its port"
        );
        Ok(Self {
            process,
            address,
            folder,
        })
    }

    /// Returns the URL of the server.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Returns the folder that the server writes mail to.
    pub(crate) fn mail(&self) -> PathBuf {
        mail_in(&self.folder)
    }
}

fn mail_in(folder: &TempDir) -> PathBuf {
    folder.path().join("mail")
}

impl Drop for ChatServer {
    fn drop(&mut self) {
        // The process may have exited already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
