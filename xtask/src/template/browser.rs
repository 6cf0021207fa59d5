//! The tests of an application in a browser: of its server, and of `cargo mizan dev`.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use tempfile::TempDir;

use super::PROGRAM;
use super::application::Application;
use crate::chat_server::ChatServer;
use crate::project::{self, npm};
use crate::step;

/// Runs the browser tests of the application, with the PostgreSQL server `postgres` or with a SQLite file.
pub(super) fn site(
    application: &Application,
    chromium: &Path,
    postgres: Option<&str>,
) -> anyhow::Result<()> {
    let data = tempfile::tempdir().context("cannot create a folder for the template")?;
    let mail = data.path().join("mail");
    let port = project::free_port()?;
    let address = format!("http://localhost:{port}");
    let mut server = application.program();
    server
        .env("LISTEN", format!("127.0.0.1:{port}"))
        .env("BASE_URL", &address)
        .env("MAIL_FOLDER", &mail);
    match postgres {
        Some(url) => server.env("DATABASE_URL", url),
        None => server.env("DATABASE", data.path().join("shop.db")),
    };
    let _server = ChatServer::run_as_configured(server)?;
    let mut tests = application.npm(["run", "e2e"]);
    tests
        .env("CHROMIUM", chromium)
        .env("E2E_URL", address)
        .env("E2E_MAIL", mail);
    step::run("template: browser tests", &mut tests)
}

/// Changes the sources of the application while `cargo mizan dev` runs and a browser shows its pages.
///
/// The application has the changes afterwards.
pub(super) fn development(application: &Application, chromium: &Path) -> anyhow::Result<()> {
    end_to_end(application, chromium, "dev.test.ts")
}

/// Opens the application without pages in `cargo mizan dev`.
pub(super) fn minimal(application: &Application, chromium: &Path) -> anyhow::Result<()> {
    end_to_end(application, chromium, "minimal.test.ts")
}

/// Prints the times from a change of a file to the browser that shows it.
pub(super) fn times(application: &Application) -> anyhow::Result<()> {
    let chromium = project::chromium()
        .context("Chromium is not installed: install it, or set CHROMIUM to its path")?;
    let data = tempfile::tempdir().context("cannot create a folder for the template")?;
    let status = in_browser(application, &chromium, &data, "times").status();
    let status = status.context("cannot run npm")?;
    anyhow::ensure!(status.success(), "the measurement failed ({status})");
    Ok(())
}

fn end_to_end(application: &Application, chromium: &Path, file: &str) -> anyhow::Result<()> {
    let data = tempfile::tempdir().context("cannot create a folder for the template")?;
    let mut tests = in_browser(application, chromium, &data, "test:browser");
    step::run(
        &format!("cargo mizan dev: {file}"),
        tests.args(["--", file]),
    )
}

/// Returns the command of a script of `cargo-mizan/e2e`.
fn in_browser(application: &Application, chromium: &Path, data: &TempDir, script: &str) -> Command {
    let mut command = npm(["run", script, "--workspace", "cargo-mizan/e2e"]);
    command
        .env("APPLICATION", &application.folder)
        .env("CARGO_MIZAN", project::built_program(PROGRAM))
        .env("CARGO_TARGET_DIR", &application.target)
        .env("CHROMIUM", chromium)
        .env("DATABASE", data.path().join("shop.db"));
    command
}
