//! Live queries over connections: changes, permissions, positions and limits.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mizan_channels::broker::{Broker, MemoryBroker};
use mizan_channels::suite::within_timeout;
use mizan_channels::{Channels, ConnectionLimits, RegisterChannels as _};
use mizan_core::{App, Cx, Decision, Error, Invalidation, Registry, client};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::connections::{Client, Server};

/// The members who may read the posts.
#[derive(Clone, Default)]
struct Readers(Arc<Mutex<HashSet<String>>>);

impl Readers {
    fn add(&self, reader: &str) {
        self.0.lock().insert(reader.to_owned());
    }

    fn remove(&self, reader: &str) {
        self.0.lock().remove(reader);
    }
}

async fn is_reader(cx: &Cx) -> Decision {
    let readers = cx.state::<Readers>().0.lock();
    cx.principal()
        .id()
        .is_some_and(|id| readers.contains(id))
        .into()
}

#[client(query, live, auth = is_reader)]
pub(crate) async fn title(_: &Cx, id: u32, locale: Option<String>) -> Result<String, Error> {
    drop(locale);
    Ok(format!("title {id}"))
}

#[client(query, live)]
async fn total() -> Result<u32, Error> {
    Ok(1)
}

/// The number of calls of `stock`, and its result.
static CALLS: AtomicU32 = AtomicU32::new(0);
static STOCK: AtomicU32 = AtomicU32::new(5);

/// Does not depend on the caller, because it has no `cx`.
#[client(query, live, auth = is_reader)]
async fn stock(size: usize) -> Result<String, Error> {
    CALLS.fetch_add(1, Ordering::SeqCst);
    let count = STOCK.load(Ordering::SeqCst);
    assert_ne!(count, 0, "a failure for the test");
    Ok(format!("{count:size$}"))
}

#[client(query)]
async fn visits() -> Result<u32, Error> {
    Ok(1)
}

pub(crate) fn server(
    broker: impl Broker,
    set_limits: impl FnOnce(&mut ConnectionLimits),
) -> Server {
    let mut limits = ConnectionLimits::default();
    set_limits(&mut limits);
    let channels = Channels::with_limits(broker, limits);
    let readers = Readers::default();
    readers.add("ada");
    readers.add("ben");
    let app = Registry::new()
        .channels(channels.clone())
        .state(readers)
        .function::<Title>()
        .function::<Total>()
        .function::<Visits>()
        .function::<Stock>()
        .build()
        .unwrap();
    Server::of_app(channels, app)
}

fn memory_server() -> Server {
    server(MemoryBroker::new(), |_| {})
}

pub(crate) fn follow(
    client: &mut Client,
    sub: u32,
    query: &str,
    params: &Value,
    since: Option<&Value>,
) {
    let mut frame =
        json!({ "t": "sub", "sub": sub, "channel": format!("query:{query}"), "params": params });
    if let Some(since) = since {
        frame["since"] = since.clone();
    }
    client.send(&frame);
}

/// Subscribes to the title of a post.
pub(crate) async fn title_of(client: &mut Client, sub: u32, id: u32) -> Value {
    follow(client, sub, "title", &json!({ "id": id }), None);
    client.until("subok").await
}

pub(crate) async fn change_title(app: &App, id: u32) {
    let invalidation = Invalidation::function::<Title>().with("id", id);
    within_timeout(app.invalidate(invalidation)).await.unwrap();
}

#[tokio::test]
async fn tells_the_subscribers_of_the_changed_query_only() {
    let server = memory_server();
    let [mut ada, mut ben] = [server.connect("ada").await, server.connect("ben").await];
    title_of(&mut ada, 1, 7).await;
    follow(
        &mut ben,
        1,
        "title",
        &json!({ "id": 7, "locale": "de" }),
        None,
    );
    let start = ben.until("subok").await;
    title_of(&mut ben, 2, 8).await;
    change_title(&server.app, 7).await;
    let changed = ada.until("pub").await;
    let (sub, data) = (&changed["sub"], &changed["data"]);
    assert_eq!((sub, data), (&json!(1), &Value::Null));
    assert_eq!(changed["prev"], start["offset"]);
    assert_eq!(ben.until("pub").await["sub"], 1);
    change_title(&server.app, 8).await;
    assert_eq!(ben.until("pub").await["sub"], 2);
    within_timeout(server.app.invalidate("*")).await.unwrap();
    let both: HashSet<_> = [ben.until("pub").await, ben.until("pub").await]
        .map(|changed| changed["sub"].as_u64())
        .into();
    assert_eq!(both, [Some(1), Some(2)].into());
}

#[tokio::test]
async fn continues_from_the_position_of_the_data() {
    let server = memory_server();
    let mut ada = server.connect("ada").await;
    let start = title_of(&mut ada, 1, 7).await;
    let before = json!({ "epoch": start["epoch"], "offset": start["offset"] });
    change_title(&server.app, 7).await;
    ada.until("pub").await;
    let position = server.channels.live_position().unwrap();
    let after = json!({ "epoch": position.epoch, "offset": position.offset });
    for (id, since, is_changed) in [(7, &before, true), (7, &after, false), (8, &before, false)] {
        let mut ben = server.connect("ben").await;
        // No other subscriber has this query.
        let input = json!({ "id": id, "locale": "de" });
        follow(&mut ben, 1, "title", &input, Some(since));
        assert_eq!(ben.until("subok").await["recovered"], true);
        // A change is sent directly after the confirmation, and so before the confirmation of another subscription.
        follow(&mut ben, 2, "total", &json!({}), None);
        let mut frames = vec![ben.any().await];
        while frames.last().unwrap()["t"] != "subok" {
            frames.push(ben.any().await);
        }
        let is_told = frames.iter().any(|frame| frame["t"] == "pub");
        assert_eq!(is_told, is_changed, "{id} {since} {frames:?}");
    }
    let mut ben = server.connect("ben").await;
    let lost = json!({ "epoch": "another", "offset": 3 });
    follow(&mut ben, 1, "title", &json!({ "id": 7 }), Some(&lost));
    assert_eq!(ben.until("subok").await["recovered"], false);
    assert_eq!(ben.until("gap").await["reason"], "epoch");
}

