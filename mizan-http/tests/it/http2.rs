//! HTTP/2 connections: idle timeouts, and clients that do not read.

use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;

use crate::harness::{Server, TIMEOUT, bodiless, get, service, with, within_timeout};
use crate::raw_http2::{DATA, GOAWAY, HEADERS, RST_STREAM, RawHttp2};

const SHORT: Duration = Duration::from_millis(300);
const WINDOW: u32 = 65_535;
const READ: &str = "/api/mizan/call/read";

#[tokio::test]
async fn closes_idle_connections_despite_pings() {
    let (_, service) = service();
    let server = Server::start_with(service, |serve| serve.header_timeout(SHORT)).await;
    let stream = TcpStream::connect(server.addr).await.unwrap();
    let (mut client, connection) = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_millis(50))
        .keep_alive_while_idle(true)
        .handshake::<_, Full<bytes::Bytes>>(TokioIo::new(stream))
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let uri = format!("http://localhost{READ}");
    for _ in 0..2 {
        let reply = within_timeout(client.send_request(get(&uri)))
            .await
            .unwrap();
        assert_eq!(reply.status(), 200);
        reply.into_body().collect().await.unwrap();
    }
    // The client receives GOAWAY, so its connection ends without an error.
    within_timeout(connection).await.unwrap().unwrap();
    assert!(client.is_closed());
    server.assert_works().await;
}

#[tokio::test]
async fn sends_goaway_to_idle_connections_and_then_closes_them() {
    let (_, service) = service();
    let server = Server::start_with(service, |serve| {
        serve.header_timeout(SHORT).write_timeout(SHORT)
    })
    .await;
    // One client answers pings and keeps its side of the connection open; the other does nothing.
    for answers_pings in [true, false] {
        let mut client = RawHttp2::connect(server.addr, WINDOW).await;
        client.answers_pings = answers_pings;
        client.get(1, READ, &[]).await;
        client.until(DATA).await;
        assert!(
            client.read_to_end().await.contains(&GOAWAY),
            "{answers_pings}"
        );
    }
}

#[tokio::test]
async fn idle_time_starts_after_the_last_request() {
    let (probe, service) = service();
    let server = Server::start_with(service, |serve| serve.header_timeout(SHORT)).await;
    let mut client = RawHttp2::connect(server.addr, WINDOW).await;
    client.get(1, "/api/mizan/call/wait", &[]).await;
    probe.started.wait_for(1).await;
    tokio::time::sleep(4 * SHORT).await;
    client.get(3, READ, &[]).await;
    assert_eq!(client.until(HEADERS).await.stream, 3);
    client.until(DATA).await;
    tokio::time::sleep(2 * SHORT).await;
    probe.gate.let_through(1);
    assert_eq!(client.until(HEADERS).await.stream, 1);
    assert!(client.read_to_end().await.contains(&GOAWAY));
}

#[tokio::test]
async fn resets_stream_of_client_that_does_not_read() {
    let (_, service) = service();
    let server = Server::start_with(service, |serve| serve.write_timeout(SHORT)).await;
    let mut client = RawHttp2::connect(server.addr, 0).await;
    // The first body is a single chunk, the second body has many chunks.
    client.get(1, READ, &[]).await;
    client.get(3, "/api/mizan/call/large", &[]).await;
    let mut reset = [
        client.until(RST_STREAM).await.stream,
        client.until(RST_STREAM).await.stream,
    ];
    reset.sort_unstable();
    assert_eq!(reset, [1, 3]);
    // Other streams of the connection continue, even if the client reads slowly.
    client.get(5, "/api/mizan/call/large", &[]).await;
    client.until(HEADERS).await;
    client.update_window(0, 1 << 20).await;
    for _ in 0..5 {
        tokio::time::sleep(SHORT * 2 / 3).await;
        client.update_window(5, 20_000).await;
        assert_eq!(client.until(DATA).await.stream, 5);
    }
    assert_eq!(client.until(RST_STREAM).await.stream, 5);
}

