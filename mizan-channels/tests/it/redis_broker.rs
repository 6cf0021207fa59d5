//! What the broker on Redis does besides.

use std::sync::Arc;
use std::time::Duration;

use mizan_channels::{Broker, BrokerEvent, ReadReply, RedisBroker, presence_of};
use tokio::time::Instant;

use crate::brokers::{Reader, does_what_brokers_do, publication, soon};
use crate::redis_server::RedisServer;

fn broker(server: &RedisServer) -> RedisBroker {
    RedisBroker::new(server.address()).unwrap()
}

async fn signalled(reader: &Reader, wanted: BrokerEvent) {
    while !reader.signal().await.contains(&wanted) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_redis_broker_does_what_brokers_do() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let broker: Arc<dyn Broker> = Arc::new(broker(&server));
    does_what_brokers_do(&broker).await;
}

#[tokio::test]
async fn whoever_publishes_at_the_start_waits_for_the_first_connection() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let position = broker(&server).publish("g", publication("a")).await;
    assert_eq!(position.unwrap().offset, 1);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_long_for_a_redis_that_is_not_there() {
    let broker = RedisBroker::new("redis://127.0.0.1:1/").unwrap();
    let started = Instant::now();
    broker.publish("g", publication("a")).await.unwrap_err();
    let waited = started.elapsed();
    let most = Duration::from_millis(3_100);
    assert!(
        Duration::from_secs(3) <= waited && waited < most,
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
    let mut reader = Reader::new(&two, "g", 0).await;
    for text in ["a", "b", "c"] {
        one.publish("g", publication(text)).await.unwrap();
    }
    assert_eq!(reader.texts(3).await, ["a", "b", "c"]);
    let mut late = Reader::new(&one, "g", 2).await;
    assert_eq!(late.texts(2).await, ["b", "c"]);
    one.enter("g", "c1", "mia", "1".into()).await.unwrap();
    let (_, members) = two.members("g").await.unwrap();
    assert_eq!(members, r#"{"members":[{"id":"mia","info":1}]}"#);
}

/// Adds a message as a server does whose word of it is lost.
async fn publish_unheard(server: &RedisServer, offset: u64, text: &str) {
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
async fn a_hole_is_filled_before_anybody_reads_on() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let broker = broker(&server);
    let mut reader = Reader::new(&broker, "g", 0).await;
    broker.publish("g", publication("1")).await.unwrap();
    assert_eq!(reader.texts(1).await, ["1"]);
    publish_unheard(&server, 2, "2").await;
    broker.publish("g", publication("3")).await.unwrap();
    assert_eq!(reader.texts(2).await, ["2", "3"]);
    // Nothing comes after this one that would show the hole.
    publish_unheard(&server, 4, "4").await;
    assert_eq!(reader.texts(1).await, ["4"]);
}

#[tokio::test]
async fn a_message_that_is_gone_from_redis_is_a_gap() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let broker = broker(&server);
    let mut reader = Reader::new(&broker, "g", 0).await;
    broker.publish("g", publication("1")).await.unwrap();
    assert_eq!(reader.texts(1).await, ["1"]);
    publish_unheard(&server, 2, "2").await;
    let mut connection = server.connect().await;
    let delete = redis::cmd("XDEL").arg("mizan:s:{g}").arg("2-0").to_owned();
    delete.exec_async(&mut connection).await.unwrap();
    broker.publish("g", publication("3")).await.unwrap();
    loop {
        match reader.feed.read(&reader.at, 9) {
            ReadReply::Behind(log) => {
                assert_eq!((log.floor, log.epoch), (2, reader.at.epoch.clone()));
                break;
            }
            ReadReply::Messages { messages, .. } => assert_eq!(messages, []),
        }
        reader.signal().await;
    }
}

#[tokio::test]
async fn who_waits_for_redis_is_told_and_gets_what_came_meanwhile() {
    let Some(mut server) = RedisServer::start().await else {
        return;
    };
    let broker = broker(&server);
    let reader = Reader::new(&broker, "g", 0).await;
    let before = broker.publish("g", publication("1")).await.unwrap();
    server.kill();
    signalled(&reader, BrokerEvent::Away).await;
    assert!(broker.publish("g", publication("2")).await.is_err());
    server.run(true).await;
    signalled(&reader, BrokerEvent::Back).await;
    // A server that starts again may have forgotten something: no offset is given twice.
    let after = soon(broker.publish("g", publication("3"))).await.unwrap();
    assert_ne!(before.epoch, after.epoch);
    let read = reader.feed.read(&reader.at, 9);
    assert!(matches!(read, ReadReply::Behind(_)), "{read:?}");
}

#[tokio::test]
async fn an_emptied_server_begins_a_new_epoch() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let [one, two] = [broker(&server), broker(&server)];
    let reader = Reader::new(&two, "g", 0).await;
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
            let (log, _) = reader.feed.state(0);
            if *log.epoch == *after.epoch && log.top == 1 {
                return;
            }
            reader.signal().await;
        }
    };
    soon(found).await;
    // Who is there says so again.
    one.tend().await;
    let (_, members) = two.members("g").await.unwrap();
    assert_eq!(members, r#"{"members":[{"id":"mia","info":1}]}"#);
}

#[tokio::test]
async fn a_top_that_goes_back_begins_a_new_epoch() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let broker = broker(&server);
    let reader = Reader::new(&broker, "g", 0).await;
    for text in ["1", "2", "3"] {
        broker.publish("g", publication(text)).await.unwrap();
    }
    let before = reader.feed.state(0).0.epoch;
    // As a replica that took over without the last message would have it.
    let mut connection = server.connect().await;
    let back = redis::cmd("HSET")
        .arg("mizan:m:{g}")
        .arg("t")
        .arg(2)
        .to_owned();
    back.exec_async(&mut connection).await.unwrap();
    let found = async {
        while reader.feed.state(0).0.epoch == before {
            reader.signal().await;
        }
    };
    soon(found).await;
}

#[tokio::test]
async fn whose_server_died_leaves() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let [one, two] = [broker(&server), broker(&server)];
    one.enter("g", "c1", "mia", "1".into()).await.unwrap();
    two.enter("g", "c2", "ole", "2".into()).await.unwrap();
    drop(one);
    let mut changes = Reader::new(&two, &presence_of("g"), 0).await;
    let mut connection = server.connect().await;
    let lapse = redis::cmd("ZADD")
        .arg("mizan:px:{g}")
        .arg(1)
        .arg("mia\0c1")
        .to_owned();
    lapse.exec_async(&mut connection).await.unwrap();
    two.tend().await;
    let (_, members) = two.members("g").await.unwrap();
    assert_eq!(members, r#"{"members":[{"id":"ole","info":2}]}"#);
    changes.signal().await;
    let ReadReply::Messages { messages, .. } = changes.feed.read(&changes.at, 9) else {
        panic!("the log was kept");
    };
    assert_eq!(messages[0].data, r#"{"leave":["mia"]}"#);
    changes.at.offset = messages[0].offset;
}
