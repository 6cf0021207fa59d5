//! The server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use ipnet::IpNet;
use listenfd::ListenFd;
use mizan_auth::mail::{ConsoleMailer, FileMailer, Mailer, SmtpMailer};
use mizan_auth::store::MemoryStore;
use mizan_channels::Channels;
use mizan_channels::broker::MemoryBroker;
use mizan_core::Identity;
use mizan_explorer::{Explorer, Mailbox};
use mizan_http::{
    AllowedHosts, Compression, Health, MizanService, RequestTracing, Shutdown, serve,
};
use mizan_ssr::Bundle;
use mizan_template::database::{self, DatabaseOptions};
use mizan_template::pages::{self, Assets, SitePages};
use tokio::net::TcpListener;
use tower_layer::Layer as _;
use tracing_subscriber::EnvFilter;

/// Each option is also an environment variable.
#[derive(Parser)]
#[command(version, about = "The server of Mizan Template")]
struct Options {
    /// Address to listen on, unless a supervisor passes a socket
    #[arg(long, env, default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    #[command(flatten)]
    database: DatabaseOptions,
    /// URL of the site, with which the links in mails begin
    #[arg(long, env, default_value = "http://localhost:8000")]
    base_url: String,
    /// Server that sends the mails, such as `smtps://user:password@mail.example.com`; without one, the terminal
    /// shows them
    #[arg(long, env)]
    smtp_url: Option<String>,
    /// Sender of the mails
    #[arg(long, env, default_value = "Mizan Template <noreply@localhost>")]
    mail_from: String,
    /// Networks of the proxies in front of the server, such as `127.0.0.1/32,::1/128`. They name the address of the client
    #[arg(long, env, value_delimiter = ',', value_name = "NETWORKS")]
    trusted_proxies: Vec<IpNet>,
    /// Folder for mails, in tests
    #[arg(long, env, conflicts_with = "smtp_url")]
    mail_folder: Option<PathBuf>,
    /// Folder of the front end
    #[arg(long, env, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/web"))]
    web: PathBuf,
    /// Origin of Vite's development server, which `cargo mizan dev` starts
    #[arg(long, env = "MIZAN_VITE", value_name = "ORIGIN")]
    vite: Option<String>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Print the manifest, from which the client is generated
    Manifest,
    /// Write everything that the pages need to FILE
    Bundle { file: PathBuf },
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let options = Options::parse();
    match &options.command {
        Some(Command::Manifest) => {
            // Nothing is called, so the store stays empty.
            let accounts = mizan_template::accounts("http://localhost")
                .store(Arc::new(MemoryStore::default()))
                .mailer(Arc::new(ConsoleMailer))
                .build()?;
            println!("{}", mizan_template::registry(accounts).manifest()?);
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Bundle { file }) => {
            let summary = pages::bundle(&options.web, file)?;
            for warning in &summary.warnings {
                eprintln!("warning: {warning}");
            }
            println!("{summary}");
            Ok(ExitCode::SUCCESS)
        }
        None => run(&options).await,
    }
}

async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .compact()
        .with_env_filter(filter)
        .init();
    let listener = listen(options.listen).await?;
    let (database, store) = database::open(&options.database).await?;
    let mailbox = Mailbox::new(mailer(options)?);
    let accounts = mizan_template::accounts(&options.base_url)
        .store(Arc::new(store))
        .mailer(Arc::new(mailbox.clone()))
        .build()?;
    tokio::spawn(accounts.purge_every(Duration::from_secs(60 * 60)));
    let channels = Channels::new(MemoryBroker::new());
    let registry = mizan_template::registry(accounts.clone());
    let app = registry.state(database).state(channels).build()?;
    // The page `/_mizan` of builds for development, which calls functions as these callers.
    let explorer = Explorer::builder(app.clone())
        .test_principal("user", Identity::new("test-user"))
        .test_principal("staff", Identity::new("test-staff").staff())
        .mailbox(mailbox)
        .build()?;
    let proxies = options.trusted_proxies.clone();
    let mizan = MizanService::builder(app)
        .authenticate(accounts.clone())
        .trusted_proxies(proxies.clone())
        .build()?;

    let is_development = options.vite.is_some();
    let mail = accounts.clone();
    let shutdown = Shutdown::new()
        .drain_window(Duration::from_secs(if is_development { 0 } else { 5 }))
        .service(&mizan)
        .wait_for("mail", async move { mail.flush_mail().await });
    let pages = SitePages::new(assets(options)?)?;
    let renderer = pages.renderer.clone();
    let health = Health::new()
        .shutdown(&shutdown)
        .check("accounts", move || {
            let accounts = accounts.clone();
            async move { accounts.check_store().await }
        })
        .check("renderer", move || {
            let renderer = renderer.clone();
            async move { renderer.check() }
        });
    let site = explorer.layer(pages::router(mizan, pages, health));
    // Prevents DNS rebinding: requests for other host names are rejected.
    let hosts = AllowedHosts::new(&[options.base_url.as_str()])?.and_local();
    let tracing = RequestTracing::new().trusted_proxies(proxies.clone());
    let site = tracing.layer(hosts.layer(Compression::new().layer(site)));
    let run = shutdown.run(|stop| {
        println!("{}", options.base_url);
        serve(listener, site)
            .trusted_proxies(proxies)
            .with_graceful_shutdown(stop)
    });
    Ok(run.await?)
}

/// Listens on the socket that systemd or `cargo mizan dev` passed to the process, or on `address`.
async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    if let Some(listener) = ListenFd::from_env().take_tcp_listener(0)? {
        listener.set_nonblocking(true)?;
        return Ok(TcpListener::from_std(listener)?);
    }
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}: is the port in use?"))
}

fn mailer(options: &Options) -> anyhow::Result<Arc<dyn Mailer>> {
    Ok(match (&options.smtp_url, &options.mail_folder) {
        (Some(url), _) => Arc::new(SmtpMailer::new(url, &options.mail_from)?),
        (None, Some(folder)) => Arc::new(FileMailer::new(folder)),
        (None, None) => Arc::new(ConsoleMailer),
    })
}

/// The bundle in the executable. `MIZAN_BUNDLE` names its file when the program is compiled.
#[cfg(feature = "embedded")]
static BUNDLE: Option<&[u8]> = Some(mizan_ssr::include_bundle!(env!("MIZAN_BUNDLE")));
#[cfg(not(feature = "embedded"))]
static BUNDLE: Option<&[u8]> = None;

/// Selects the source of the pages.
fn assets(options: &Options) -> anyhow::Result<Assets> {
    Ok(match (&options.vite, BUNDLE) {
        (Some(origin), _) => Assets::DevServer(options.web.clone(), origin.clone()),
        (None, Some(bundle)) => Assets::Bundle(Bundle::embedded(bundle)?),
        (None, None) => Assets::Built(options.web.clone()),
    })
}
