//! The limits of WebSockets for each client, and their share of the connections.

use std::time::Duration;

use mizan_channels::Channels;
use mizan_channels::broker::MemoryBroker;
use mizan_http::serve::Serve;
use mizan_http::{HttpLimits, MizanService};

use super::app::{ByName, app};
use super::client::{Client, handshake};
use crate::harness::{Server, Socket, raw_get, within_timeout};

async fn server(
    change: impl FnOnce(&mut HttpLimits),
    serve: impl FnOnce(Serve<MizanService<ByName>>) -> Serve<MizanService<ByName>>,
) -> Server {
    let channels = Channels::new(MemoryBroker::new());
    let state = std::sync::Arc::default();
    let mut limits = HttpLimits::default();
    change(&mut limits);
    let service = MizanService::builder(app(channels, &state))
        .authenticate(ByName(state))
        .limits(limits)
        .trusted_proxies(["127.0.0.1/32".parse().unwrap()])
        .build()
        .unwrap();
    Server::start_with(service, serve).await
}

#[tokio::test]
async fn limits_websockets_per_client() {
    let server = server(|limits| limits.max_websockets_per_client = 2, |serve| serve).await;
    let of = |addr: &str| handshake(&format!("x-forwarded-for: {addr}\r\n"));
    let (one, other) = (of("192.0.2.1"), of("192.0.2.2"));
    let (first, held) = Client::try_connect(server.addr, &one).await;
    let (second, _also_held) = Client::try_connect(server.addr, &one).await;
    assert_eq!((first.status, second.status), (101, 101));
    let (reply, _) = Client::try_connect(server.addr, &one).await;
    assert_eq!(
        (reply.status, reply.header("retry-after")),
        (503, Some("1"))
    );
    let (reply, _) = Client::try_connect(server.addr, &other).await;
    assert_eq!(reply.status, 101);
    drop(held);
    let again = async { while Client::try_connect(server.addr, &one).await.0.status != 101 {} };
    within_timeout(again).await;
}

#[tokio::test]
async fn open_websocket_counts_as_connection() {
    let server = server(|_| {}, |serve| serve.max_connections(2)).await;
    let first = Client::connect(server.addr, "").await;
    let second = Client::connect(server.addr, "").await;
    let mut third = server.connect().await;
    third.send(raw_get("/api/mizan/call/read")).await;
    let early = tokio::time::timeout(Duration::from_millis(300), third.reply()).await;
    assert!(early.is_err(), "{early:?}");
    drop(first);
    assert_eq!(third.reply().await.status, 200);
    drop((second, third));

    let server = self::server(|_| {}, |serve| serve.max_connections_per_client(1)).await;
    let first = Client::connect(server.addr, "").await;
    let is_refused = async || {
        let mut socket = Socket::connect(server.addr).await;
        let request = raw_get("/api/mizan/call/read");
        let sent = tokio::io::AsyncWriteExt::write_all(&mut socket.stream, request.as_bytes());
        sent.await.is_err() || socket.closes_without_response().await
    };
    assert!(is_refused().await);
    drop(first);
    within_timeout(async { while is_refused().await {} }).await;
}

#[tokio::test]
async fn limits_the_retained_head() {
    let server = server(|_| {}, |serve| serve).await;
    for (headers, status) in [
        (format!("x: {}\r\n", "y".repeat(15 * 1024)), 101),
        (format!("x: {}\r\n", "y".repeat(17 * 1024)), 431),
        (format!("cookie: {}\r\n", "y".repeat(17 * 1024)), 431),
        // Headers that are not retained do not count.
        (format!("accept: {}\r\n", "y".repeat(17 * 1024)), 101),
    ] {
        let headers = format!("origin: http://localhost\r\n{headers}");
        let (reply, _) = Client::try_connect(server.addr, &handshake(&headers)).await;
        assert_eq!(reply.status, status);
    }
}
