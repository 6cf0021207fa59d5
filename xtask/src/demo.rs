//! `cargo xtask demo`.

use anyhow::{Context as _, ensure};
use clap::Args;

use crate::{codegen, project, step};

#[derive(Args)]
pub(crate) struct Options {
    /// The port to serve on
    #[arg(long, default_value_t = 8000)]
    port: u16,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    eprintln!("Setting up the chat example");
    ensure!(
        project::answers("npm", "--version"),
        "npm is not here: install Node.js 20.19 or newer, which the page is built with"
    );
    install()?;
    build_page()?;

    let port = options.port.to_string();
    let status = project::command(project::built("chat"), ["--port", &port])
        .status()
        .context("cannot start the chat example")?;
    ensure!(status.success(), "the chat example ended with {status}");
    Ok(())
}

/// Installs the npm packages of the lock file, unless they are there.
pub(crate) fn install() -> anyhow::Result<()> {
    if project::has_npm_packages() {
        return Ok(());
    }
    step::run("npm packages", &mut project::npm(["ci"]))
}

/// Builds the chat example's server, its client and its page.
fn build_page() -> anyhow::Result<()> {
    let chat = &project::EXAMPLES[0];
    step::run("chat server", &mut codegen::build_command(chat))?;
    step::run(
        "generated client",
        &mut project::command(std::env::current_exe()?, ["codegen"]),
    )?;
    step::run(
        "page",
        &mut project::npm(["run", "build", "--workspace", "examples/chat/web"]),
    )
}
