//! `cargo xtask demo`.

mod cluster;
mod collector;

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context as _, bail, ensure};
use clap::Args;

use crate::{codegen, project, step, v8};

#[derive(Args)]
pub(crate) struct Options {
    /// The port to serve on
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Start two servers behind nginx, with PostgreSQL, Redis and a collector of traces
    #[arg(long)]
    cluster: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let port = options.port;
    if options.cluster {
        cluster::check_programs()?;
    }
    // Checked first, because the set-up takes minutes.
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .with_context(|| format!("cannot listen on port {port}: choose another with `--port`"))?;
    if let Some(missing) = project::missing_node() {
        bail!(missing);
    }
    eprintln!("Setting up the chat example");
    if let Some(why) = v8::unavailable_reason() {
        eprintln!("  note  {why}");
    }
    install()?;
    build_page()?;
    if options.cluster {
        return cluster::run(port);
    }

    let port = port.to_string();
    eprintln!("Starting the server: it prints its mail here; stop it with Ctrl-C");
    let status = project::command(project::built_program("chat"), ["--port", &port])
        .status()
        .context("cannot start the chat example")?;
    ensure!(status.success(), "the chat example exited with {status}");
    Ok(())
}

/// Installs the npm packages of the lock file, unless they are installed.
pub(crate) fn install() -> anyhow::Result<()> {
    if project::has_npm_packages() {
        return Ok(());
    }
    step::run("npm packages", &mut project::npm(["ci"]))
}

/// Builds the chat example: its server, its generated client and its page.
fn build_page() -> anyhow::Result<()> {
    let chat = &project::EXAMPLES[0];
    step::run("chat server", &mut codegen::build_command(chat))?;
    step::run(
        "generated client",
        &mut project::command(
            project::built_program("xtask"),
            ["codegen", "--out", chat.client],
        ),
    )?;
    step::run(
        "page",
        &mut project::npm(["run", "build", "--workspace", "examples/chat/web"]),
    )
}
