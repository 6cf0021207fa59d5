//! `cargo xtask template`: the applications that `cargo mizan new` creates, built, tested and opened in a browser.

mod application;
mod browser;
mod packages;
mod variants;

use std::path::Path;

use clap::Args;

use crate::project::{self, cargo};
use crate::step;
use application::Application;

#[derive(Args)]
pub(crate) struct Options {
    /// Write the manifests and tables of access of the applications into the template, instead of checking them
    #[arg(long)]
    update: bool,
    /// Measure the times from a change of a file to the browser that shows it
    #[arg(long, conflicts_with = "update")]
    times: bool,
}

/// The program that creates the applications.
const PROGRAM: &str = "cargo-mizan";

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
    } else if options.times {
        build_program()?;
        let application = Application::create("paths", &["--path-dependencies"])?;
        let mut build = application.cargo(["build", "--quiet"]);
        step::run("template: Rust", &mut build)?;
        browser::times(&application)?;
    } else {
        let chromium = project::chromium();
        check(chromium.as_deref())?;
        variants::check(chromium.as_deref())?;
        packages::check()?;
    }
    Ok(true)
}

/// Runs the steps of the application without options; those in a browser only if there is one.
pub(crate) fn check(chromium: Option<&Path>) -> anyhow::Result<()> {
    build_program()?;
    let application = complete()?;
    if let Some(chromium) = chromium {
        browser::site(&application, chromium, None)?;
        browser::development(&application, chromium)?;
    }
    Ok(())
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
