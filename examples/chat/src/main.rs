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
use chat::account_database::AccountDatabase;
use chat::config::{Config, ConfigError};
use chat::explorer;
use chat::pages::{self, Assets};
use chat::people::People;
use chat::{sharing, telemetry};
use clap::{Args, Parser, Subcommand};
use listenfd::ListenFd;
use mizan_auth::mail::{ConsoleMailer, FileMailer, Mailer, SmtpMailer};
use mizan_auth::{Accounts, AccountsBuilder};
use mizan_channels::Channels;
use mizan_channels::broker::MemoryBroker;
use mizan_core::shared_store::SharedStore;
use mizan_explorer::Mailbox;
use mizan_http::{
    AllowedHosts, Compression, Health, MizanService, RequestTracing, Shutdown, serve,
};
use mizan_ssr::{Bundle, Renderer};
use serde::Serialize;
use tokio::net::TcpListener;
use tower_layer::Layer as _;

#[derive(Parser)]
#[command(about = "The chat example of mizan")]
struct Options {
    /// Read settings from this TOML file. Environment variables such as `CHAT_PORT` and options take precedence
    #[arg(long, value_name = "FILE", env = "CHAT_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    overrides: Overrides,
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
    #[command(subcommand)]
    command: Option<Command>,
}

/// Settings of [`Config`] on the command line.
#[derive(Args, Serialize)]
struct Overrides {
    /// Port to listen on; 0 selects a free port [default: 8000]
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    /// SQLite file of the accounts, created if it does not exist [default: `chat.db` next to the
    /// executable]
    #[arg(long, value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<PathBuf>,
    /// Write mail to files in this folder instead of printing it
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    mail: Option<PathBuf>,
    /// Base URL of links in mail [default: `http://localhost` with the port]
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    base_url: Option<String>,
    /// Time after a password check during which sensitive actions are allowed [default: 300]
    #[arg(long, value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    recent_for: Option<u64>,
    /// Share the rooms with other processes through this Redis server, such as `redis://localhost`
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    redis: Option<String>,
    /// Share the rooms with other processes through this PostgreSQL database, such as `postgres://localhost/chat` (feature
    /// `postgres`)
    #[arg(long, value_name = "URL", conflicts_with = "redis")]
    #[serde(skip_serializing_if = "Option::is_none")]
    postgres: Option<String>,
    /// Export traces to the OpenTelemetry collector at this URL (feature `telemetry`)
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    otlp: Option<String>,
    /// Serve metrics for Prometheus at this address (feature `telemetry`)
    #[arg(long, value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<String>,
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

/// The exit status for an invalid configuration (`EX_CONFIG` of `sysexits.h`).
const EXIT_CONFIG: u8 = 78;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            if error.is::<ConfigError>() {
                ExitCode::from(EXIT_CONFIG)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let config = Config::load(options.config.as_deref(), &options.overrides)?;
    let mailbox = Mailbox::new(mailer(&config)?);
    match &options.command {
        Some(Command::Manifest) => {
            let people = People::open(":memory:".as_ref(), accounts(&config, 0, &mailbox)).await?;
            let registry = chat::registry(people, Channels::new(MemoryBroker::new()));
            println!("{}", registry.manifest()?);
            return Ok(ExitCode::SUCCESS);
        }
        Some(Command::Bundle { file }) => {
            let summary = pages::bundle(&options.web, file)?;
            for warning in &summary.warnings {
                eprintln!("warning: {warning}");
            }
            println!("{summary}");
            return Ok(ExitCode::SUCCESS);
        }
        Some(Command::Prerender { directory, paths }) => {
            let store = sharing::store(&config).await?;
            let people = open_people(&config, config.port, store, &mailbox).await?;
            let accounts = people.accounts.clone();
            let registry = chat::registry(people, Channels::new(MemoryBroker::new()));
            let mizan = MizanService::builder(registry.build()?)
                .authenticate(accounts)
                .build()?;
            let assets = assets(&options)?;
            let summary = pages::prerender(mizan, assets, directory, paths.clone()).await?;
            println!("{summary}");
            return Ok(ExitCode::SUCCESS);
        }
        None => {}
    }
    let telemetry = telemetry::start(&config).await?;
    let listener = listen(config.port).await?;
    let port = listener.local_addr()?.port();

    let store = sharing::store(&config).await?;
    let people = open_people(&config, port, Arc::clone(&store), &mailbox).await?;
    let accounts = people.accounts.clone();
    tokio::spawn(accounts.purge_every(Duration::from_secs(60 * 60)));

    let channels = sharing::channels(&config).await?;
    let registry = chat::registry(people, channels.clone()).shared_store(store);
    let proxies = config.trusted_proxies.clone();
    let app = registry.build()?;
    let explorer = explorer::build(app.clone(), accounts.clone(), mailbox)?;
    let mizan = MizanService::builder(app)
        .authenticate(accounts.clone())
        .openapi(openapi_options(&config))
        .trusted_proxies(proxies.clone())
        .server_timing(options.dev.is_some())
        .build()?;
    let seconds = Duration::from_secs;
    let (mail, traces) = (accounts.clone(), telemetry);
    let shutdown = Shutdown::new()
        .deadline(seconds(config.shutdown_deadline))
        .readiness_delay(seconds(config.readiness_delay))
        .drain_window(seconds(config.drain_window))
        .service(&mizan)
        .wait_for("mail", async move { mail.flush_mail().await })
        .wait_for("traces", traces.flush());
    let pages = pages::pages(assets(&options)?)?;
    let health = health(&shutdown, &accounts, &channels, &pages.renderer);
    let site = pages::site(mizan, pages, health);
    // Prevents DNS rebinding: requests for other host names are rejected.
    let hosts = AllowedHosts::new(&config.base_url)?.and_local();
    let tracing = RequestTracing::new().trusted_proxies(proxies.clone());
    let site = tracing.layer(hosts.layer(Compression::new().layer(explorer.layer(site))));

    let run = shutdown.run(|stop| {
        println!("http://localhost:{port}");
        serve(listener, site)
            .trusted_proxies(proxies)
            .with_graceful_shutdown(stop)
    });
    Ok(run.await?)
}

/// Listens on the socket that systemd or another supervisor passed to the process, or on a port.
async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    if let Some(listener) = ListenFd::from_env().take_tcp_listener(0)? {
        listener.set_nonblocking(true)?;
        return Ok(TcpListener::from_std(listener)?);
    }
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: is the port in use?"))
}

