//! The programs that run the tests, and the servers that those tests need.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::project::{self, cargo, npm};
use crate::{codegen, step};

/// The optional features whose dependencies are all in the crate registry. Tests that need a database report that they
/// were skipped if it is not installed.
pub(crate) const FEATURES: &str = "mizan-auth/postgres,mizan-auth/redis,mizan-auth/smtp,mizan-auth/suite,\
                        mizan-auth/tower-sessions";

/// The package and features that are tested with V8. The tests of the workspace use QuickJS.
pub(crate) const V8: [&str; 4] = ["--package", "mizan-ssr", "--features", "v8,css-modules"];

/// Runs the tests of the client runtime, with a channels server for them to connect to.
pub(crate) fn vitest(arguments: &[String]) -> anyhow::Result<()> {
    let example = [
        "build",
        "--quiet",
        "--package",
        "mizan-http",
        "--example",
        "channels",
    ];
    step::run("channels server", &mut cargo(example))?;
    let server = project::built_program("examples/channels");
    step::run(
        "Vitest",
        npm(["test", "--workspace", "mizan-codegen", "--"])
            .args(arguments)
            .env("MIZAN_CHANNELS", server),
    )
}

/// Validates the documents of mizan-openapi.
pub(crate) fn openapi() -> anyhow::Result<()> {
    step::run(
        "OpenAPI documents",
        &mut npm(["test", "--workspace", "mizan-openapi"]),
    )
}

/// Runs the browser tests against a chat server that is started for them.
pub(crate) fn browser(chromium: &Path, arguments: &[String]) -> anyhow::Result<()> {
    step::run(
        "chat server",
        &mut codegen::build_command(&project::EXAMPLES[0]),
    )?;
    let server = Server::start()?;
    step::run(
        "browser tests",
        npm(["run", "e2e", "--workspace", "examples/chat/web", "--"])
            .args(arguments)
            .env("CHROMIUM", chromium)
            .env("MIZAN_BASE_URL", &server.address)
            .env("MIZAN_MAIL", server.mail())
            .env("MIZAN_CHAT", project::built_program("chat")),
    )
}

/// The chat example on a free port, with a temporary database and mail folder. Stops when it is dropped.
struct Server {
    process: Child,
    address: String,
    folder: TempDir,
}

impl Server {
    fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot create a folder for the chat example")?;
        let mut process = project::command(project::built_program("chat"), ["--port", "0"])
            .arg("--database")
            .arg(folder.path().join("chat.db"))
            .arg("--mail")
            .arg(mail_in(&folder))
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

    /// Returns the folder that the server writes mail to.
    fn mail(&self) -> PathBuf {
        mail_in(&self.folder)
    }
}

fn mail_in(folder: &TempDir) -> PathBuf {
    folder.path().join("mail")
}

impl Drop for Server {
    fn drop(&mut self) {
        // The process may have exited already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
