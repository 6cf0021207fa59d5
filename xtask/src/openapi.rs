//! `cargo xtask openapi`: the OpenAPI document of the chat example, with generated clients and Schemathesis.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::chat_server::ChatServer;
use crate::project::{self, command, npm};
use crate::step;

/// The folder with the Python tests, relative to the root of the workspace.
const TESTS: &str = "mizan-openapi/tests/python";

/// Runs all checks.
pub(crate) fn run() -> anyhow::Result<()> {
    let server = ChatServer::start()?;
    typescript(&server)?;
    python(&server)
}

/// Validates all documents, and calls the server with a generated TypeScript client.
pub(crate) fn typescript(server: &ChatServer) -> anyhow::Result<()> {
    step::run(
        "OpenAPI documents",
        npm(["test", "--workspace", "mizan-openapi"]).env("MIZAN_BASE_URL", server.address()),
    )
}

/// Calls the server with a generated Python client, and runs Schemathesis.
pub(crate) fn python(server: &ChatServer) -> anyhow::Result<()> {
    let programs = install()?;
    let api = format!("{}/api/mizan", server.address());
    let document = format!("{api}/openapi.json");
    let folder = tempfile::tempdir().context("cannot create a folder for the Python client")?;
    step::run(
        "generator of a Python client",
        command(
            programs.join("openapi-python-client"),
            ["generate", "--overwrite", "--meta", "none"],
        )
        .args(["--url", &document, "--config"])
        .arg(tests().join("generator.yaml"))
        .arg("--output-path")
        .arg(folder.path().join("chat_client")),
    )?;
    step::run(
        "Python client",
        command(programs.join("python"), ["-B"])
            .arg(tests().join("call_chat.py"))
            .arg(&api)
            .env("PYTHONPATH", folder.path()),
    )?;
    step::run(
        "Schemathesis",
        command(
            programs.join("schemathesis"),
            ["--config-file", "schemathesis.toml", "run", &document],
        )
        .current_dir(tests()),
    )
}

/// Installs the Python programs. Returns the reason if that is not possible, for example without a network.
pub(crate) fn missing_python() -> Option<String> {
    if !project::is_installed("python3", "--version") {
        return Some("Python 3 is not installed".to_owned());
    }
    let error = install().err()?;
    Some(format!(
        "the Python packages cannot be installed: {error:#}"
    ))
}

fn tests() -> PathBuf {
    project::root().join(TESTS)
}

/// Installs the Python programs in the target directory, if the list of them has changed. Returns their
/// folder.
fn install() -> anyhow::Result<PathBuf> {
    let environment = project::target_directory()?.join("python");
    let programs = environment.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let requirements = tests().join("requirements.txt");
    let installed = environment.join("requirements.txt");
    if !is_same(&requirements, &installed) {
        step::run(
            "Python environment",
            command("python3", ["-m", "venv"]).arg(&environment),
        )?;
        step::run(
            "Python packages",
            command(
                programs.join("python"),
                [
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--requirement",
                ],
            )
            .arg(&requirements),
        )?;
        std::fs::copy(&requirements, &installed).context("cannot copy the list of packages")?;
    }
    Ok(programs)
}

fn is_same(a: &Path, b: &Path) -> bool {
    matches!((std::fs::read(a), std::fs::read(b)), (Ok(a), Ok(b)) if a == b)
}
