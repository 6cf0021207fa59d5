//! The tests of an application in a browser: of its server, and of `cargo mizan dev`.

use std::path::Path;

use anyhow::Context as _;

use super::application::{Application, PROGRAM};
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

fn end_to_end(application: &Application, chromium: &Path, file: &str) -> anyhow::Result<()> {
    let data = tempfile::tempdir().context("cannot create a folder for the template")?;
    let mut tests = npm(["run", "test:browser", "--workspace", "cargo-mizan/e2e"]);
    tests
        .args(["--", file])
        .env("APPLICATION", &application.folder)
        .env("CARGO_MIZAN", project::built_program(PROGRAM))
        .env("CARGO_TARGET_DIR", &application.target)
        .env("CHROMIUM", chromium)
        .env("DATABASE", data.path().join("shop.db"));
    step::run(&format!("cargo mizan dev: {file}"), &mut tests)
}
