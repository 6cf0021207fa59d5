//! The server of the chat example: its functions under `/api/mizan`, and its pages, rendered with React.
//!
//! The system allocator is sufficient. It would retain large blocks that many threads allocate and free, but
//! mizan-auth reuses the memory of password hashes, 19 MiB for each core.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chat::pages::{self, Assets};
use chat::people::People;
use clap::{Parser, Subcommand};
use mizan_auth::mail::{ConsoleMailer, FileMailer, Mailer};
use mizan_auth::{Accounts, AccountsBuilder};
use mizan_channels::Channels;
use mizan_channels::broker::{MemoryBroker, RedisBroker};
use mizan_http::{AllowedHosts, Compression, MizanService, serve, shutdown_signal};
use mizan_ssr::Bundle;
use tokio::net::TcpListener;
use tower_layer::Layer as _;
use tracing_subscriber::EnvFilter;

#[derive(Parser)]
#[command(about = "The chat example of mizan")]
struct Options {
    /// Port to listen on; 0 selects a free port
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Folder of the front end, with its components in `src` and the output of Vite in `dist`
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/web"))]
    web: PathBuf,
    /// Reload changed components without a restart, using the Vite dev server at ORIGIN
    #[arg(
        long,
        value_name = "ORIGIN",
        num_args = 0..=1,
        default_missing_value = "http://localhost:5173"
    )]
    dev: Option<String>,
    /// Read the pages from this file, which the command `bundle` wrote, instead of the folder of the front end
    #[arg(long, value_name = "FILE", conflicts_with = "dev")]
    bundle: Option<PathBuf>,
    /// SQLite file of the accounts, created if it does not exist [default: `chat.db` next to the
    /// executable]
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// Write mail to files in this folder instead of printing it
    #[arg(long, value_name = "DIR")]
    mail: Option<PathBuf>,
    /// Base URL of links in mail [default: `http://localhost` with the port]
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Time after a password check during which sensitive actions are allowed
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    recent_for: u64,
    /// Share the rooms with other processes through this Redis server, such as `redis://localhost`
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Print the manifest for `mizan-codegen`
    Manifest,
    /// Write everything that the pages need to FILE: for `--bundle`, or to include it in the executable (feature
    /// `embedded`)
    Bundle { file: PathBuf },
    /// Write pages that are the same for all visitors to DIRECTORY, for a server of static files
    Prerender {
        directory: PathBuf,
        /// Paths of further pages
        paths: Vec<String>,
    },
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
    match &options.command {
        Some(Command::Manifest) => {
            let people = People::open(":memory:".as_ref(), accounts(&options, 0)).await?;
            let registry = chat::registry(people, Channels::new(MemoryBroker::new()));
            println!("{}", registry.manifest()?);
            return Ok(());
        }
        Some(Command::Bundle { file }) => {
            let summary = pages::bundle(&options.web, file)?;
            for warning in &summary.warnings {
                eprintln!("warning: {warning}");
            }
            println!("{summary}");
            return Ok(());
        }
        Some(Command::Prerender { directory, paths }) => {
            let people = open_people(&options, options.port).await?;
            let accounts = people.accounts.clone();
            let registry = chat::registry(people, Channels::new(MemoryBroker::new()));
            let mizan = MizanService::builder(registry.build()?)
                .authenticate(accounts)
                .build()?;
            let assets = assets(&options)?;
            let summary = pages::prerender(mizan, assets, directory, paths.clone()).await?;
            println!("{summary}");
            return Ok(());
        }
        None => {}
    }
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into()))
        .with_writer(std::io::stderr)
        .init();

    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: is the port in use?"))?;
    let port = listener.local_addr()?.port();

    let people = open_people(&options, port).await?;
    let accounts = people.accounts.clone();
    tokio::spawn(accounts.purge_every(Duration::from_secs(60 * 60)));

    let channels = match &options.redis {
        Some(url) => Channels::new(RedisBroker::new(url.as_str())?),
        None => Channels::new(MemoryBroker::new()),
    };
    let mizan = MizanService::builder(chat::registry(people, channels.clone()).build()?)
        .authenticate(accounts.clone())
        .openapi(openapi_options(&options))
        .build()?;
    let site = pages::site(mizan.clone(), assets(&options)?)?;
    // Prevents DNS rebinding: requests for other host names are rejected.
    let hosts = AllowedHosts::new(&options.base_url)?.and_local();

    println!("http://localhost:{port}");
    serve(listener, hosts.layer(Compression::new().layer(site)))
        .with_graceful_shutdown(async move {
            shutdown_signal().await;
            channels.drain(Duration::from_secs(2)).await;
        })
        .await?;
    mizan.wait_idle().await;
    accounts.flush_mail().await;
    Ok(())
}

/// The bundle in the executable. `CHAT_BUNDLE` names its file when the program is compiled.
#[cfg(feature = "embedded")]
static BUNDLE: Option<&[u8]> = Some(mizan_ssr::include_bundle!(env!("CHAT_BUNDLE")));
#[cfg(not(feature = "embedded"))]
static BUNDLE: Option<&[u8]> = None;

/// Selects the source of the pages. The bundle in the executable is used unless an option names another source.
fn assets(options: &Options) -> anyhow::Result<Assets> {
    if let Some(origin) = &options.dev {
        return Ok(Assets::DevServer(options.web.clone(), origin.clone()));
    }
    Ok(match (&options.bundle, BUNDLE) {
        (Some(file), _) => Assets::Bundle(Bundle::open(file)?),
        (None, Some(bundle)) => Assets::Bundle(Bundle::embedded(bundle)?),
        (None, None) => Assets::Built(options.web.clone()),
    })
}

/// Opens the database with the demo accounts.
async fn open_people(options: &Options, port: u16) -> anyhow::Result<People> {
    let database = match &options.database {
        Some(database) => database.clone(),
        None => std::env::current_exe()?.with_file_name("chat.db"),
    };
    let people = People::open(&database, accounts(options, port)).await?;
    people.seed().await?;
    Ok(people)
}

/// Describes the API. Only a server with an https base URL uses secure cookies.
fn openapi_options(options: &Options) -> mizan_openapi::Options {
    let is_secure = options
        .base_url
        .as_deref()
        .is_some_and(|url| url.starts_with("https:"));
    let cookie = if is_secure {
        "__Host-mizan_session"
    } else {
        "mizan_session"
    };
    mizan_openapi::Options::default()
        .title("mizan chat")
        .authentication([mizan_openapi::Authentication::Cookie(cookie.to_owned())])
}

/// Configures the accounts from the options, for a server on this port.
fn accounts(options: &Options, port: u16) -> AccountsBuilder {
    let base_url = options.base_url.clone();
    let mailer: Arc<dyn Mailer> = match &options.mail {
        Some(folder) => Arc::new(FileMailer::new(folder)),
        None => Arc::new(ConsoleMailer),
    };
    Accounts::builder(base_url.unwrap_or_else(|| format!("http://localhost:{port}")))
        .mailer(mailer)
        .recent_for(Duration::from_secs(options.recent_for))
}