#[tokio::test]
async fn asks_the_policy_for_each_subscriber_and_again_after_changes() {
    let server = memory_server();
    let mut eve = server.connect("eve").await;
    follow(&mut eve, 1, "title", &json!({ "id": 7 }), None);
    assert_eq!(eve.until("unsub").await["code"], "forbidden");
    let mut anonymous = server.connect("").await;
    follow(&mut anonymous, 1, "title", &json!({ "id": 7 }), None);
    assert_eq!(anonymous.until("unsub").await["code"], "unauthenticated");

    let mut ada = server.connect("ada").await;
    title_of(&mut ada, 1, 7).await;
    server.app.state::<Readers>().unwrap().remove("ada");
    server.channels.permissions_changed("ada").await.unwrap();
    let ended = ada.until("unsub").await;
    assert_eq!(
        (&ended["sub"], &ended["code"]),
        (&json!(1), &json!("forbidden"))
    );
}

#[tokio::test]
async fn refuses_other_functions_and_inputs() {
    let server = server(MemoryBroker::new(), |limits| {
        limits.max_live_input_bytes = 64;
    });
    let mut ada = server.connect("ada").await;
    let long = "x".repeat(64);
    for (query, params, code) in [
        ("visits", json!({}), "unknown_channel"),
        ("nothing", json!({}), "unknown_channel"),
        ("title", json!({ "id": "seven" }), "invalid"),
        ("title", json!([7]), "malformed"),
        ("title", json!({ "id": 7, "locale": long }), "malformed"),
    ] {
        follow(&mut ada, 1, query, &params, None);
        assert_eq!(ada.until("unsub").await["code"], code, "{query} {params}");
    }
}

#[tokio::test]
async fn limits_the_live_queries_of_a_client() {
    let server = server(MemoryBroker::new(), |limits| {
        limits.max_live_queries_per_client = 2;
    });
    let address = Some([192, 0, 2, 1].into());
    let mut ada = server.connect_from("ada", address).await;
    let mut ben = server.connect_from("ben", address).await;
    title_of(&mut ada, 1, 1).await;
    title_of(&mut ada, 2, 2).await;
    follow(&mut ben, 1, "title", &json!({ "id": 1 }), None);
    assert_eq!(ben.until("unsub").await["code"], "rate_limited");
    ada.send(&json!({ "t": "unsub", "sub": 1 }));
    ada.until("unsub").await;
    title_of(&mut ben, 1, 1).await;
}

#[tokio::test(start_paused = true)]
async fn coalesces_a_storm_of_changes() {
    const CHANGES: u64 = 1_000;
    let server = memory_server();
    let mut ada = server.connect("ada").await;
    let start = title_of(&mut ada, 1, 7).await["offset"].as_u64().unwrap();
    // A thousand changes within a second.
    for _ in 0..CHANGES {
        change_title(&server.app, 7).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let frames = ada.frames_within(Duration::from_secs(2)).await;
    let told: Vec<_> = frames.iter().filter(|frame| frame["t"] == "pub").collect();
    let last = told.last().unwrap()["offset"].as_u64().unwrap();
    assert_eq!(last, start + CHANGES);
    assert!((2..=20).contains(&told.len()), "{} messages", told.len());
}

async fn stock_changed(app: &App, clients: &mut [Client]) -> Vec<Value> {
    let invalidation = Invalidation::function::<Stock>();
    within_timeout(app.invalidate(invalidation)).await.unwrap();
    let mut told = Vec::new();
    for client in clients {
        told.push(client.until("pub").await["data"].clone());
    }
    told
}

#[tokio::test]
async fn computes_a_result_without_caller_once_for_all_subscribers() {
    let server = memory_server();
    let mut clients = [server.connect("ada").await, server.connect("ben").await];
    for client in &mut clients {
        follow(client, 1, "stock", &json!({ "size": 1 }), None);
        client.until("subok").await;
    }
    let first = stock_changed(&server.app, &mut clients).await;
    assert_eq!(first[0]["value"], "5");
    assert_eq!(first[0], first[1]);
    assert_eq!(CALLS.load(Ordering::SeqCst), 1);
    // An unchanged result is not sent again.
    let unchanged = stock_changed(&server.app, &mut clients).await;
    let tag_alone = json!({ "etag": first[0]["etag"] });
    assert_eq!(unchanged, [tag_alone.clone(), tag_alone]);
    STOCK.store(4, Ordering::SeqCst);
    let changed = stock_changed(&server.app, &mut clients).await;
    assert_eq!(changed[1]["value"], "4");
    assert_ne!(changed[1]["etag"], first[1]["etag"]);
    // The subscribers call a function that fails themselves, and get the error.
    STOCK.store(0, Ordering::SeqCst);
    let failed = stock_changed(&server.app, &mut clients).await;
    assert_eq!(failed, [Value::Null, Value::Null]);
}

#[tokio::test]
async fn sends_no_large_result() {
    let server = memory_server();
    let mut clients = [server.connect("ada").await];
    follow(
        &mut clients[0],
        1,
        "stock",
        &json!({ "size": 20_000 }),
        None,
    );
    clients[0].until("subok").await;
    let told = stock_changed(&server.app, &mut clients).await;
    assert!(told[0]["etag"].is_string());
    assert_eq!(told[0].get("value"), None);
}
