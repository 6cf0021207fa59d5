//! Messages between clients and channels.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::app::{Chat, Feed, Room, start_server};
use super::client::Client;
use crate::harness::raw_post;

#[tokio::test]
async fn two_users_chat() {
    let running = start_server(|_| {}).await;
    let mut mia = Client::hello(running.server.addr, "mia").await;
    let joined = mia.join("chat", "tea").await;
    assert_eq!(joined["snapshot"], "about tea");
    assert_eq!(
        (&joined["recovered"], &joined["offset"]),
        (&json!(false), &json!(0))
    );
    let members = json!([{ "id": "mia", "info": "MIA" }]);
    assert_eq!(mia.next("presence").await["members"], members);
    let mut ole = Client::hello(running.server.addr, "ole").await;
    ole.join("chat", "tea").await;
    assert_eq!(ole.next("presence").await["members"][1]["id"], "ole");
    assert_eq!(mia.next("presence").await["join"][0]["id"], "ole");

    ole.send(&json!({ "t": "msg", "sub": 1, "mid": "m1", "data": "hello" }))
        .await;
    let received = mia.next("pub").await;
    assert_eq!(
        received,
        json!({ "t": "pub", "sub": 1, "offset": 1, "prev": 0, "data": "ole: hello" })
    );
    let mut own = [ole.any().await, ole.any().await];
    own.sort_by_key(|frame| frame["t"].to_string());
    assert_eq!(own[0], received);
    assert_eq!(own[1], json!({ "t": "reply", "mid": "m1", "data": 1 }));

    // Ole opens a second tab, and then closes both.
    let mut tab = Client::hello(running.server.addr, "ole").await;
    tab.join("chat", "tea").await;
    tab.next("presence").await;
    drop(ole);
    tab.send(&json!({ "t": "unsub", "sub": 1 })).await;
    assert_eq!(tab.next("unsub").await, json!({ "t": "unsub", "sub": 1 }));
    assert_eq!(mia.next("presence").await["leave"], json!(["ole"]));
}

