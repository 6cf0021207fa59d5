//! `cargo xtask demo --cluster`: two processes of the chat example behind nginx, with PostgreSQL, Redis and a collector.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{interval, timeout};

use super::collector::Collector;
use crate::{codegen, postgres, project, step};

/// The configuration that the documentation shows.
const NGINX_CONF: &str = include_str!("../../../examples/rolling-deploy/nginx.conf");

/// The time in which a process stops after SIGTERM. It is killed afterwards.
const STOP_DEADLINE: Duration = Duration::from_secs(40);
/// The time in which a server accepts connections.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// The interval at which the number of traces is printed if it has changed.
const REPORT_INTERVAL: Duration = Duration::from_secs(5);

/// Checks that the servers are installed.
pub(super) fn check_programs() -> anyhow::Result<()> {
    let is_missing = |name: &&str| program(name).is_none();
    let missing: Vec<_> = ["initdb", "postgres", "psql", "redis-server", "nginx"]
        .into_iter()
        .filter(is_missing)
        .collect();
    ensure!(
        missing.is_empty(),
        "not installed: {}. Install PostgreSQL, Redis and nginx, and put the programs of PostgreSQL on the PATH",
        missing.join(", ")
    );
    Ok(())
}

/// Starts everything, and stops it after Ctrl-C or when a process ends.
pub(super) fn run(port: u16) -> anyhow::Result<()> {
    let mut build = codegen::build_command(&project::EXAMPLES[0]);
    build.args(["--features", "postgres,telemetry"]);
    step::run("chat server with telemetry", &mut build)?;
    let postgres = postgres::start()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut cluster = Cluster::new()?;
        let database = postgres.url();
        let outcome = tokio::select! {
            outcome = cluster.serve(port, &database) => outcome,
            interrupted = interrupted() => interrupted,
        };
        cluster.stop().await;
        outcome
    })
}

