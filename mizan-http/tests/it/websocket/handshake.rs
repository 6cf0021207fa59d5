//! The opening handshake.

use std::sync::Arc;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use mizan_channels::Channels;
use mizan_channels::broker::MemoryBroker;
use mizan_core::Registry;
use mizan_http::MizanService;
use serde_json::json;
use tokio::net::TcpListener;

use super::app::{ByName, Chat, TestState, app, start_server};
use super::client::{Client, Sent, handshake};
use crate::harness::{Server, raw_get};

#[tokio::test]
async fn rejects_cross_site_pages() {
    let running = start_server(|_| {}).await;
    for (headers, status) in [
        ("", 101),
        ("origin: http://localhost\r\n", 101),
        ("origin: https://localhost\r\ncookie: user=mia\r\n", 101),
        (
            "origin: https://friend.example\r\ncookie: user=mia\r\n",
            101,
        ),
        (
            "origin: https://proxied.example\r\nsec-fetch-site: same-origin\r\n",
            101,
        ),
        ("cookie: user=mia\r\n", 403),
        ("origin: https://evil.example\r\n", 403),
        ("origin: https://evil.example\r\ncookie: user=mia\r\n", 403),
        ("origin: http://localhost.evil.example\r\n", 403),
        ("origin: null\r\n", 403),
        (
            "origin: http://localhost\r\nsec-fetch-site: cross-site\r\n",
            403,
        ),
        (
            "origin: http://localhost\r\nsec-fetch-site: same-site\r\n",
            403,
        ),
    ] {
        let (reply, _) = Client::try_connect(running.server.addr, &handshake(headers)).await;
        assert_eq!(reply.status, status, "{headers}");
    }
    running.server.assert_works().await;
}

#[tokio::test]
async fn rejects_invalid_handshakes() {
    let running = start_server(|_| {}).await;
    for (from, to, status) in [
        ("GET /", "POST /", 405),
        ("upgrade: websocket", "upgrade: h2c", 400),
        ("keep-alive, Upgrade", "keep-alive", 400),
        ("-version: 13", "-version: 8", 426),
        ("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", 400),
        (
            "dGhlIHNhbXBsZSBub25jZQ==",
            "dGhlIHNhbXBsZSBub25jZQ\"\"",
            400,
        ),
        ("mizan.v1.json", "mizan.v2.json", 400),
        ("sec-websocket-protocol: mizan.v1.json\r\n", "", 400),
        ("mizan.v1.json", "other, mizan.v1.json", 101),
        ("upgrade: websocket", "UPGRADE: WebSocket", 101),
    ] {
        let request = handshake("");
        assert!(request.contains(from), "{from}");
        let (reply, _) = Client::try_connect(running.server.addr, &request.replace(from, to)).await;
        assert_eq!(reply.status, status, "{from} -> {to}");
        if status == 426 {
            assert_eq!(reply.header("sec-websocket-version"), Some("13"));
        }
    }
    let plain = running.server.request(raw_get("/api/mizan/ws")).await;
    assert_eq!(plain.failure(), (400, "malformed".to_owned()));
}

#[tokio::test]
async fn rejects_websockets_beyond_the_limit() {
    let running = start_server(|limits| limits.max_connections = 2).await;
    let first = Client::hello(running.server.addr, "mia").await;
    let _second = Client::hello(running.server.addr, "mia").await;
    let (reply, _) = Client::try_connect(running.server.addr, &handshake("")).await;
    assert_eq!(reply.status, 503);
    drop(first);
    while running.channels.connection_count() > 1 {
        tokio::task::yield_now().await;
    }
    Client::hello(running.server.addr, "mia").await;
}

fn service() -> MizanService<ByName> {
    let channels = Channels::new(MemoryBroker::new());
    MizanService::builder(app(channels, &Arc::default()))
        .authenticate(ByName(Arc::default()))
        .build()
        .unwrap()
}

#[tokio::test]
async fn upgrades_in_axum_router() {
    let router = axum::Router::new().nest_service("/api/mizan", service());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut client = Client::hello(addr, "mia").await;
    client.join("feed", "tea").await;
}

#[tokio::test]
async fn upgrades_in_plain_hyper_if_enabled() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let service = TowerToHyperService::new(service());
    tokio::spawn(async move {
        let builder = http1::Builder::new();
        let (stream, _) = listener.accept().await.unwrap();
        let upgradable = builder.serve_connection(TokioIo::new(stream), service.clone());
        upgradable.with_upgrades().await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let _ = builder
            .serve_connection(TokioIo::new(stream), service)
            .await;
    });
    let mut client = Client::hello(addr, "mia").await;
    client.join("feed", "tea").await;
    drop(client);
    let (reply, mut client) = Client::try_connect(addr, &handshake("")).await;
    assert_eq!(reply.status, 101);
    assert_eq!(
        client.received().await,
        Sent::End,
        "the upgrade is not handled"
    );
}

#[tokio::test]
async fn rejects_websocket_without_channels() {
    let (_, service) = crate::harness::service();
    let server = Server::start(service).await;
    let (reply, _) = Client::try_connect(server.addr, &handshake("")).await;
    assert_eq!(reply.status, 404);
    let registry = Registry::new()
        .channel::<Chat>()
        .state(Arc::<TestState>::default());
    let app = registry.build().unwrap();
    let error = MizanService::builder(app).build().unwrap_err().to_string();
    assert!(error.contains(".state(channels)"), "{error}");
}

#[tokio::test]
async fn reads_frames_sent_with_the_handshake() {
    let running = start_server(|_| {}).await;
    let hello = json!({ "t": "hello", "client": "page-of-x", "token": "mia" }).to_string();
    let sub = json!({ "t": "sub", "sub": 1, "channel": "feed", "params": { "room": "a" } });
    let mut bytes = handshake("").into_bytes();
    bytes.extend(super::client::text(&hello));
    bytes.extend(super::client::text(&sub.to_string()));
    let mut socket = running.server.connect().await;
    socket.send(bytes).await;
    socket.head().await;
    let (stream, read) = socket.into_parts();
    let mut client = Client::from_parts(stream, read);
    client.next("welcome").await;
    client.next("subok").await;
}
