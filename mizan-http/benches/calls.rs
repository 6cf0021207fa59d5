//! A comparison of a mizan function with the same handler written directly in axum.
//!
//! Rounds alternate between the two services, so that drifts in the speed of the machine affect both
//! equally. `divan` does not support this. `README.md` has the results.

// A benchmark stops at the first error.
#![allow(clippy::unwrap_used)]

use std::convert::Infallible;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::Json;
use axum::routing::post;
use axum::serve::ListenerExt;
use bytes::Bytes;
use http::{Request, Response, header};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use mizan_core::{Error, Registry, client};
use mizan_http::MizanService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tower_service::Service;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Output {
    message: String,
}

/// Echoes the text back.
#[client]
async fn echo(text: String) -> Result<Output, Error> {
    Ok(Output { message: text })
}

fn mizan() -> MizanService {
    MizanService::new(Registry::new().function::<Echo>().build().unwrap())
}

#[derive(serde::Deserialize)]
struct AxumEcho {
    text: String,
}

fn axum() -> axum::Router {
    let echo = |Json(AxumEcho { text }): Json<AxumEcho>| async { Json(Output { message: text }) };
    axum::Router::new().route(PATH, post(echo))
}

const PATH: &str = "/api/mizan/call/echo";
const INPUT: &str = r#"{"text":"The quick brown fox jumps over the lazy dog"}"#;

/// The number and length of the rounds, which are reduced if the benchmark runs as a test.
struct Plan {
    rounds: usize,
    round: Duration,
}

fn main() {
    if let Ok(spans) = std::env::var(SERVER_SPANS) {
        return run_server(&spans);
    }
    let plan = if std::env::args().any(|arg| arg == "--bench") {
        Plan {
            rounds: 101,
            round: Duration::from_millis(80),
        }
    } else {
        Plan {
            rounds: 1,
            round: Duration::from_millis(10),
        }
    };
    println!(
        "{:<44}{:>12}{:>12}{:>9}",
        "calls per second, medians", "axum", "mizan", "ratio"
    );
    in_process(&plan);
    for (connections, pipelined) in [(1, 1), (32, 1), (32, 16)] {
        over_loopback(&plan, connections, pipelined);
    }
    println!(
        "\n{:<44}{:>12}{:>12}{:>9}",
        "calls per second, medians", "spans off", "spans on", "ratio"
    );
    with_spans(&plan, 32, 16);
}

fn in_process(plan: &Plan) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (mut axum, mut mizan) = (axum(), mizan());
    let name = "in process";
    report(name, plan, |contender| match contender {
        Contender::Axum => runtime.block_on(call_for(&mut axum, plan.round)),
        Contender::Mizan => runtime.block_on(call_for(&mut mizan, plan.round)),
    });
}

async fn call_for<S, B>(service: &mut S, round: Duration) -> f64
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: Body + Unpin,
{
    let (start, mut calls) = (Instant::now(), 0);
    while start.elapsed() < round {
        for _ in 0..100 {
            let request = Request::post(PATH)
                .header(header::CONTENT_TYPE, "application/json")
                .body(Full::new(Bytes::from_static(INPUT.as_bytes())))
                .unwrap();
            let Ok(response) = service.call(request).await;
            assert!(response.status().is_success());
            let mut body = response.into_body();
            while body.frame().await.is_some() {}
            calls += 1;
        }
    }
    f64::from(calls) / start.elapsed().as_secs_f64()
}

fn over_loopback(plan: &Plan, connections: usize, pipelined: usize) {
    let (server, client) = (one_worker(), one_worker());
    let [axum_at, mizan_at] = [(); 2].map(|()| server.block_on(listen()));
    let addrs = [&axum_at, &mizan_at].map(|listener| listener.local_addr().unwrap());
    // mizan also sets it. Without it, small responses are delayed.
    let axum_at = axum_at.tap_io(|stream| stream.set_nodelay(true).unwrap());
    server.spawn(async { axum::serve(axum_at, axum()).await });
    server.spawn(async { mizan_http::serve(mizan_at, mizan()).await });
    let name = format!("loopback, connections: {connections}, at once: {pipelined}");
    report(&name, plan, |contender| {
        let addr = addrs[contender as usize];
        client.block_on(load(addr, connections, pipelined, plan.round))
    });
}

