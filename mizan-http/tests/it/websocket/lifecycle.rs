//! The start, continuation and end of connections and subscriptions.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mizan_core::Channel;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::app::{Feed, Ledger, Prices, Room, start_server};
use super::client::{Client, Sent, handshake};
use crate::harness::within_timeout;

#[tokio::test]
async fn revoked_session_closes_at_once() {
    let running = start_server(|_| {}).await;
    let mut mia = Client::hello(running.server.addr, "mia").await;
    mia.join("chat", "tea").await;
    let mut ole = Client::hello(running.server.addr, "ole").await;
    ole.join("feed", "tea").await;
    let start = Instant::now();
    running
        .channels
        .revoke_session("session-of-mia")
        .await
        .unwrap();
    assert_eq!(mia.closed().await.0, 4403);
    assert!(start.elapsed() < Duration::from_secs(10));
    let params = Room::new("tea");
    running
        .channels
        .publish::<Feed>(&params, "on".to_owned())
        .await
        .unwrap();
    assert_eq!(ole.until("pub").await["data"], "on");
    running.channels.revoke_user("ole").await.unwrap();
    assert_eq!(ole.closed().await.0, 4403);
}

#[tokio::test]
async fn ended_session_closes_its_websockets() {
    let running = start_server(|_| {}).await;
    let mut mia = Client::hello(running.server.addr, "mia").await;
    mia.join("feed", "tea").await;
    let mut ole = Client::hello(running.server.addr, "ole").await;
    ole.join("feed", "tea").await;
    let start = Instant::now();
    running.state.session_ended.notify_one();
    assert_eq!(mia.closed().await.0, 4403);
    assert!(start.elapsed() < Duration::from_secs(10));
    let params = Room::new("tea");
    let published = running.channels.publish::<Feed>(&params, "on".to_owned());
    published.await.unwrap();
    assert_eq!(ole.until("pub").await["data"], "on");
}

#[tokio::test]
async fn websockets_of_a_user_with_other_permissions_are_authorized_again() {
    let running = start_server(|_| {}).await;
    let mut mia = Client::hello(running.server.addr, "mia").await;
    mia.join("feed", "tea").await;
    let mut ole = Client::hello(running.server.addr, "ole").await;
    ole.join("feed", "tea").await;
    let report = running.state.permission_observer.get().unwrap();
    for (user, client) in [("mia", &mut mia), ("ole", &mut ole)] {
        report(user);
        let changed = Sent::Text(r#"{"t":"ping","permissions":true}"#.to_owned());
        while client.received().await != changed {}
    }
}

#[tokio::test]
async fn subscriptions_are_reauthorized_periodically() {
    let running = start_server(|_| {}).await;
    let mut client = Client::hello(running.server.addr, "mia").await;
    client.join("chat", "tea").await;
    running.state.is_closed.store(true, Ordering::Relaxed);
    let ended = client.until("unsub").await;
    assert_eq!(
        (&ended["sub"], &ended["code"]),
        (&json!(1), &json!("forbidden"))
    );
    // The connection remains open.
    client.join("feed", "tea").await;
}

#[tokio::test]
async fn expired_credential_is_renewed_or_closes_the_connection() {
    let running =
        start_server(|limits| limits.reauthentication_timeout = Duration::from_millis(300)).await;
    let mut renewing = Client::hello(running.server.addr, "mia").await;
    renewing.join("chat", "tea").await;
    let mut late = Client::hello(running.server.addr, "ole").await;
    late.join("chat", "tea").await;
    running
        .state
        .credentials_expired
        .store(true, Ordering::Relaxed);
    assert_eq!(renewing.until("reauth").await["within"], 300);
    renewing
        .send(&json!({ "t": "auth", "token": "mia-again" }))
        .await;
    assert_eq!(late.closed().await.0, 4401);
    tokio::time::sleep(Duration::from_millis(400)).await;
    renewing
        .send(&json!({ "t": "msg", "sub": 1, "mid": "m", "data": "still here" }))
        .await;
    assert_eq!(renewing.until("reply").await["data"], 1);
}

#[tokio::test]
async fn connection_cannot_change_its_user() {
    let running = start_server(|_| {}).await;
    let mut client = Client::hello(running.server.addr, "mia").await;
    client.send(&json!({ "t": "auth", "token": "ole" })).await;
    assert_eq!(client.closed().await.0, 4403);
    let mut client = Client::hello(running.server.addr, "mia").await;
    client.send(&json!({ "t": "auth", "token": "wrong" })).await;
    assert_eq!(client.closed().await.0, 4401);
    let mut client = Client::connect(running.server.addr, "").await;
    client
        .send(&json!({ "t": "hello", "client": "page-of-x", "token": "wrong" }))
        .await;
    assert_eq!(client.closed().await.0, 4401);
    let own = "cookie: user=eve\r\norigin: http://localhost\r\n";
    let mut client = Client::connect(running.server.addr, own).await;
    client
        .send(&json!({ "t": "hello", "client": "page-of-x" }))
        .await;
    assert_eq!(client.next("welcome").await["user"], "eve");
}

#[tokio::test]
async fn draining_disconnects_clients_gradually() {
    let running = start_server(|_| {}).await;
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(Client::hello(running.server.addr, "mia").await);
    }
    let channels = running.channels.clone();
    let drained = tokio::spawn(async move { channels.drain(Duration::from_secs(1)).await });
    let mut waits = Vec::new();
    for client in &mut clients {
        waits.push(client.next("drain").await["after"].as_u64().unwrap());
    }
    let (reply, _) = Client::try_connect(running.server.addr, &handshake("")).await;
    assert_eq!(
        (reply.status, reply.header("retry-after")),
        (503, Some("1"))
    );
    clients[0].sub("feed", "tea").await;
    for client in &mut clients {
        assert_eq!(client.closed().await.0, 1012);
    }
    waits.sort_unstable();
    waits.dedup();
    assert!(
        waits.len() > 4 && waits[waits.len() - 1] <= 1000,
        "{waits:?}"
    );
    drop(clients);
    within_timeout(drained).await.unwrap();
    assert_eq!(running.channels.connection_count(), 0);
}

