//! Serves the chat example: its functions under `/api/mizan`, its page from Vite's build.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use axum::Router;
use axum::http::{HeaderValue, header};
use chat::users::Sessions;
use clap::{Parser, Subcommand};
use mizan_http::{MizanService, serve};
use tokio::net::TcpListener;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;
use tracing_subscriber::EnvFilter;

#[derive(Parser)]
#[command(about = "The chat example of mizan")]
struct Options {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// The folder that Vite built the page into
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/web/dist"))]
    web: PathBuf,
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
    let registry = chat::registry(sessions.clone());
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
    let page = ServeFile::new(options.web.join("index.html"));
    let router = Router::new()
        .nest_service("/api/mizan", mizan.clone())
        .fallback_service(ServeDir::new(&options.web).fallback(page))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'self'; frame-ancestors 'none'"),
        ));

    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: is another server there?"))?;
    println!("http://localhost:{}", listener.local_addr()?.port());
    serve(listener, router)
        .shutdown_on(async {
            // Without the signal there is nothing to wait for; the server is killed instead.
            let _ = tokio::signal::ctrl_c().await;
        })
        .await?;
    mizan.idle().await;
    Ok(())
}