async fn interrupted() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// The processes in the order in which they were started.
struct Cluster {
    folder: TempDir,
    processes: Vec<(&'static str, Child)>,
}

impl Cluster {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            folder: tempfile::tempdir().context("cannot create a folder for the cluster")?,
            processes: Vec::new(),
        })
    }

    /// Starts all processes, and waits until one of them ends.
    async fn serve(&mut self, port: u16, database: &str) -> anyhow::Result<()> {
        eprintln!("  ok    PostgreSQL   {database}");
        let redis = self.start_redis().await?;
        eprintln!("  ok    Redis        {redis}");
        let (collector, otlp) = Collector::start().await?;
        eprintln!("  ok    collector    {otlp}");
        let mut servers = Vec::new();
        for name in ["chat 1", "chat 2"] {
            let address = self.start_chat(name, port, database, &redis, &otlp).await?;
            eprintln!("  ok    {name}       {address}");
            servers.push(address);
        }
        self.start_nginx(port, &servers)?;
        eprintln!("  ok    nginx        http://localhost:{port}");
        eprintln!(
            "\nOpen http://localhost:{port} in two windows, and the same room at {} and at {}.",
            servers[0], servers[1]
        );
        eprintln!(
            "Logs and mails are in {}. Ctrl-C stops everything.",
            self.folder.path().display()
        );
        tokio::select! {
            ended = self.ended() => {
                let (name, status) = ended?;
                bail!("{name} ended ({status}): its log is in {}", self.folder.path().display())
            }
            never = report(&collector) => never,
        }
    }

    async fn start_redis(&mut self) -> anyhow::Result<String> {
        let port = project::free_port()?.to_string();
        let mut command = self.command("redis", "redis-server")?;
        command
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", ""])
            .args(["--appendonly", "no", "--maxmemory-policy", "noeviction"]);
        self.start("redis", command)?;
        let connect = || tokio::net::TcpStream::connect(format!("127.0.0.1:{port}"));
        let connected = async {
            while connect().await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(START_DEADLINE, connected)
            .await
            .context("Redis accepts no connections")?;
        Ok(format!("redis://127.0.0.1:{port}"))
    }

    /// Starts a server, and returns its address. The first one creates the demo accounts, so they start one after the other.
    async fn start_chat(
        &mut self,
        name: &'static str,
        port: u16,
        database: &str,
        redis: &str,
        otlp: &str,
    ) -> anyhow::Result<String> {
        let mut command = self.command(name, project::built_program("chat"))?;
        command
            .args(["--port", "0", "--redis", redis, "--otlp", otlp])
            .args(["--base-url", &format!("http://localhost:{port}")])
            .arg("--mail")
            .arg(self.folder.path().join("mail"))
            .env("CHAT_DATABASE_URL", database)
            .env("CHAT_TRUSTED_PROXIES", r#"["127.0.0.1/32"]"#)
            .stdout(Stdio::piped());
        let process = self.start(name, command)?;
        let output = process.stdout.take().context("the server has no output")?;
        let mut lines = BufReader::new(output).lines();
        let address = timeout(START_DEADLINE, lines.next_line()).await;
        let address = address.with_context(|| format!("{name} does not start"))??;
        address.with_context(|| {
            let log = self.log(name);
            format!("{name} ended: its log is {}", log.display())
        })
    }

    fn start_nginx(&mut self, port: u16, servers: &[String]) -> anyhow::Result<()> {
        let upstream = servers.iter().map(|address| {
            let address = address.trim_start_matches("http://localhost:");
            format!("server 127.0.0.1:{address};")
        });
        let conf = NGINX_CONF
            .replace("@UPSTREAM@", &upstream.collect::<Vec<_>>().join(" "))
            .replace("@LISTEN@", &format!("127.0.0.1:{port}"));
        fs::write(self.folder.path().join("nginx.conf"), conf)?;
        let mut command = self.command("nginx", "nginx")?;
        command.arg("-p").arg(self.folder.path()).args([
            "-c",
            "nginx.conf",
            "-e",
            "stderr",
            "-g",
            "daemon off;",
        ]);
        self.start("nginx", command)?;
        Ok(())
    }

    /// Returns a command whose errors are written to a log.
    fn command(&self, name: &str, program_name: impl AsRef<Path>) -> anyhow::Result<Command> {
        let path = program_name.as_ref();
        let path = program(&path.to_string_lossy()).unwrap_or_else(|| path.to_owned());
        let log = self.log(name);
        let log =
            fs::File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = Command::new(path);
        command
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true);
        Ok(command)
    }

    fn log(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.log"))
    }

    fn start(&mut self, name: &'static str, mut command: Command) -> anyhow::Result<&mut Child> {
        let process = command.spawn();
        let process = process.with_context(|| format!("cannot start {name}"))?;
        self.processes.push((name, process));
        let (_, process) = self.processes.last_mut().context("no process")?;
        Ok(process)
    }

    /// Waits until a process ends.
    async fn ended(&mut self) -> anyhow::Result<(&'static str, ExitStatus)> {
        let mut tick = interval(Duration::from_millis(200));
        loop {
            tick.tick().await;
            for (name, process) in &mut self.processes {
                if let Some(status) = process.try_wait()? {
                    return Ok((name, status));
                }
            }
        }
    }

    /// Stops the processes in reverse order.
    async fn stop(&mut self) {
        while let Some((name, mut process)) = self.processes.pop() {
            if let Some(id) = process.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
                let _ = kill_process(id, Signal::TERM);
            }
            let outcome = match timeout(STOP_DEADLINE, process.wait()).await {
                Ok(Ok(_)) => "stopped",
                _ => "killed",
            };
            eprintln!("  {outcome} {name}");
        }
    }
}

/// Prints the number of traces when it has changed.
async fn report(collector: &Collector) -> anyhow::Result<()> {
    let mut tick = interval(REPORT_INTERVAL);
    let mut reported = 0;
    loop {
        tick.tick().await;
        let (exports, bytes) = collector.counts();
        if exports != reported {
            eprintln!(
                "  collector: {exports} exports of traces, {} KiB",
                bytes / 1024
            );
            reported = exports;
        }
    }
}

/// Finds a program on the PATH, or in the folder where Debian has nginx.
fn program(name: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths)
        .chain(["/usr/sbin".into()])
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
}
