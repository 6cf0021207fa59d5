//! Rolling deployments of two server processes behind nginx, under the load of requests and WebSockets.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use mizan_core::channel::Position;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::audit::Audit;
use crate::client;
use crate::redis_server::RedisServer;
use crate::server::Servers;

/// The configuration that the documentation shows.
const NGINX_CONF: &str = include_str!("../../../examples/rolling-deploy/nginx.conf");

const SUBSCRIBERS: usize = 16;
const LOAD: usize = 4;

/// Replaces both processes `deployments` times.
pub(crate) async fn run(deployments: usize) {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let mut servers = Servers::start(&redis.address()).await;
    let Some(nginx) = Nginx::start(&servers.addrs()) else {
        return println!("skipped: `nginx` is not on the PATH or in /usr/sbin");
    };
    let audit = Arc::new(Audit::default());
    let is_over = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for number in 0..SUBSCRIBERS {
        let (audit, is_over) = (Arc::clone(&audit), Arc::clone(&is_over));
        clients.spawn(client::run(number, nginx.addr, audit, is_over));
    }
    audit.wait_until_joined(SUBSCRIBERS).await;

    let numbers = Arc::new(AtomicU64::new(0));
    let is_deployed = Arc::new(AtomicBool::new(false));
    let mut load = JoinSet::new();
    for _ in 0..LOAD {
        let (audit, is_deployed) = (Arc::clone(&audit), Arc::clone(&is_deployed));
        load.spawn(publish(
            nginx.addr,
            Arc::clone(&numbers),
            audit,
            is_deployed,
        ));
    }
    for _ in 0..deployments {
        for index in 0..2 {
            let mut others = servers.addrs();
            others.remove(index);
            nginx.reload(&others);
            let status = servers.terminate(index).await;
            assert_eq!(status.code(), Some(0), "the shutdown did not complete");
            servers.start_again(index).await;
            nginx.reload(&servers.addrs());
        }
    }
    is_deployed.store(true, Ordering::Relaxed);
    let mut requests = 0;
    while let Some(sent) = load.join_next().await {
        requests += sent.unwrap();
    }
    let last = say(nginx.addr, numbers.fetch_add(1, Ordering::Relaxed)).await;
    audit.wait_until_all_reach(&last, SUBSCRIBERS).await;
    is_over.store(true, Ordering::Relaxed);
    clients.abort_all();
    assert!(requests > 200, "only {requests} requests were sent");
    println!(
        "{requests} requests, none failed; {}",
        audit.assert_complete()
    );
}

/// Publishes numbers by requests, and checks that none fails. Returns the number of requests.
async fn publish(
    addr: SocketAddr,
    numbers: Arc<AtomicU64>,
    audit: Arc<Audit>,
    is_deployed: Arc<AtomicBool>,
) -> usize {
    let mut requests = 0;
    while !is_deployed.load(Ordering::Relaxed) {
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        let position = say(addr, number).await;
        audit.published(&position, number);
        requests += 1;
    }
    requests
}

/// Calls the mutation `say`, which publishes a number, on a connection of its own.
async fn say(addr: SocketAddr, number: u64) -> Position {
    let body = json!({ "number": number }).to_string();
    let request = format!(
        "POST /api/mizan/call/say HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    let is_success = response.starts_with("HTTP/1.1 200 ");
    assert!(is_success, "request {number} failed: {response}");
    let json = response.split("\r\n\r\n").nth(1).unwrap();
    serde_json::from_str(&json[json.find('{').unwrap()..=json.rfind('}').unwrap()]).unwrap()
}

struct Nginx {
    addr: SocketAddr,
    process: Child,
    folder: TempDir,
}

impl Nginx {
    fn start(upstream: &[SocketAddr]) -> Option<Self> {
        let program = find_program()?;
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = free.local_addr().unwrap();
        drop(free);
        let folder = tempfile::tempdir().unwrap();
        write_conf(&folder, addr, upstream);
        let process = Command::new(program)
            .arg("-p")
            .arg(folder.path())
            .args(["-c", "nginx.conf", "-e", "stderr", "-g", "daemon off;"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self {
            addr,
            process,
            folder,
        })
    }

    /// Sends new requests to `upstream`. Open connections remain.
    fn reload(&self, upstream: &[SocketAddr]) {
        write_conf(&self.folder, self.addr, upstream);
        signal(&self.process, "HUP");
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        signal(&self.process, "TERM");
        let _ = self.process.wait();
    }
}

pub(crate) fn signal(process: &Child, signal: &str) {
    let id = process.id().to_string();
    let status = Command::new("kill").args(["-s", signal, &id]).status();
    assert!(status.unwrap().success());
}

fn find_program() -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths)
        .chain(["/usr/sbin".into()])
        .map(|folder| folder.join("nginx"))
        .find(|program| program.is_file())
}

fn write_conf(folder: &TempDir, addr: SocketAddr, upstream: &[SocketAddr]) {
    let servers = upstream.iter().map(|addr| format!("server {addr};"));
    let servers = servers.collect::<Vec<_>>().join("\n        ");
    let conf = NGINX_CONF
        .replace("@UPSTREAM@", &servers)
        .replace("@LISTEN@", &addr.to_string());
    std::fs::write(folder.path().join("nginx.conf"), conf).unwrap();
}

/// The time for which a process accepts connections after SIGTERM, in which nginx replaces its workers.
pub(crate) const READINESS_DELAY: Duration = Duration::from_secs(1);