/// The checks of `/health/ready`.
fn health(
    shutdown: &Shutdown,
    accounts: &Accounts,
    channels: &Channels,
    renderer: &Renderer,
) -> Health {
    let (accounts, channels, renderer) = (accounts.clone(), channels.clone(), renderer.clone());
    Health::new()
        .shutdown(shutdown)
        .check("accounts", move || {
            let accounts = accounts.clone();
            async move { accounts.check_store().await }
        })
        .check("broker", move || {
            let channels = channels.clone();
            async move { channels.check().await }
        })
        .check("renderer", move || {
            let renderer = renderer.clone();
            async move { renderer.check() }
        })
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
async fn open_people(
    config: &Config,
    port: u16,
    store: Arc<dyn SharedStore>,
    mailbox: &Mailbox,
) -> anyhow::Result<People> {
    let database = match (&config.database_url, &config.database) {
        (Some(url), _) => AccountDatabase::connect(url).await?,
        (None, Some(file)) => AccountDatabase::open_file(file).await?,
        (None, None) => {
            let file = std::env::current_exe()?.with_file_name("chat.db");
            AccountDatabase::open_file(&file).await?
        }
    };
    let accounts = accounts(config, port, mailbox).shared_store(store);
    let people = People::new(database, accounts)?;
    people.seed().await?;
    Ok(people)
}

/// Describes the API. Only a server with an https base URL uses secure cookies.
fn openapi_options(config: &Config) -> mizan_openapi::Options {
    let is_secure = config
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

fn mailer(config: &Config) -> anyhow::Result<Arc<dyn Mailer>> {
    Ok(match (&config.smtp, &config.mail) {
        (Some(url), _) => Arc::new(SmtpMailer::new(url, &config.mail_from)?),
        (None, Some(folder)) => Arc::new(FileMailer::new(folder)),
        (None, None) => Arc::new(ConsoleMailer),
    })
}

/// Configures the accounts, for a server on this port. The explorer shows their mails in development.
fn accounts(config: &Config, port: u16, mailbox: &Mailbox) -> AccountsBuilder {
    let base_url = config.base_url.clone();
    let base_url = base_url.unwrap_or_else(|| format!("http://localhost:{port}"));
    Accounts::builder(base_url)
        .mailer(Arc::new(mailbox.clone()))
        .recent_for(Duration::from_secs(config.recent_for))
}
