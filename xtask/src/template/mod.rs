//! `cargo xtask template`: the applications that `cargo mizan new` creates, built, tested and opened in a browser.

mod application;
mod browser;
mod packages;
mod variants;

use std::path::Path;

use clap::Args;

use crate::project::{self, cargo};
use crate::step;
use application::{Application, PROGRAM};

#[derive(Args)]
pub(crate) struct Options {
    /// Write the manifests and tables of access of the applications into the template, instead of checking them
    #[arg(long)]
    update: bool,
}

/// Runs all steps, or updates the generated files of the template.
pub(crate) fn run(options: &Options) -> anyhow::Result<bool> {
    if options.update {
        build_program()?;
        for (template, arguments) in [
            ("app", &["--path-dependencies"][..]),
            ("minimal", &["--minimal", "--path-dependencies"]),
        ] {
            Application::create(template, arguments)?.update(template)?;
        }
    } else {
        let chromium = project::chromium();
        let application = build_and_test(chromium.as_deref())?;
        if let Some(chromium) = &chromium {
            browser::development(&application, chromium)?;
        }
        variants::check(chromium.as_deref())?;
        packages::check()?;
    }
    Ok(true)
}

/// Runs the steps of the application without options; those in a browser only if there is one.
pub(crate) fn check(chromium: Option<&Path>) -> anyhow::Result<()> {
    build_and_test(chromium).map(|_| ())
}

fn build_and_test(chromium: Option<&Path>) -> anyhow::Result<Application> {
    build_program()?;
    let application = complete()?;
    if let Some(chromium) = chromium {
        browser::site(&application, chromium, None)?;
    }
    Ok(application)
}

fn build_program() -> anyhow::Result<()> {
    step::run(
        "cargo mizan",
        &mut cargo(["build", "--quiet", "--package", PROGRAM]),
    )
}

/// Builds and tests the application without options, with the crates of this workspace.
fn complete() -> anyhow::Result<Application> {
    let application = Application::create("paths", &["--path-dependencies"])?;
    step::run(
        "template: Rust tests",
        &mut application.cargo(["test", "--quiet"]),
    )?;
    application.check_files()?;
    step::run("template: page", &mut application.npm(["run", "build"]))?;
    Ok(application)
}
