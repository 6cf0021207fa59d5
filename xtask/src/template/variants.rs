//! The variants of the template, built and tested.

use std::path::Path;

use super::application::Application;
use super::browser;
use crate::{postgres, step};

/// Checks the variants, those in a browser only if there is one.
pub(super) fn check(chromium: Option<&Path>) -> anyhow::Result<()> {
    minimal(chromium)?;
    postgres_and_tailwind(chromium)
}

fn minimal(chromium: Option<&Path>) -> anyhow::Result<()> {
    let application = Application::create("minimal", &["--minimal", "--path-dependencies"])?;
    let mut test = application.cargo(["test", "--quiet"]);
    step::run("template --minimal: Rust tests", &mut test)?;
    application.check_files()?;
    let mut build = application.npm(["run", "build"]);
    step::run("template --minimal: page", &mut build)?;
    match chromium {
        Some(chromium) => browser::minimal(&application, chromium),
        None => Ok(()),
    }
}

/// Checks both options at once, because they change different files.
fn postgres_and_tailwind(chromium: Option<&Path>) -> anyhow::Result<()> {
    let options = ["--postgres", "--tailwind", "--path-dependencies"];
    let application = Application::create("postgres-tailwind", &options)?;
    let server = postgres::start()?;
    let mut test = application.cargo(["test", "--quiet"]);
    test.env("DATABASE_URL", server.url());
    step::run("template --postgres: Rust tests", &mut test)?;
    application.check_files()?;
    let mut build = application.npm(["run", "build"]);
    step::run("template --tailwind: page", &mut build)?;
    match chromium {
        Some(chromium) => browser::site(&application, chromium, Some(&server.url())),
        None => Ok(()),
    }
}
