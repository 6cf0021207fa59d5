//! `cargo mizan dev`: builds, runs and watches.

mod backend;
mod backoff;
mod build;
mod client;
mod frontend;
mod holding_page;
mod output;
mod problem;
mod server;
mod typescript;
mod watch;

use std::convert::Infallible;
use std::ffi::OsString;
use std::future::pending;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use clap::Args;

use crate::project::{Project, Selection};
use crate::{process, tools};
use backend::Backend;
use backoff::Backoff;
use client::Client;
use frontend::Addresses;
use problem::Problems;

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    selection: Selection,
    /// Port of the application
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Port of Vite; the next free one is used if it is taken
    #[arg(long, default_value_t = 5173)]
    vite_port: u16,
    /// Time in which the program has to print its manifest
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    manifest_timeout: f32,
    /// Arguments of the server
    #[arg(last = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let project = Project::find(&options.selection)?;
    let listener = listen(options.port)?;
    let has_web = project.web.join("package.json").exists();
    let addresses = addresses(&options, listener.local_addr()?.port())?;
    let problems = Problems::new();
    let mut variables = vec![
        (
            "LISTEN",
            addresses
                .application
                .trim_start_matches("http://")
                .replace("localhost", "127.0.0.1"),
        ),
        ("BASE_URL", addresses.application.clone()),
    ];
    let rust_changes = watch::rust(&project.folder, &project.client)?;
    let mut web_changes = None;
    let mut url = addresses.application.as_str();
    if has_web {
        tools::check_node()?;
        if let Err(problem) = frontend::check_package(&project.web) {
            return Err(anyhow!(problem.message));
        }
        variables.push(("MIZAN_VITE", addresses.vite.clone()));
        web_changes = Some(watch::web(&project.web, &project.client)?);
        if project.web.join("index.html").exists() {
            url = addresses.vite.as_str();
        }
    }
    eprintln!("{url} (Ctrl-C stops)");
    let web = project.web.clone();
    let deadline = Duration::try_from_secs_f32(options.manifest_timeout)
        .context("invalid `--manifest-timeout`: use a positive number of seconds")?;
    let mut backend = Backend {
        project,
        listener,
        variables,
        arguments: options.arguments,
        problems: problems.clone(),
        client: Client::new(deadline),
        web_changed: web_changes.as_ref().map(|(sender, _)| sender.clone()),
        server: None,
        backoff: Backoff::default(),
    };
    let vite = async {
        match &web_changes {
            Some((_, changes)) => frontend::run(&web, &addresses, &problems, changes.clone()).await,
            None => pending::<anyhow::Result<Infallible>>().await,
        }
    };
    let typescript = async {
        match &web_changes {
            Some((_, changes)) => typescript::run(&web, &problems, changes.clone()).await,
            None => pending::<anyhow::Result<Infallible>>().await,
        }
    };
    let outcome = tokio::select! {
        never = backend.run(rust_changes) => never.map(|never| match never {}),
        never = vite => never.map(|never| match never {}),
        never = typescript => never.map(|never| match never {}),
        interrupted = process::interrupted() => interrupted.context("cannot wait for Ctrl-C"),
    };
    // A second signal does not wait for the requests of the server.
    tokio::select! {
        () = backend.stop() => {}
        _ = process::interrupted() => {}
    }
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Opens the socket of the application.
fn listen(port: u16) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!(
            "port {port} is in use: stop the program that listens on it, or choose another port with `--port`"
        ),
        _ => anyhow!(error).context(format!("cannot listen on port {port}")),
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn addresses(options: &Options, port: u16) -> anyhow::Result<Addresses> {
    // The port must be known before Vite starts, because its URLs are in the pages.
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, options.vite_port))
        .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .context("cannot find a free port for Vite")?;
    let vite_port = free.local_addr()?.port();
    Ok(Addresses {
        vite_port,
        vite: format!("http://localhost:{vite_port}"),
        application: format!("http://localhost:{port}"),
    })
}