/// Compares a server without a subscriber and one whose subscriber records spans and events of the level `INFO`.
fn with_spans(plan: &Plan, connections: usize, pipelined: usize) {
    let client = one_worker();
    let servers = ["off", "on"].map(ServerProcess::start);
    let name = format!("loopback, connections: {connections}, at once: {pipelined}");
    report(&name, plan, |contender| {
        let addr = servers[contender as usize].addr;
        client.block_on(load(addr, connections, pipelined, plan.round))
    });
}

/// The variable that makes the benchmark a server: `on` or `off`, for its spans.
const SERVER_SPANS: &str = "MIZAN_BENCH_SERVER_SPANS";

/// A server in a process of its own: a subscriber for one thread makes the disabled spans of all threads of its
/// process slower, so that a server in the same process would not show the cost of spans that are off.
struct ServerProcess {
    child: Child,
    addr: SocketAddr,
}

impl ServerProcess {
    fn start(spans: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env(SERVER_SPANS, spans)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut addr = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut addr).unwrap();
        let addr = addr.trim().parse().unwrap();
        Self { child, addr }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves until the process is killed.
fn run_server(spans: &str) {
    if spans == "on" {
        let subscriber = tracing_subscriber::registry().with(LevelFilter::INFO);
        tracing::subscriber::set_global_default(subscriber).unwrap();
    }
    let is_enabled = tracing::enabled!(target: "mizan::call", tracing::Level::INFO);
    assert_eq!(is_enabled, spans == "on");
    let server = one_worker();
    let listener = server.block_on(listen());
    println!("{}", listener.local_addr().unwrap());
    let serving = server.spawn(async { mizan_http::serve(listener, mizan()).await });
    server.block_on(serving).unwrap().unwrap();
}

fn one_worker() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all().build().unwrap()
}

async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

async fn load(addr: SocketAddr, connections: usize, pipelined: usize, round: Duration) -> f64 {
    let start = Instant::now();
    let clients: Vec<_> = (0..connections)
        .map(|_| tokio::spawn(load_one(addr, pipelined, start + round)))
        .collect();
    let mut calls = 0;
    for client in clients {
        calls += client.await.unwrap();
    }
    f64::from(calls) / start.elapsed().as_secs_f64()
}

async fn load_one(addr: SocketAddr, pipelined: usize, end: Instant) -> u32 {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let length = INPUT.len();
    let request = format!(
        "POST {PATH} HTTP/1.1\r\nhost: {addr}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{INPUT}"
    );
    // All responses have the same length.
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"dog\"}") {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0);
    }
    assert!(answer.starts_with(b"HTTP/1.1 200 "));
    let requests = request.repeat(pipelined);
    let mut answers = vec![0; answer.len() * pipelined];
    let mut calls = 0;
    while Instant::now() < end {
        stream.write_all(requests.as_bytes()).await.unwrap();
        stream.read_exact(&mut answers).await.unwrap();
        assert!(answers.ends_with(b"dog\"}"));
        calls += u32::try_from(pipelined).unwrap();
    }
    calls
}

#[derive(Clone, Copy)]
enum Contender {
    Axum,
    Mizan,
}

fn report(name: &str, plan: &Plan, mut measure: impl FnMut(Contender) -> f64) {
    let rounds: Vec<_> = (0..plan.rounds)
        .map(|_| [measure(Contender::Axum), measure(Contender::Mizan)])
        .collect();
    let [axum, mizan] = [0, 1].map(|i| median(rounds.iter().map(|round| round[i])));
    let ratio = median(rounds.iter().map(|[axum, mizan]| mizan / axum));
    println!("{name:<44}{axum:>12.0}{mizan:>12.0}{ratio:>9.2}");
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
