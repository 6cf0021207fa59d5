//! Serves the chat example: its functions under `/api/mizan`, its pages, which React renders here.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use chat::pages::{self, Assets};
use chat::users::Sessions;
use clap::{Parser, Subcommand};
use mizan_channels::{Channels, MemoryBroker, RedisBroker};
use mizan_http::{MizanService, serve};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

#[derive(Parser)]
#[command(about = "The chat example of mizan")]
struct Options {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// The folder of the front end, with its components in `src` and Vite's build in `dist`
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/web"))]
    web: PathBuf,
    /// Show changes to components without a restart, with the scripts of the Vite dev server here
    #[arg(
        long,
        value_name = "ORIGIN",
        num_args = 0..=1,
        default_missing_value = "http://localhost:5173"
    )]
    dev: Option<String>,
    /// Share the rooms with other processes on this Redis, such as `redis://localhost`
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Print what the generator of the client reads
    Manifest,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> anyhow::Result<()> {
    let sessions = Sessions::default();
    let channels = match &options.redis {
        Some(url) => Channels::new(RedisBroker::new(url.as_str())?),
        None => Channels::new(MemoryBroker::new()),
    };
    let registry = chat::registry(sessions.clone(), channels.clone());
    if let Some(Command::Manifest) = options.command {
        println!("{}", registry.manifest()?);
        return Ok(());
    }
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()))
        .with_writer(std::io::stderr)
        .init();

    let mizan = MizanService::builder(registry.build()?)
        .authenticate(sessions)
        .build()?;
    let assets = options.dev.map_or(Assets::Built, Assets::DevServer);
    let site = pages::site(mizan.clone(), &options.web, assets)?;

    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: is another server there?"))?;
    println!("http://localhost:{}", listener.local_addr()?.port());
    serve(listener, site)
        .shutdown_on(async move {
            // Without the signal there is nothing to wait for; the server is killed instead.
            let _ = tokio::signal::ctrl_c().await;
            channels.drain(Duration::from_secs(2)).await;
        })
        .await?;
    mizan.idle().await;
    Ok(())
}
