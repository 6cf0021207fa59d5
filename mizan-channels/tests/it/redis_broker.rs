//! The broker on Redis.

use std::sync::Arc;
use std::time::Duration;

use mizan_channels::broker::presence::presence_log;
use mizan_channels::broker::{Broker, BrokerEvent, ReadReply, RedisBroker};
use mizan_channels::suite::{self, TestReader, publication, within_timeout};
use tokio::time::Instant;

use crate::redis_server::RedisServer;

fn broker(server: &RedisServer) -> RedisBroker {
    RedisBroker::new(server.address()).unwrap()
}

async fn wait_for(reader: &TestReader, event: BrokerEvent) {
    while !reader.events().await.contains(&event) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passes_the_suite() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    suite::all(Arc::new(broker(&server))).await;
}

#[tokio::test]
async fn first_publication_waits_for_the_connection() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let position = broker(&server).publish("g", publication("a")).await;
    assert_eq!(position.unwrap().offset, 1);
}

#[tokio::test(start_paused = true)]
async fn publication_fails_fast_without_redis() {
    let broker = RedisBroker::new("redis://127.0.0.1:1/").unwrap();
    let started = Instant::now();
    broker.publish("g", publication("a")).await.unwrap_err();
    let waited = started.elapsed();
    let max = Duration::from_millis(3_100);
    assert!(
        Duration::from_secs(3) <= waited && waited < max,
        "{waited:?}"
    );
    broker.publish("g", publication("a")).await.unwrap_err();
    assert_eq!(started.elapsed(), waited);
}

#[tokio::test]
async fn two_servers_share_their_channels() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let [one, two] = [broker(&server), broker(&server)];
    let mut reader = TestReader::new(&two, "g", 0).await;
    for text in ["a", "b", "c"] {
        one.publish("g", publication(text)).await.unwrap();
    }
    assert_eq!(reader.texts(3).await, ["a", "b", "c"]);
    let mut late = TestReader::new(&one, "g", 2).await;
    assert_eq!(late.texts(2).await, ["b", "c"]);
    one.enter("g", "c1", "mia", "1".into()).await.unwrap();
    let (_, members) = two.members("g").await.unwrap();
    assert_eq!(members, r#"{"members":[{"id":"mia","info":1}]}"#);
}

/// Publishes a message whose Pub/Sub announcement is lost.
async fn publish_unannounced(server: &RedisServer, offset: u64, text: &str) {
    let mut connection = server.connect().await;
    let mut pipeline = redis::pipe();
    pipeline
        .cmd("HINCRBY")
        .arg("mizan:m:{g}")
        .arg("t")
        .arg(1)
        .cmd("XADD")
        .arg("mizan:s:{g}")
        .arg(format!("{offset}-0"))
        .arg("a")
        .arg(0)
        .arg("d")
        .arg(format!("\"{text}\""))
        .arg("i")
        .arg("");
    pipeline.exec_async(&mut connection).await.unwrap();
}

#[tokio::test]
async fn fills_a_gap_before_later_messages_are_read() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let broker = broker(&server);
    let mut reader = TestReader::new(&broker, "g", 0).await;
    broker.publish("g", publication("1")).await.unwrap();
    assert_eq!(reader.texts(1).await, ["1"]);
    publish_unannounced(&server, 2, "2").await;
    broker.publish("g", publication("3")).await.unwrap();
    assert_eq!(reader.texts(2).await, ["2", "3"]);
    // No later message reveals the gap.
    publish_unannounced(&server, 4, "4").await;
    assert_eq!(reader.texts(1).await, ["4"]);
}

#[tokio::test]
async fn reports_a_gap_for_a_message_that_redis_removed() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let broker = broker(&server);
    let mut reader = TestReader::new(&broker, "g", 0).await;
    broker.publish("g", publication("1")).await.unwrap();
    assert_eq!(reader.texts(1).await, ["1"]);
    publish_unannounced(&server, 2, "2").await;
    let mut connection = server.connect().await;
    let delete = redis::cmd("XDEL").arg("mizan:s:{g}").arg("2-0").to_owned();
    delete.exec_async(&mut connection).await.unwrap();
    broker.publish("g", publication("3")).await.unwrap();
    loop {
        match reader.log.read(&reader.at, 9) {
            ReadReply::Behind(log) => {
                assert_eq!((log.floor, log.epoch), (2, reader.at.epoch.clone()));
                break;
            }
            ReadReply::Messages { messages, .. } => assert_eq!(messages, []),
        }
        reader.events().await;
    }
}