#[tokio::test]
async fn resumes_after_reconnect() {
    let running = start_server(|_| {}).await;
    let publish = async |text: &str| {
        let params = Room::new("tea");
        running
            .channels
            .publish::<Feed>(&params, text.to_owned())
            .await
            .unwrap()
    };
    let mut client = Client::hello(running.server.addr, "mia").await;
    let joined = client.join("feed", "tea").await;
    publish("one").await;
    assert_eq!(client.next("pub").await["data"], "one");
    drop(client);
    publish("two").await;
    publish("three").await;
    let since = json!({ "epoch": joined["epoch"], "offset": 1 });
    let resume = async |since: &Value| {
        let mut client = Client::hello(running.server.addr, "mia").await;
        let params = json!({ "room": "tea" });
        client
            .send(&json!({ "t": "sub", "sub": 1, "channel": "feed", "params": params, "since": since }))
            .await;
        client
    };
    let mut client = resume(&since).await;
    let resumed = client.next("subok").await;
    assert_eq!(
        (&resumed["recovered"], &resumed["offset"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(client.next("pub").await["data"], "two");
    let three = client.next("pub").await;
    assert_eq!(
        (&three["prev"], &three["data"]),
        (&json!(2), &json!("three"))
    );

    for number in 0..20 {
        publish(&number.to_string()).await;
    }
    let mut client = resume(&since).await;
    let begun = client.next("subok").await;
    assert_eq!(begun["recovered"], false);
    let gap = client.next("gap").await;
    assert_eq!((&gap["reason"], &gap["from"]), (&json!("history"), &since));
    assert_eq!(gap["offset"], 7);
    assert_eq!(client.next("pub").await["prev"], 7);

    let mut client = resume(&json!({ "epoch": "another", "offset": 1 })).await;
    client.next("subok").await;
    assert_eq!(client.next("gap").await["reason"], "epoch");
}

#[tokio::test]
async fn history_is_read_in_pages_and_on_subscribe() {
    let running = start_server(|_| {}).await;
    for number in 1..=8 {
        let params = Room::new("tea");
        running
            .channels
            .publish::<Feed>(&params, number.to_string())
            .await
            .unwrap();
    }
    let mut client = Client::hello(running.server.addr, "mia").await;
    let params = json!({ "room": "tea" });
    client
        .send(&json!({ "t": "sub", "sub": 1, "channel": "feed", "params": params, "recent": 2 }))
        .await;
    assert_eq!(client.next("subok").await["offset"], 6);
    assert_eq!(client.next("pub").await["data"], "7");
    assert_eq!(client.next("pub").await["data"], "8");
    client
        .send(&json!({ "t": "history", "sub": 1, "mid": "h", "before": 7, "limit": 2 }))
        .await;
    let page = client.next("reply").await;
    assert_eq!(
        page["data"]["messages"],
        json!([{ "offset": 5, "data": "5" }, { "offset": 6, "data": "6" }])
    );
    assert_eq!(page["data"]["more"], true);
}

#[tokio::test]
async fn resent_message_runs_once() {
    let running = start_server(|_| {}).await;
    let mut client = Client::hello(running.server.addr, "mia").await;
    client.join("chat", "tea").await;
    let message = json!({ "t": "msg", "sub": 1, "mid": "m1", "data": "slow" });
    client.send(&message).await;
    // The connection breaks before the reply, and the message continues to run.
    while running.state.authorized.load(Ordering::Relaxed) == 0 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    drop(client);
    let mut client = Client::hello(running.server.addr, "mia").await;
    client.join("chat", "tea").await;
    client.send(&message).await;
    client.send(&message).await;
    let first = client.until("reply").await;
    let second = client.until("reply").await;
    assert_eq!(first, json!({ "t": "reply", "mid": "m1", "data": 1 }));
    assert_eq!(first, second);
    assert_eq!(running.state.received.load(Ordering::Relaxed), 1);
    // The same message id of another user is another message.
    let mut ole = Client::hello(running.server.addr, "ole").await;
    ole.join("chat", "tea").await;
    ole.send(&message).await;
    assert_eq!(ole.until("reply").await["data"], 2);
}

#[tokio::test]
async fn messages_run_in_order() {
    let running = start_server(|_| {}).await;
    let mut client = Client::hello(running.server.addr, "mia").await;
    client.join("chat", "tea").await;
    for (mid, text) in [("a", "slow"), ("b", "quick"), ("c", "panic"), ("d", "last")] {
        client
            .send(&json!({ "t": "msg", "sub": 1, "mid": mid, "data": text }))
            .await;
    }
    let mut replies = Vec::new();
    let mut received = Vec::new();
    while replies.len() < 4 || received.len() < 3 {
        let frame = client.any().await;
        match frame["t"].as_str() {
            Some("reply") => replies.push(frame["mid"].clone()),
            Some("pub") => received.push(frame["data"].clone()),
            _ => {}
        }
        if frame["mid"] == "c" {
            assert_eq!(frame["error"]["code"], "internal");
            assert!(frame["error"]["id"].is_string(), "{frame}");
        }
    }
    assert_eq!(replies, ["a", "b", "c", "d"]);
    assert_eq!(received, ["mia: slow", "mia: quick", "mia: last"]);
}

#[tokio::test]
async fn functions_publish() {
    let running = start_server(|_| {}).await;
    let mut client = Client::hello(running.server.addr, "mia").await;
    client.join("feed", "tea").await;
    let call = raw_post(
        "/api/mizan/call/announce",
        "",
        r#"{"room":"tea","text":"now"}"#,
    );
    assert_eq!(running.server.request(call).await.json(), 1);
    assert_eq!(client.next("pub").await["data"], "now");
    let twice = async || {
        let params = Room::new("tea");
        let published = running
            .channels
            .publish_once::<Chat>("k", &params, "x".to_owned());
        published.await.unwrap()
    };
    assert_eq!(twice().await, twice().await);
}
