//! The servers that the benchmark compares.

use std::cell::Cell;
use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::{SinkExt, StreamExt};
use mizan_channels::broker::MemoryBroker;
use mizan_channels::{Channels, ConnectionLimits};
use mizan_core::{Channel, Cx, Decision, Registry, channel};
use mizan_http::{MizanService, serve as serve_http};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::broadcast;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// The names of the servers. `plain` writes each message separately, as `ws` and Socket.IO do; `joined` writes
/// all pending messages at once, as mizan does. `loop` measures the cost of the kernel: a thread that writes each
/// message to each socket.
pub(crate) const KINDS: [&str; 6] = ["mizan", "plain", "joined", "loop", "ws", "socket.io"];

/// The maximum number of bytes that `joined` writes at once, which is that of mizan.
const WRITE_BUFFER: usize = 16 * 1024;

/// About 256 bytes on the wire.
const PADDING: usize = 150;

#[derive(Deserialize, schemars::JsonSchema)]
pub(crate) struct NoParams {}

#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Tick {
    at: u64,
    padding: String,
}

pub(crate) struct Ticks;

#[channel]
impl Channel for Ticks {
    type Params = NoParams;
    type ServerMessage = Tick;
    const NAME: &'static str = "ticks";
    /// The history holds all messages of a run, so that no subscriber falls behind.
    const HISTORY_LEN: usize = 50_000;

    async fn authorize(_: &Cx, _: &NoParams) -> Decision {
        Decision::Allow
    }

    fn group(_: &NoParams) -> String {
        String::new()
    }
}

pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_nanos()).unwrap()
}

pub(crate) fn tick() -> Tick {
    Tick {
        at: now(),
        padding: "x".repeat(PADDING),
    }
}

/// Runs one of the servers of this program.
pub(crate) async fn serve(kind: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap().port());
    if kind == "mizan" {
        let mut limits = ConnectionLimits::default();
        limits.heartbeat_interval = Duration::from_secs(600);
        let channels = Channels::with_limits(MemoryBroker::new(), limits);
        let registry = Registry::new().channel::<Ticks>().state(channels.clone());
        // All WebSockets of the benchmark come from one address.
        let mut http_limits = mizan_http::HttpLimits::default();
        http_limits.max_websockets_per_client = 100_000;
        let service = MizanService::builder(registry.build().unwrap()).limits(http_limits);
        tokio::spawn(
            serve_http(listener, service.build().unwrap())
                .max_connections(100_000)
                .max_connections_per_client(100_000)
                .into_future(),
        );
        publish_on_command(async || {
            channels
                .publish::<Ticks>(&NoParams {}, tick())
                .await
                .unwrap();
        })
        .await;
    } else if kind == "loop" {
        let sockets: Arc<Mutex<Vec<std::net::TcpStream>>> = Arc::default();
        let accepted = Arc::clone(&sockets);
        let listener = listener.into_std().unwrap();
        listener.set_nonblocking(false).unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                accepted.lock().unwrap().push(shake_hands(stream.unwrap()));
            }
        });
        let offset = Cell::new(0);
        publish_on_command(async || {
            let payload = publication(&offset);
            let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
            let frame = [&[0x81, 126], &length[..], payload.as_bytes()].concat();
            for socket in &*sockets.lock().unwrap() {
                let _ = (&*socket).write_all(&frame);
            }
        })
        .await;
    } else {
        let (sender, _) = broadcast::channel::<Message>(32_768);
        let subscribe = sender.clone();
        let at_once = if kind == "joined" { WRITE_BUFFER } else { 0 };
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                tokio::spawn(broadcast(stream, subscribe.subscribe(), at_once));
            }
        });
        let offset = Cell::new(0);
        publish_on_command(async || {
            let _ = sender.send(Message::text(publication(&offset)));
        })
        .await;
    }
}