#[tokio::test]
async fn resets_stream_whose_last_chunk_is_not_read() {
    let (_, service) = service();
    let server = Server::start_with(service, |serve| serve.write_timeout(SHORT)).await;
    let mut client = RawHttp2::connect(server.addr, 1).await;
    let text = "x".repeat(8000);
    let path = format!(
        "{READ}?input={}",
        crate::harness::input(&format!(r#"{{"text":"{text}"}}"#))
    );
    client.get(1, &path, &[]).await;
    assert_eq!(client.until(DATA).await.payload.len(), 1);
    // HTTP/2 would buffer the rest until the connection closes.
    assert_eq!(client.until(RST_STREAM).await.stream, 1);
}

#[tokio::test]
async fn client_that_does_not_read_does_not_delay_shutdown() {
    let (_, service) = service();
    let mut server = Server::start_with(service, |serve| {
        serve
            .write_timeout(SHORT)
            .shutdown_grace_period(TIMEOUT * 10)
    })
    .await;
    let mut client = RawHttp2::connect(server.addr, 0).await;
    client.get(1, "/api/mizan/call/large", &[]).await;
    client.until(HEADERS).await;
    // The client does not answer the ping that would confirm the arrival of GOAWAY.
    server.stop();
    within_timeout(server.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn delivers_large_bodies_completely() {
    let (_, service) = service();
    let server = Server::start(service).await;
    let mut client = server.connect_http2().await;
    for method in ["GET", "HEAD"] {
        let request = http::Request::builder().method(method);
        let request = bodiless(request.uri("http://localhost/api/mizan/call/large"));
        let reply = within_timeout(client.send_request(request)).await.unwrap();
        let length = reply.headers()["content-length"].to_str().unwrap();
        assert_eq!(length, (1024 * 1024 + 2).to_string());
        let body = within_timeout(reply.into_body().collect())
            .await
            .unwrap()
            .to_bytes();
        let expected = if method == "GET" { 1024 * 1024 + 2 } else { 0 };
        assert_eq!(body.len(), expected);
    }
}

#[tokio::test]
async fn limits_the_number_of_headers() {
    let (_, service) = service();
    let server = Server::start(service).await;
    let mut client = server.connect_http2().await;
    let uri = format!("http://localhost{READ}");
    let with_headers = |count: usize| {
        let mut request = get(&uri);
        for _ in 0..count {
            request.headers_mut().append("x", "y".parse().unwrap());
        }
        request
    };
    for (request, status) in [
        (with_headers(100), 200),
        (with_headers(101), 431),
        (with_headers(1500), 431),
        // Browsers send each cookie in its own header.
        (with(get(&uri), &[("cookie", "a=b"); 150]), 200),
    ] {
        let reply = within_timeout(client.send_request(request)).await.unwrap();
        assert_eq!(reply.status(), status);
    }
    // The same limit as over HTTP/1.1.
    let lines = "x: y\r\n".repeat(101);
    let head = format!("GET {READ} HTTP/1.1\r\nhost: localhost\r\n{lines}\r\n");
    let mut socket = server.connect().await;
    socket.send(head).await;
    assert_eq!(socket.head().await.status, 431);
}

/// `cargo test -p mizan-http --test it -- --ignored ten_thousand_idle_connections --nocapture`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "opens 10,000 connections; needs `ulimit -n 25000`"]
async fn ten_thousand_idle_connections_do_not_block_other_clients() {
    let (_, service) = service();
    let server = Server::start(service).await;
    let mut held = Vec::new();
    let mut refused = 0;
    let began = Instant::now();
    for _ in 0..10_100 {
        let mut client = RawHttp2::connect(server.addr, WINDOW).await;
        client.get(1, "/nothing", &[]).await;
        match client.frame().await {
            Some(_) => held.push(client),
            None => refused += 1,
        }
    }
    println!(
        "held {}, refused {refused}, {:?}",
        held.len(),
        began.elapsed()
    );
    assert!(held.len() <= 10_000 / 4);
    // From another address, because this one has reached its limit.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let began = Instant::now();
    let stream = socket.connect(server.addr).await.unwrap();
    let mut other = crate::harness::Socket::from(stream);
    other.send(crate::harness::echo("hi")).await;
    assert_eq!(other.reply().await.status, 200);
    println!("answered another client after {:?}", began.elapsed());
    let began = Instant::now();
    for client in &mut held {
        client.read_to_end().await;
    }
    println!("closed all connections after another {:?}", began.elapsed());
}