#[tokio::test]
async fn silent_client_is_pinged_and_then_disconnected() {
    let running = start_server(|limits| {
        limits.heartbeat_interval = Duration::from_millis(100);
        limits.pong_timeout = Duration::from_millis(100);
        limits.hello_timeout = Duration::from_millis(300);
    })
    .await;
    let ping = Sent::Text(r#"{"t":"ping"}"#.to_owned());
    let mut silent = Client::hello(running.server.addr, "mia").await;
    assert_eq!(silent.received().await, ping);
    assert_eq!(silent.closed().await.0, 4408);
    let mut alive = Client::hello(running.server.addr, "ole").await;
    for _ in 0..3 {
        assert_eq!(alive.received().await, ping);
        alive.send(&json!({ "t": "pong" })).await;
    }
    alive.join("feed", "tea").await;
    let mut mute = Client::connect(running.server.addr, "").await;
    assert_eq!(mute.closed().await.0, 4408);
}

/// Publishes enough messages to fill the socket buffers.
async fn flood<C>(channels: &mizan_channels::Channels)
where
    C: Channel<Params = Room, ServerMessage = String>,
{
    let text = "x".repeat(60_000);
    for _ in 0..300 {
        let params = Room::new("tea");
        channels.publish::<C>(&params, text.clone()).await.unwrap();
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn slow_reader_receives_gaps_and_does_not_delay_others() {
    let running = start_server(|_| {}).await;
    let mut clients = Vec::new();
    for channel in ["feed", "prices", "ledger"] {
        let mut client = Client::hello(running.server.addr, "mia").await;
        client.join(channel, "tea").await;
        clients.push(client);
    }
    let mut reader = Client::hello(running.server.addr, "ole").await;
    reader.join("feed", "tea").await;
    let mut at = 0;
    let reading = async {
        while at < 300 {
            let frame = reader.next("pub").await;
            assert_eq!(frame["prev"], at);
            at = frame["offset"].as_u64().unwrap();
        }
    };
    let floods = async {
        flood::<Prices>(&running.channels).await;
        flood::<Ledger>(&running.channels).await;
        flood::<Feed>(&running.channels).await;
    };
    tokio::join!(within_timeout(floods), within_timeout(reading));
    for (client, reason) in clients[..2].iter_mut().zip(["slow", "latest"]) {
        let gap = client.until("gap").await;
        assert_eq!(gap["reason"], reason);
        let mut at = gap["offset"].as_u64().unwrap();
        let mut gaps = 1;
        let mut last = gap["t"].clone();
        while at < 300 {
            let frame = client.any().await;
            if frame["t"] == "gap" {
                assert_eq!(frame["from"]["offset"], at);
                gaps += 1;
            } else {
                assert_eq!(frame["prev"], at);
            }
            at = frame["offset"].as_u64().unwrap();
            last = frame["t"].clone();
        }
        assert!(gaps < 20, "{reason}: {gaps}");
        assert!(
            reason != "latest" || last == "pub",
            "the latest message arrived"
        );
    }
    assert_eq!(clients[2].closed().await.0, 4421);
}

#[tokio::test]
async fn disconnects_client_that_does_not_read() {
    let running = start_server(|limits| limits.write_timeout = Duration::from_millis(500)).await;
    let mut client = Client::hello(running.server.addr, "mia").await;
    client.join("feed", "tea").await;
    within_timeout(flood::<Feed>(&running.channels)).await;
    let gone = async {
        while running.channels.connection_count() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within_timeout(gone).await;
    // The client sees a reset connection.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut failed = false;
    for _ in 0..100 {
        failed |= client.stream.write_all(&[0; 1024]).await.is_err();
    }
    assert!(failed);
}
