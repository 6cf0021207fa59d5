//! Clients that violate the protocol or the limits, without effect on other clients.

use serde_json::{Value, json};

use super::app::{Feed, Room, RunningServer, start_server};
use super::client::{BINARY, Client, FIN, PING, TEXT, frame, text};

/// A connection that must keep working while others misbehave.
struct Witness {
    client: Client,
    at: u64,
}

impl Witness {
    async fn new(running: &RunningServer) -> Self {
        let mut client = Client::hello(running.server.addr, "witness").await;
        client.join("feed", "witness").await;
        Self { client, at: 0 }
    }

    async fn assert_unaffected(&mut self, running: &RunningServer) {
        let params = Room::new("witness");
        running
            .channels
            .publish::<Feed>(&params, "well".to_owned())
            .await
            .unwrap();
        let received = self.client.next("pub").await;
        assert_eq!(received["prev"], self.at);
        self.at = received["offset"].as_u64().unwrap();
    }
}

async fn hello(running: &RunningServer) -> Client {
    Client::hello(running.server.addr, "mallory").await
}

#[tokio::test]
async fn protocol_violations_close_the_connection_with_a_reason() {
    let running = start_server(|_| {}).await;
    let mut witness = Witness::new(&running).await;
    let sub = r#"{"t":"sub","sub":1,"channel":"feed","params":{"room":"a"}}"#;
    let deep = format!("{{\"t\":\"pong\",\"x\":{}", "[".repeat(30_000));
    for (name, bytes, code) in [
        ("binary", frame(FIN | BINARY, b"{}"), 1003),
        ("too large", text(&"x".repeat(70_000)), 1009),
        (
            "too large in fragments",
            [
                frame(TEXT, &[b'x'; 40_000]),
                frame(0, &[b'x'; 40_000]),
                frame(FIN, &[b'x'; 40_000]),
            ]
            .concat(),
            1009,
        ),
        ("garbage", text("{]"), 4400),
        ("an empty message", text(""), 4400),
        ("not an object", text("[1]"), 4400),
        ("deeply nested and incomplete", text(&deep), 4400),
        ("a missing type", text("{}"), 4400),
        ("an unknown type", text(r#"{"t":"launch"}"#), 4400),
        (
            "a type that only servers send",
            text(r#"{"t":"welcome"}"#),
            4400,
        ),
        (
            "a second hello",
            text(r#"{"t":"hello","client":"abcdefgh"}"#),
            4400,
        ),
        (
            "a subscription id in use",
            [text(sub), text(sub)].concat(),
            4400,
        ),
        (
            "other params for the same subscription id",
            [text(sub), text(&sub.replace("\"a\"", "\"b\""))].concat(),
            4400,
        ),
        (
            "invalid UTF-8",
            frame(FIN | TEXT, b"{\"t\":\"\xff\"}"),
            1007,
        ),
    ] {
        let mut client = hello(&running).await;
        client.raw(bytes).await;
        let (found, reason) = client.closed().await;
        assert_eq!(found, code, "{name}: {reason}");
        assert!(!reason.is_empty(), "{name}");
        witness.assert_unaffected(&running).await;
    }
}

#[tokio::test]
async fn rejects_message_before_hello() {
    let running = start_server(|_| {}).await;
    for first in [
        r#"{"t":"sub","sub":1,"channel":"feed","params":{"room":"a"}}"#,
        r#"{"t":"msg","sub":1,"mid":"m","data":1}"#,
        r#"{"t":"pong"}"#,
    ] {
        let mut client = Client::connect(running.server.addr, "").await;
        client.raw(text(first)).await;
        assert_eq!(client.closed().await.0, 4400, "{first}");
    }
}

#[tokio::test]
async fn limits_subscriptions_per_connection() {
    let running = start_server(|limits| limits.max_frames_per_second = 100_000).await;
    let mut witness = Witness::new(&running).await;
    let mut client = hello(&running).await;
    let subs: Vec<u8> = (0..10_000)
        .flat_map(|sub| {
            let params = json!({ "room": sub.to_string() });
            text(
                &json!({ "t": "sub", "sub": sub, "channel": "feed", "params": params }).to_string(),
            )
        })
        .collect();
    // The server may stop reading before all bytes are sent.
    let _ = tokio::io::AsyncWriteExt::write_all(&mut client.stream, &subs).await;
    assert_eq!(client.closed().await.0, 4413);
    witness.assert_unaffected(&running).await;
}

#[tokio::test]
async fn client_is_outdated_if_the_channel_has_changed_and_refuses_it() {
    let running = start_server(|_| {}).await;
    let mut client = hello(&running).await;
    for (channel, params, code, is_outdated) in [
        ("nowhere", json!({}), "unknown_channel", true),
        ("chat", json!({}), "invalid", true),
        ("chat", json!({ "room": "of-ole" }), "forbidden", false),
    ] {
        let sub = json!({ "t": "sub", "sub": 1, "channel": channel, "contract": "00000000", "params": params });
        client.send(&sub).await;
        let refused = client.next("unsub").await;
        assert_eq!(refused["code"], code, "{refused}");
        assert_eq!(refused["outdated"] == true, is_outdated, "{refused}");
    }
    let sub = json!({ "t": "sub", "sub": 2, "channel": "chat", "contract": "00000000", "params": { "room": "tea" } });
    client.send(&sub).await;
    client.next("subok").await;
    client.next("presence").await;
    let message = json!({ "t": "msg", "sub": 2, "mid": "m", "data": { "no": "text" } });
    client.send(&message).await;
    let reply = client.next("reply").await;
    assert_eq!(reply["error"]["code"], "invalid", "{reply}");
    assert_eq!(reply["error"]["outdated"], true, "{reply}");
}

#[tokio::test]
async fn rejected_subscription_does_not_close_the_connection() {
    let running = start_server(|_| {}).await;
    let mut client = hello(&running).await;
    let deep = serde_json::from_str::<Value>(&format!("{}{}", "[".repeat(70), "]".repeat(70)));
    for (channel, params, code) in [
        ("nowhere", json!({}), "unknown_channel"),
        ("chat", json!({}), "invalid"),
        ("chat", json!({ "room": 7 }), "invalid"),
        ("chat", json!({ "room": "a", "user": "ole" }), "invalid"),
        ("chat", json!([1]), "invalid"),
        ("chat", json!({ "room": deep.unwrap() }), "malformed"),
        ("chat", json!({ "room": "of-ole" }), "forbidden"),
    ] {
        client
            .send(&json!({ "t": "sub", "sub": 1, "channel": channel, "params": params }))
            .await;
        let refused = client.next("unsub").await;
        assert_eq!(refused["code"], code, "{refused}");
        assert!(refused["message"].is_string());
        assert_eq!(refused.get("outdated"), None);
    }
    client
        .send(&json!({ "t": "msg", "sub": 1, "mid": "m", "data": 1 }))
        .await;
    assert_eq!(
        client.next("reply").await["error"]["code"],
        "not_subscribed"
    );
    client.join("chat", "of-mallory").await;
    client.next("presence").await;
    client
        .send(&json!({ "t": "msg", "sub": 1, "mid": "n", "data": { "no": "text" } }))
        .await;
    assert_eq!(client.next("reply").await["error"]["code"], "invalid");
    // Anonymous users may not chat.
    let mut anonymous = Client::connect(running.server.addr, "").await;
    anonymous
        .send(&json!({ "t": "hello", "client": "page-of-x" }))
        .await;
    assert_eq!(anonymous.next("welcome").await.get("user"), None);
    anonymous.sub("chat", "tea").await;
    assert_eq!(anonymous.next("unsub").await["code"], "unauthenticated");
}

#[tokio::test]
async fn limits_message_rate() {
    let running = start_server(|_| {}).await;
    let mut witness = Witness::new(&running).await;
    for flood in [frame(FIN | PING, b"?"), text(r#"{"t":"pong"}"#)] {
        let mut client = hello(&running).await;
        client.raw(flood.repeat(300)).await;
        assert_eq!(client.closed().await.0, 4429);
        witness.assert_unaffected(&running).await;
    }
    // Exactly the allowed number succeeds.
    let mut client = hello(&running).await;
    client.raw(text(r#"{"t":"pong"}"#).repeat(200)).await;
    client.join("feed", "tea").await;
}

#[tokio::test]
async fn survives_random_bytes() {
    let running = start_server(|_| {}).await;
    let mut witness = Witness::new(&running).await;
    let mut seed = 42_u64;
    for _ in 0..100 {
        let mut client = Client::connect(running.server.addr, "").await;
        let bytes: Vec<u8> = (0..200)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (seed >> 56) as u8
            })
            .collect();
        client.raw(bytes).await;
    }
    witness.assert_unaffected(&running).await;
}
