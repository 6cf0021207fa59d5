//! The limits of connections, for all clients together and for each client.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;

use crate::harness::{Server, Socket, echo, service, within_timeout};

async fn connect_from(addr: &str, server: SocketAddr) -> Socket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(addr.parse().unwrap()).unwrap();
    socket.connect(server).await.unwrap().into()
}

/// Sends a request, and returns the connection after the response.
async fn answered(mut socket: Socket) -> Socket {
    socket.send(echo("hi")).await;
    assert_eq!(socket.reply().await.status, 200);
    socket
}

/// Returns whether the server closes the connection instead of answering a request.
async fn is_refused(mut socket: Socket) -> bool {
    let request = echo("hi");
    let sent = within_timeout(socket.stream.write_all(request.as_bytes())).await;
    sent.is_err() || socket.closes_without_response().await
}

#[tokio::test]
async fn limits_connections_per_client() {
    let (_, service) = service();
    let server = Server::start_with(service, |serve| {
        serve
            .max_connections_per_client(2)
            .header_timeout(Duration::from_secs(600))
    })
    .await;
    let first = answered(server.connect().await).await;
    let second = server.connect_http2().await;
    assert!(is_refused(server.connect().await).await);
    // Other clients are not affected.
    let other = answered(connect_from("127.0.0.2:0", server.addr).await).await;
    drop(first);
    within_timeout(async { while is_refused(server.connect().await).await {} }).await;
    drop((second, other));
}

#[tokio::test]
async fn exempts_trusted_proxies() {
    let (_, service) = service();
    let server = Server::start_with(service, |serve| {
        serve.max_connections_per_client(1).trusted_proxies([
            "127.0.0.3/32".parse().unwrap(),
            "::ffff:127.0.0.4/128".parse().unwrap(),
        ])
    })
    .await;
    let mut held = Vec::new();
    for proxy in ["127.0.0.3:0", "127.0.0.4:0"] {
        for _ in 0..5 {
            held.push(answered(connect_from(proxy, server.addr).await).await);
        }
    }
    held.push(answered(server.connect().await).await);
    assert!(is_refused(server.connect().await).await);
}

#[tokio::test]
async fn default_limit_per_client_is_an_eighth() {
    let (_, service) = service();
    let server = Server::start_with(service, |serve| serve.max_connections(800)).await;
    let mut held = Vec::new();
    for _ in 0..100 {
        held.push(answered(server.connect().await).await);
    }
    assert!(is_refused(server.connect().await).await);
    answered(connect_from("127.0.0.2:0", server.addr).await).await;
}
