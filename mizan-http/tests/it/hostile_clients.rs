//! Malicious clients.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::harness::{Server, Socket, echo, get, raw_get, raw_post, service, with, within_timeout};

const HEAD: &str = "POST /api/mizan/call/echo HTTP/1.1\r\nhost: localhost\r\n\
                    content-type: application/json\r\n";

#[tokio::test]
async fn prevents_request_smuggling() {
    let (probe, service) = service();
    let server = Server::start(service).await;
    let hidden =
        "POST /api/mizan/call/work HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n";
    let length = hidden.len() + 5;
    for framing in [
        format!("content-length: {length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("transfer-encoding: chunked\r\ncontent-length: {length}\r\n\r\n0\r\n\r\n{hidden}"),
        format!("content-length: 0\r\ncontent-length: {length}\r\n\r\n{hidden}"),
        format!("content-length: 0, {length}\r\n\r\n{hidden}"),
        format!("content-length: +0\r\n\r\n{hidden}"),
        format!("content-length: -1\r\n\r\n{hidden}"),
        format!("content-length : 0\r\n\r\n{hidden}"),
        format!("transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{hidden}"),
        format!("transfer-encoding: xchunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("transfer-encoding: chunked\r\n\r\n-1\r\n\r\n{hidden}"),
        format!("transfer-encoding: chunked\r\n\r\nffffffffffffffff1\r\n{hidden}"),
        format!("x: y\n\ttransfer-encoding: chunked\r\ncontent-length: 0\r\n\r\n{hidden}"),
    ] {
        let mut socket = server.connect().await;
        socket.send(format!("{HEAD}{framing}")).await;
        let reply = socket.head().await;
        // The request is rejected, or read as one request after which the connection closes.
        assert!(reply.status >= 400, "{framing}");
        socket.read_to_end().await;
    }
    assert_eq!(probe.started.get(), 0);
    server.assert_works().await;
}

#[tokio::test]
async fn limits_request_heads() {
    let (_, service) = service();
    let server = Server::start(service).await;
    let many: String = (0..5000).map(|i| format!("x-{i}: y\r\n")).collect();
    let long = format!("x: {}\r\n", "y".repeat(200_000));
    for headers in [many, long] {
        let mut socket = server.connect().await;
        // The server may close the connection before all bytes are sent.
        let request = format!("{HEAD}{headers}content-length: 0\r\n\r\n");
        let sent = socket.stream.write_all(request.as_bytes());
        within_timeout(sent).await.ok();
        assert_eq!(socket.head().await.status, 431);
    }
    let mut client = server.connect_http2().await;
    let request = get("http://localhost/api/mizan/call/read");
    let request = with(request, &[("x", &"y".repeat(100_000))]);
    let response = within_timeout(client.send_request(request)).await.unwrap();
    assert_eq!(response.status(), 431);
    server.assert_works().await;
}

#[tokio::test]
async fn closes_connections_that_do_not_speak_http() {
    let (_, service) = service();
    let server = Server::start(service).await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"[..],
        b"\0\0\0\0\0\0\0\0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET\r\n\r\n",
    ] {
        let mut socket = server.connect().await;
        socket.send(bytes).await;
        socket.read_to_end().await;
    }
    server.assert_works().await;
}

#[tokio::test]
async fn disconnects_client_that_does_not_read() {
    let (probe, service) = service();
    let mut server = Server::start_with(service, |serve| {
        serve.write_timeout(Duration::from_millis(500))
    })
    .await;
    let mut socket = server.connect().await;
    let calls = vec![r#"{"name":"large"}"#; 60].join(",");
    socket
        .send(raw_post("/api/mizan/batch", "", &format!("[{calls}]")))
        .await;
    probe.started.wait_for(60).await;
    // Without the timeout, the server would wait until the client reads.
    server.stop();
    within_timeout(server.task).await.unwrap().unwrap();
    let received = socket.read_to_end().await.len();
    assert!(received < 60 * 1024 * 1024, "{received} bytes");
}

#[tokio::test]
async fn answers_pipelined_requests_in_order() {
    let (_, service) = service();
    let server = Server::start(service).await;
    let mut socket = server.connect().await;
    let requests: String = (0..500).map(|i| echo(&i.to_string())).collect();
    socket.send(requests).await;
    for i in 0..500 {
        assert_eq!(socket.reply().await.json()["message"], i.to_string());
    }
}

/// CVE-2023-44487: opening and resetting streams costs the server more than the client.
#[tokio::test]
async fn rapid_resets_close_the_connection() {
    let (probe, service) = service();
    let server = Server::start(service.clone()).await;
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, b""));
    let path = b"/api/mizan/call/wait";
    // HPACK: `:method: GET` and `:scheme: http` are indexed, `:path` and `:authority` are literals.
    let fields = [
        &[0x82, 0x86, 0x04, path.len() as u8],
        &path[..],
        b"\x01\x01x",
    ]
    .concat();
    for stream in (1..20_000).step_by(2) {
        bytes.extend(frame(HEADERS, END_STREAM | END_HEADERS, stream, &fields));
        bytes.extend(frame(RST_STREAM, 0, stream, &[0, 0, 0, 8]));
    }
    let mut socket = server.connect().await;
    // The server closes the connection before all bytes are sent.
    let sent = socket.stream.write_all(&bytes);
    let _ = within_timeout(sent).await;
    socket.read_to_end().await;
    assert!(probe.started.get() < 1000, "{}", probe.started.get());
    within_timeout(service.wait_idle()).await;
    assert_eq!(probe.started.get(), probe.dropped.get());
}

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Encodes an HTTP/2 frame (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Opens as many connections as the limit of open files allows, up to 10,000.
#[tokio::test]
async fn idle_connections_use_little_memory_and_time_out() {
    if !runs_alone("hostile_clients::idle_connections_use_little_memory_and_time_out") {
        return;
    }
    let (_, service) = service();
    let server = Server::start_with(service, |serve| {
        serve.header_timeout(Duration::from_secs(3))
    })
    .await;
    server.assert_works().await;
    let before = memory();
    let mut sockets = Vec::new();
    while sockets.len() < 10_000 {
        let Ok(stream) = TcpStream::connect(server.addr).await else {
            break;
        };
        sockets.push(stream);
    }
    let each = memory().saturating_sub(before) / sockets.len();
    println!("{} connections, {each} bytes each", sockets.len());
    assert!(each < 16 * 1024, "{each} bytes for each connection");
    for stream in sockets {
        Socket::from(stream).read_to_end().await;
    }
    server.assert_works().await;
}

/// Floods of rejected requests must not leave anything in memory.
#[tokio::test]
async fn memory_stays_flat_under_rejected_requests() {
    if !runs_alone("hostile_clients::memory_stays_flat_under_rejected_requests") {
        return;
    }
    let (_, service) = service();
    let server = Server::start(service).await;
    let flood = async || {
        let mut socket = server.connect().await;
        for _ in 0..100 {
            for request in [
                raw_get("/api/mizan/call/nothing"),
                raw_get("/api/mizan/call/read?input=%ff"),
                echo(&"x".repeat(10_000)),
                format!("{HEAD}content-length: 1\r\n\r\n{{"),
            ] {
                socket.send(request).await;
                socket.reply().await;
            }
        }
        let announcement = format!("{HEAD}content-length: 10000000000\r\n\r\n");
        for _ in 0..20 {
            assert_eq!(server.request(&announcement).await.status, 413);
        }
    };
    flood().await;
    let before = memory();
    for _ in 0..10 {
        flood().await;
    }
    let grown = memory().saturating_sub(before);
    assert!(grown < 2 * 1024 * 1024, "grown by {grown} bytes");
}

/// Returns whether the test runs in its own process, which it needs to measure memory. Otherwise, starts
/// such a process.
fn runs_alone(test: &str) -> bool {
    const ALONE: &str = "MIZAN_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let program = std::env::current_exe().unwrap();
    let mut command = std::process::Command::new(program);
    let status = command
        .args([test, "--exact", "--nocapture"])
        .env(ALONE, "1")
        .status();
    assert!(status.unwrap().success());
    false
}

/// Returns the resident memory of this process in bytes, or 0 if it is unknown.
fn memory() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|statm| statm.split(' ').nth(1)?.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}
