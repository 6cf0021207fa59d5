//! Live queries of processes that share a Redis.

use mizan_channels::broker::RedisBroker;
use serde_json::json;

use crate::connections::Server;
use crate::live::{change_title, follow, server, title_of};
use crate::redis_server::RedisServer;

fn process(redis: &RedisServer) -> Server {
    server(RedisBroker::new(redis.address()).unwrap(), |_| {})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_reaches_the_subscribers_of_all_processes() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let [one, two] = [process(&redis), process(&redis)];
    let [mut ada, mut ben] = [one.connect("ada").await, two.connect("ben").await];
    let start = title_of(&mut ada, 1, 7).await;
    title_of(&mut ben, 1, 7).await;
    change_title(&one.app, 7).await;
    for client in [&mut ada, &mut ben] {
        assert_eq!(client.until("pub").await["prev"], start["offset"]);
    }
    // The subscriber continues on the other process, and learns what it has missed.
    let since = json!({ "epoch": start["epoch"], "offset": start["offset"] });
    let mut ada = two.connect("ada").await;
    follow(&mut ada, 1, "title", &json!({ "id": 7 }), Some(&since));
    assert_eq!(ada.until("subok").await["recovered"], true);
    assert_eq!(ada.until("pub").await["prev"], start["offset"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_during_an_outage_are_published_when_the_broker_is_back() {
    let Some(mut redis) = RedisServer::start().await else {
        return;
    };
    let [one, two] = [process(&redis), process(&redis)];
    let mut ben = two.connect("ben").await;
    title_of(&mut ben, 1, 7).await;
    change_title(&one.app, 7).await;
    ben.until("pub").await;
    redis.kill();
    assert_eq!(ben.until("state").await["state"], "suspended");
    let error = one.app.invalidate("title").await.unwrap_err();
    assert_eq!(error.code(), "unavailable");
    redis.run(false).await;
    // Redis has lost its log, so the client has to fetch the result again.
    assert_eq!(ben.until("gap").await["reason"], "epoch");
    // The process of the publisher connects again, too.
    while one.app.invalidate("title").await.is_err() {}
    ben.until("pub").await;
}