#[tokio::test]
async fn notifies_readers_when_redis_is_unavailable_and_available() {
    let Some(mut server) = RedisServer::start().await else {
        return;
    };
    let broker = broker(&server);
    let reader = TestReader::new(&broker, "g", 0).await;
    let before = broker.publish("g", publication("1")).await.unwrap();
    server.kill();
    wait_for(&reader, BrokerEvent::Unavailable).await;
    assert!(broker.publish("g", publication("2")).await.is_err());
    server.run(true).await;
    wait_for(&reader, BrokerEvent::Available).await;
    // Redis may have lost messages when it restarted, so the log has a new epoch.
    let after = within_timeout(broker.publish("g", publication("3")))
        .await
        .unwrap();
    assert_ne!(before.epoch, after.epoch);
    let read = reader.log.read(&reader.at, 9);
    assert!(matches!(read, ReadReply::Behind(_)), "{read:?}");
}

#[tokio::test]
async fn emptied_redis_starts_a_new_epoch() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let [one, two] = [broker(&server), broker(&server)];
    let reader = TestReader::new(&two, "g", 0).await;
    one.enter("g", "c1", "mia", "1".into()).await.unwrap();
    let before = one.publish("g", publication("1")).await.unwrap();
    let mut connection = server.connect().await;
    redis::cmd("FLUSHALL")
        .exec_async(&mut connection)
        .await
        .unwrap();
    let after = one.publish("g", publication("2")).await.unwrap();
    assert_eq!((before.offset, after.offset), (1, 1));
    assert_ne!(before.epoch, after.epoch);
    let found = async {
        loop {
            let (log, _) = reader.log.state(0);
            if *log.epoch == *after.epoch && log.top == 1 {
                return;
            }
            reader.events().await;
        }
    };
    within_timeout(found).await;
    // The maintenance adds the presence again.
    one.maintain().await;
    let (_, members) = two.members("g").await.unwrap();
    assert_eq!(members, r#"{"members":[{"id":"mia","info":1}]}"#);
}

#[tokio::test]
async fn decreased_top_starts_a_new_epoch() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let broker = broker(&server);
    let reader = TestReader::new(&broker, "g", 0).await;
    for text in ["1", "2", "3"] {
        broker.publish("g", publication(text)).await.unwrap();
    }
    let before = reader.log.state(0).0.epoch;
    // This is the top of a promoted replica that had not received the last message.
    let mut connection = server.connect().await;
    let back = redis::cmd("HSET")
        .arg("mizan:m:{g}")
        .arg("t")
        .arg(2)
        .to_owned();
    back.exec_async(&mut connection).await.unwrap();
    let found = async {
        while reader.log.state(0).0.epoch == before {
            reader.events().await;
        }
    };
    within_timeout(found).await;
}

#[tokio::test]
async fn member_of_a_dead_server_leaves() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let [one, two] = [broker(&server), broker(&server)];
    one.enter("g", "c1", "mia", "1".into()).await.unwrap();
    two.enter("g", "c2", "ole", "2".into()).await.unwrap();
    drop(one);
    let mut changes = TestReader::new(&two, &presence_log("g"), 0).await;
    let mut connection = server.connect().await;
    let lapse = redis::cmd("ZADD")
        .arg("mizan:px:{g}")
        .arg(1)
        .arg("mia\0c1")
        .to_owned();
    lapse.exec_async(&mut connection).await.unwrap();
    two.maintain().await;
    let (_, members) = two.members("g").await.unwrap();
    assert_eq!(members, r#"{"members":[{"id":"ole","info":2}]}"#);
    let messages = changes.messages(9).await;
    assert_eq!(messages[0].data, r#"{"leave":["mia"]}"#);
}