/// Encodes a message as mizan sends it, after the one at `offset`.
fn publication(offset: &Cell<u64>) -> String {
    let prev = offset.get();
    offset.set(prev + 1);
    let data = serde_json::to_string(&tick()).unwrap();
    let offset = offset.get();
    format!(r#"{{"t":"pub","sub":0,"offset":{offset},"prev":{prev},"data":{data}}}"#)
}

/// Performs the handshake as far as the clients of the benchmark need it.
fn shake_hands(mut stream: std::net::TcpStream) -> std::net::TcpStream {
    stream.set_nodelay(true).unwrap();
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        let mut some = [0; 1024];
        let length = stream.read(&mut some).unwrap();
        read.extend(&some[..length]);
    }
    stream
        .write_all(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        .unwrap();
    stream
}

/// A minimal broadcast server, like the chat in the examples of tokio-tungstenite. Pending messages are written
/// together, up to `at_once` bytes.
async fn broadcast(
    stream: tokio::net::TcpStream,
    mut messages: broadcast::Receiver<Message>,
    at_once: usize,
) {
    let config = WebSocketConfig::default()
        .read_buffer_size(4 * 1024)
        .write_buffer_size(at_once);
    #[expect(
        clippy::result_large_err,
        reason = "tokio-tungstenite defines the signature"
    )]
    let callback = |_: &Request, mut response: Response| {
        let protocol = "mizan.v1.json".parse().unwrap();
        response
            .headers_mut()
            .insert("sec-websocket-protocol", protocol);
        Ok(response)
    };
    let accepted = tokio_tungstenite::accept_hdr_async_with_config(stream, callback, Some(config));
    let Ok(socket) = accepted.await else {
        return;
    };
    let (mut sink, mut stream) = socket.split();
    loop {
        tokio::select! {
            message = messages.recv() => match message {
                Ok(message) => {
                    let mut bytes = message.len();
                    if sink.feed(message).await.is_err() { return }
                    while bytes < at_once && let Ok(message) = messages.try_recv() {
                        bytes += message.len();
                        if sink.feed(message).await.is_err() { return }
                    }
                    if sink.flush().await.is_err() { return }
                },
                Err(_) => return,
            },
            frame = stream.next() => if !matches!(frame, Some(Ok(_))) { return },
        }
    }
}

/// Publishes the messages that the commands on standard input request, at the requested rate.
async fn publish_on_command(publish: impl AsyncFn()) {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let numbers: Vec<u64> = line.split(' ').map(|word| word.parse().unwrap()).collect();
        let [messages, burst, pause] = numbers[..] else {
            panic!("{line}")
        };
        let mut next = Instant::now();
        for message in 1..=messages {
            publish().await;
            if message % burst == 0 {
                next += Duration::from_micros(pause);
                if pause == 0 {
                    tokio::task::yield_now().await;
                } else {
                    tokio::time::sleep_until(next).await;
                }
            }
        }
    }
}

/// A server process.
pub(crate) struct Server {
    process: Child,
    commands: ChildStdin,
    pub(crate) port: u16,
}

impl Server {
    /// Returns `None` if a program that the server needs is not installed.
    pub(crate) async fn start(kind: &str) -> Option<Self> {
        let script = match kind {
            "ws" => Some("ws.mjs"),
            "socket.io" => Some("socket_io.mjs"),
            _ => None,
        };
        let mut command = if let Some(script) = script {
            let mut command = Command::new("node");
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/channels");
            command.arg(format!("{folder}/{script}"));
            command
        } else {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.args(["serve", kind]);
            command
        };
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .ok()?;
        let mut lines = BufReader::new(process.stdout.take()?).lines();
        let port = lines.next_line().await.ok()??.parse().ok()?;
        let commands = process.stdin.take()?;
        Some(Self {
            process,
            commands,
            port,
        })
    }

    pub(crate) async fn publish(&mut self, messages: u32, burst: u32, pause: Duration) {
        let command = format!("{messages} {burst} {}\n", pause.as_micros());
        self.commands.write_all(command.as_bytes()).await.unwrap();
    }

    /// Returns the processor time of all threads of the process, in seconds.
    pub(crate) fn processor_seconds(&self) -> f64 {
        let stat = format!("/proc/{}/stat", self.process.id().unwrap());
        let stat = std::fs::read_to_string(stat).unwrap();
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks = ticks.map(|ticks| ticks.parse::<f64>().unwrap());
        // A tick is 1/100 of a second (`getconf CLK_TCK`).
        ticks.sum::<f64>() / 100.0
    }

    pub(crate) fn resident_bytes(&self) -> f64 {
        let status = format!("/proc/{}/status", self.process.id().unwrap());
        let status = std::fs::read_to_string(status).unwrap();
        let mut lines = status.lines();
        let rss = lines.find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kilobytes: f64 = rss.trim().trim_end_matches(" kB").parse().unwrap();
        kilobytes * 1024.0
    }
}
