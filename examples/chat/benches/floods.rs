//! Memory of the chat example's process, and the latency of a trivial call, during floods.
//!
//! `cargo bench -p chat --features v8 --bench floods` starts the server, attacks it from a different loopback
//! address in each flood, and prints a row for each flood. The honest client calls `demo_accounts` from a
//! separate address.

use std::io::{BufRead as _, BufReader};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// The duration of a flood.
const FLOOD_DURATION: Duration = Duration::from_secs(8);
/// The last part of the honest client's loopback address.
const HONEST_CLIENT: u8 = 200;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // `cargo test --all-targets` starts benchmarks, too.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let server = Server::start()?;
    println!(
        "| flood | requests | answers | memory before | after | honest calls | median | slowest |\n\
         |---|---|---|---|---|---|---|---|"
    );
    server.flood("none", 1, idle).await?;
    server.flood("1,000 wrong sign-ins", 2, sign_ins).await?;
    server
        .flood("sign-ins of 64 addresses", 3, sign_ins_of_many)
        .await?;
    server
        .flood("64 crafted passwords in each batch", 4, crafted_passwords)
        .await?;
    server
        .flood("1,000 idle HTTP/2 connections", 5, idle_connections)
        .await?;
    server.flood("200 slow uploads", 6, slow_uploads).await?;
    server.flood("1,000 WebSockets", 7, sockets).await?;
    server.flood("rendered pages", 8, pages).await?;
    Ok(())
}

/// One attacker: the server's address and the address that it connects from.
#[derive(Clone)]
struct Attacker {
    server: SocketAddr,
    /// The last part of the loopback address.
    host: u8,
    is_over: Arc<AtomicBool>,
}

impl Attacker {
    fn client(&self, network: u8) -> HttpClient {
        HttpClient::new(self.server, Ipv4Addr::new(127, 0, network, self.host))
    }

