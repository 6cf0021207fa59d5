//! The servers that are compared.

use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::{SinkExt, StreamExt};
use mizan_channels::{Channels, Limits, MemoryBroker};
use mizan_core::{Channel, Cx, Decision, Nothing, Registry};
use mizan_http::{MizanService, serve as serve_http};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::broadcast;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// About 256 bytes on the wire.
const PADDING: usize = 150;

#[derive(Deserialize, schemars::JsonSchema)]
struct None {}

#[derive(Serialize, schemars::JsonSchema)]
struct Tick {
    at: u64,
    padding: String,
}

struct Ticks;

impl Channel for Ticks {
    type Params = None;
    type ServerMessage = Tick;
    type ClientMessage = Nothing;
    type Reply = Nothing;
    type Snapshot = Nothing;
    type Member = Nothing;
    const NAME: &'static str = "ticks";
    /// All of a run: nobody falls behind.
    const HISTORY: usize = 50_000;

    async fn authorize(_: &Cx, _: &None) -> Decision {
        Decision::Allow
    }

    fn group(_: &None) -> String {
        String::new()
    }
}

pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_nanos()).unwrap()
}

fn tick() -> Tick {
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
        let mut limits = Limits::default();
        limits.heartbeat = Duration::from_secs(600);
        let channels = Channels::with_limits(MemoryBroker::new(), limits);
        let registry = Registry::new().channel::<Ticks>().state(channels.clone());
        let service = MizanService::new(registry.build().unwrap());
        tokio::spawn(
            serve_http(listener, service)
                .connections(100_000)
                .into_future(),
        );
        each_order(async |messages, pause| {
            for _ in 0..messages {
                channels.publish::<Ticks>(&None {}, tick()).await.unwrap();
                rest(pause).await;
            }
        })
        .await;
    } else {
        let (sender, _) = broadcast::channel::<Message>(32_768);
        let subscribe = sender.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                tokio::spawn(plain(stream, subscribe.subscribe()));
            }
        });
        let offset = std::cell::Cell::new(0_u64);
        each_order(async |messages, pause| {
            for _ in 0..messages {
                offset.set(offset.get() + 1);
                let data = serde_json::to_string(&tick()).unwrap();
                let text = format!(
                    r#"{{"t":"pub","sub":0,"offset":{},"prev":{},"data":{data}}}"#,
                    offset.get(),
                    offset.get() - 1
                );
                let _ = sender.send(Message::text(text));
                rest(pause).await;
            }
        })
        .await;
    }
}

/// The least that broadcasts: what a chat in tokio-tungstenite's examples does.
async fn plain(stream: tokio::net::TcpStream, mut messages: broadcast::Receiver<Message>) {
    let config = WebSocketConfig::default()
        .read_buffer_size(4 * 1024)
        .write_buffer_size(0);
    #[expect(clippy::result_large_err, reason = "the signature is the library's")]
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
                Ok(message) => if sink.send(message).await.is_err() { return },
                Err(_) => return,
            },
            frame = stream.next() => if !matches!(frame, Some(Ok(_))) { return },
        }
    }
}

async fn rest(pause: Duration) {
    if pause.is_zero() {
        tokio::task::yield_now().await;
    } else {
        tokio::time::sleep(pause).await;
    }
}

async fn each_order(publish: impl AsyncFn(u32, Duration)) {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let (messages, pause) = line.split_once(' ').unwrap();
        let pause = Duration::from_micros(pause.parse().unwrap());
        publish(messages.parse().unwrap(), pause).await;
    }
}

/// A server process.
pub(crate) struct Server {
    process: Child,
    orders: ChildStdin,
    pub(crate) port: u16,
}

impl Server {
    /// Nothing where the program that it needs is not here.
    pub(crate) async fn start(kind: &str) -> Option<Self> {
        let mut command = if kind == "node" {
            let mut command = Command::new("node");
            command.arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/benches/channels/ws.mjs"
            ));
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
        let orders = process.stdin.take()?;
        Some(Self {
            process,
            orders,
            port,
        })
    }

    pub(crate) async fn publish(&mut self, messages: u32, pause: Duration) {
        let order = format!("{messages} {}\n", pause.as_micros());
        self.orders.write_all(order.as_bytes()).await.unwrap();
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