    async fn connect(&self) -> std::io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, self.host), 0)))?;
        socket.connect(self.server).await
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Waits for the end of the flood.
    async fn wait(&self) {
        while !self.is_over() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// The number of answers to a flood, by status. Status 0 stands for a connection that the server closed.
type Answers = std::collections::BTreeMap<u16, u32>;

async fn idle(attacker: Attacker) -> Answers {
    attacker.wait().await;
    Answers::new()
}

async fn sign_ins(attacker: Attacker) -> Answers {
    let client = attacker.client(0);
    workers(64, 1_000, attacker, move |n| {
        let client = client.clone();
        async move { client.sign_in(n).await }
    })
    .await
}

async fn sign_ins_of_many(attacker: Attacker) -> Answers {
    let origin = attacker.clone();
    workers(64, u32::MAX, attacker, move |n| {
        let client = origin.client((n % 64) as u8 + 1);
        async move { client.sign_in(n).await }
    })
    .await
}

async fn crafted_passwords(attacker: Attacker) -> Answers {
    let client = attacker.client(0);
    let password = format!("4@8({{[<3691!|70$5+%2{}", "kqvjwmfhpdrn".repeat(6));
    let call = serde_json::json!({
        "name": "sign_up.validate",
        "input": {"values": {"password": password}, "fields": ["password"]},
    });
    let batch = Bytes::from(serde_json::Value::Array(vec![call; 64]).to_string());
    workers(8, u32::MAX, attacker, move |_| {
        let (client, batch) = (client.clone(), batch.clone());
        async move { client.post("/api/mizan/batch", batch).await }
    })
    .await
}

async fn pages(attacker: Attacker) -> Answers {
    let client = attacker.client(0);
    workers(64, u32::MAX, attacker, move |_| {
        let client = client.clone();
        async move { client.send(Method::GET, "/", Bytes::new()).await }
    })
    .await
}

/// Opens connections that complete the HTTP/2 handshake and then stay silent.
async fn idle_connections(attacker: Attacker) -> Answers {
    // The connection preface, an empty SETTINGS frame, and an acknowledgement of the server's SETTINGS.
    const OPENING: &[u8] =
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0";
    keep_open(1_000, attacker, OPENING).await
}

async fn slow_uploads(attacker: Attacker) -> Answers {
    let head = "POST /api/mizan/form/contact HTTP/1.1\r\nhost: localhost\r\n\
        content-type: multipart/form-data; boundary=b\r\ncontent-length: 4000000\r\n\r\n\
        --b\r\ncontent-disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n\
        content-type: image/png\r\n\r\n";
    let begin = [head.as_bytes(), &[0x89; 500_000]].concat();
    keep_open(200, attacker, begin.leak()).await
}

async fn sockets(attacker: Attacker) -> Answers {
    let head = format!(
        "GET /api/mizan/ws HTTP/1.1\r\nhost: localhost:{}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        attacker.server.port()
    );
    keep_open(1_000, attacker, head.into_bytes().leak()).await
}

/// Opens `count` connections, sends `bytes` on each, and keeps them open until the flood is over. The
/// status is 0 for a connection that the server closed, and 1 for a connection that stayed open.
async fn keep_open(count: u32, attacker: Attacker, bytes: &'static [u8]) -> Answers {
    let mut connections = JoinSet::new();
    for _ in 0..count {
        let attacker = attacker.clone();
        connections.spawn(async move {
            let Ok(mut stream) = attacker.connect().await else {
                return 0;
            };
            if stream.write_all(bytes).await.is_err() {
                return 0;
            }
            let mut buffer = [0; 1024];
            loop {
                tokio::select! {
                    read = stream.read(&mut buffer) => if !matches!(read, Ok(1..)) {
                        return 0;
                    },
                    () = attacker.wait() => return 1,
                }
            }
        });
    }
    count_answers(connections).await
}

/// Runs `request` from `workers` tasks until `limit` requests were made or the flood is over.
async fn workers<F>(
    workers: u32,
    limit: u32,
    attacker: Attacker,
    request: impl Fn(u32) -> F + Clone + Send + 'static,
) -> Answers
where
    F: Future<Output = anyhow::Result<StatusCode>> + Send,
{
    let mut tasks = JoinSet::new();
    for worker in 0..workers {
        let (attacker, request) = (attacker.clone(), request.clone());
        tasks.spawn(async move {
            let mut answers = Vec::new();
            let mut n = worker;
            while n < limit && !attacker.is_over() {
                answers.push(request(n).await.map_or(0, |status| status.as_u16()));
                n = n.saturating_add(workers);
            }
            answers
        });
    }
    let mut answers = Answers::new();
    for status in tasks.join_all().await.into_iter().flatten() {
        *answers.entry(status).or_default() += 1;
    }
    answers
}

async fn count_answers(connections: JoinSet<u16>) -> Answers {
    let mut answers = Answers::new();
    for answer in connections.join_all().await {
        *answers.entry(answer).or_default() += 1;
    }
    answers
}

/// The chat example in a separate process, which ends when this value is dropped.
struct Server {
    process: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut process = Command::new(env!("CARGO_BIN_EXE_chat"))
            .args(["--port", "0", "--database"])
            .arg(folder.path().join("chat.db"))
            .arg("--mail")
            .arg(folder.path().join("mail"))
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the chat example")?;
        let stdout = process
            .stdout
            .take()
            .context("the output of the server is not a pipe")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let port = line
            .trim()
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok());
        let port: u16 = port.context("the server did not print its address")?;
        Ok(Self {
            process,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            _folder: folder,
        })
    }

    /// Returns the resident memory in MB.
    fn memory(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        Ok(kib.context("cannot read the resident memory of the server")? / 1024)
    }

    /// Runs a flood, calls the server honestly meanwhile, and prints the row.
    async fn flood<F>(
        &self,
        name: &str,
        host: u8,
        attack: impl FnOnce(Attacker) -> F,
    ) -> anyhow::Result<()>
    where
        F: Future<Output = Answers> + Send + 'static,
    {
        let before = self.memory()?;
        let attacker = Attacker {
            server: self.address,
            host,
            is_over: Arc::new(AtomicBool::new(false)),
        };
        let flood = tokio::spawn(attack(attacker.clone()));
        let honest = HttpClient::new(self.address, Ipv4Addr::new(127, 0, 0, HONEST_CLIENT));
        let began = Instant::now();
        let mut times = Vec::new();
        let mut failed = 0;
        while began.elapsed() < FLOOD_DURATION {
            let sent = Instant::now();
            let path = "/api/mizan/call/demo_accounts";
            match honest.send(Method::GET, path, Bytes::new()).await {
                Ok(StatusCode::OK) => times.push(sent.elapsed()),
                _ => failed += 1,
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        attacker.is_over.store(true, Ordering::Relaxed);
        let answers = flood.await?;
        ensure!(!times.is_empty(), "{name}: no honest call was answered");
        times.sort_unstable();
        let requests: u32 = answers.values().sum();
        let answers: Vec<String> = answers
            .iter()
            .map(|(status, count)| format!("{status}: {count}"))
            .collect();
        println!(
            "| {name} | {requests} | {} | {before} MB | {} MB | {} of {} | {:.1} ms | {:.1} ms |",
            answers.join(", "),
            self.memory()?,
            times.len(),
            times.len() + failed,
            times[times.len() / 2].as_secs_f64() * 1e3,
            times[times.len() - 1].as_secs_f64() * 1e3,
        );
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An HTTP/1.1 client that connects from a given loopback address.
#[derive(Clone)]
struct HttpClient {
    client: Client<HttpConnector, Full<Bytes>>,
    server: SocketAddr,
}

impl HttpClient {
    fn new(server: SocketAddr, address: Ipv4Addr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_local_address(Some(IpAddr::V4(address)));
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            server,
        }
    }

    async fn sign_in(&self, n: u32) -> anyhow::Result<StatusCode> {
        let values = serde_json::json!({
            "email": format!("stranger{n}@example.com"),
            "password": "a wrong password",
        });
        let body = Bytes::from(values.to_string());
        self.post("/api/mizan/call/sign_in.submit", body).await
    }

    async fn post(&self, path: &str, body: Bytes) -> anyhow::Result<StatusCode> {
        self.send(Method::POST, path, body).await
    }

    async fn send(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<StatusCode> {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.server))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        let sent = tokio::time::timeout(Duration::from_secs(15), self.client.request(request));
        let response = sent.await??;
        let status = response.status();
        response.into_body().collect().await?;
        Ok(status)
    }
}
