//! The broker on a Redis that is demoted, disconnected, paused, or loses keys.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mizan_channels::broker::presence::presence_log;
use mizan_channels::broker::{Broker, ReadReply, RedisBroker};
use mizan_channels::suite::{TestReader, publication, within_timeout};
use mizan_core::channel::Position;
use mizan_store::RedisSharedStore;

use crate::connections::Server;
use crate::log_output::LogOutput;
use crate::proxy::Proxy;
use crate::redis_server::RedisServer;

/// Publishes a message, and retries while Redis is unavailable.
async fn publish(broker: &RedisBroker, text: &str) -> Position {
    within_timeout(async {
        loop {
            match broker.publish("lobby", publication(text)).await {
                Ok(position) => return position,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    })
    .await
}

/// Reads until there is a gap. Returns the messages before it.
async fn until_gap(reader: &mut TestReader) -> Vec<String> {
    let mut texts = Vec::new();
    within_timeout(async {
        loop {
            match reader.log.read(&reader.at, 9) {
                ReadReply::Behind(log) => {
                    reader.at.epoch = log.epoch;
                    reader.at.offset = log.floor;
                    return;
                }
                ReadReply::Messages { messages, .. } => {
                    if messages.is_empty() {
                        reader.events().await;
                    }
                    for message in messages {
                        reader.at.offset = message.offset;
                        texts.push(serde_json::from_slice(&message.data).unwrap());
                    }
                }
            }
        }
    })
    .await;
    texts
}

/// A process that was the master is demoted, loses its newest messages, and is promoted again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn demoted_and_promoted_master_starts_a_new_epoch() {
    let (Some(a), Some(b)) = (RedisServer::start().await, RedisServer::start().await) else {
        return;
    };
    b.follow(&a).await;
    let proxy = Proxy::start(a.port()).await;
    let listening = RedisBroker::new(proxy.address()).unwrap();
    let publishing = RedisBroker::new(a.address()).unwrap();
    let mut reader = TestReader::new(&listening, "lobby", 0).await;
    for number in 0..10 {
        publish(&publishing, &format!("old{number}")).await;
    }
    assert_eq!(reader.texts(10).await.len(), 10);
    b.follow(&a).await;
    b.command(&["REPLICAOF", "NO", "ONE"]).await;
    let mut positions = HashSet::new();
    for number in 0..5 {
        positions.insert(publish(&publishing, &format!("tail{number}")).await);
    }
    assert_eq!(reader.texts(5).await.len(), 5);
    let before = Position {
        epoch: reader.at.epoch.to_string(),
        offset: reader.at.offset,
    };
    proxy.cut();
    a.follow(&b).await;
    drop(publishing);
    a.command(&["REPLICAOF", "NO", "ONE"]).await;
    let publishing = RedisBroker::new(a.address()).unwrap();
    for number in 0..8 {
        let position = publish(&publishing, &format!("new{number}")).await;
        assert!(positions.insert(position), "an offset was assigned twice");
    }
    // A subscriber that resumes on another server gets a gap.
    let returning = TestReader::resume(&publishing, "lobby", before).await;
    let read = returning.log.read(&returning.at, 9);
    assert!(matches!(read, ReadReply::Behind(_)), "{read:?}");
    proxy.restore();
    for number in 8..10 {
        positions.insert(publish(&publishing, &format!("new{number}")).await);
    }
    assert_eq!(until_gap(&mut reader).await, Vec::<String>::new());
    let new: Vec<_> = (0..10).map(|number| format!("new{number}")).collect();
    assert_eq!(reader.texts(10).await, new);
}

/// The servers stay connected, and Redis is demoted and promoted between two of their checks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connected_servers_detect_a_demotion_and_promotion() {
    let (Some(a), Some(b)) = (RedisServer::start().await, RedisServer::start().await) else {
        return;
    };
    b.follow(&a).await;
    let [one, two] = [(); 2].map(|()| RedisBroker::new(a.address()).unwrap());
    let mut reader = TestReader::new(&two, "lobby", 0).await;
    let first = publish(&one, "first").await;
    assert_eq!(reader.texts(1).await, ["first"]);
    b.follow(&a).await;
    b.command(&["REPLICAOF", "NO", "ONE"]).await;
    publish(&one, "tail").await;
    assert_eq!(reader.texts(1).await, ["tail"]);
    a.follow(&b).await;
    a.command(&["REPLICAOF", "NO", "ONE"]).await;
    let again = publish(&one, "new").await;
    assert_ne!(first.epoch, again.epoch);
    assert_eq!(until_gap(&mut reader).await, Vec::<String>::new());
    assert_eq!(reader.texts(1).await, ["new"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promoted_replica_starts_a_new_epoch() {
    let (Some(mut a), Some(b)) = (RedisServer::start().await, RedisServer::start().await) else {
        return;
    };
    b.follow(&a).await;
    let before = publish(&RedisBroker::new(a.address()).unwrap(), "first").await;
    b.follow(&a).await;
    a.kill();
    b.command(&["REPLICAOF", "NO", "ONE"]).await;
    let after = publish(&RedisBroker::new(b.address()).unwrap(), "second").await;
    assert_ne!(before.epoch, after.epoch);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publication_with_a_lost_response_is_added_once() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let proxy = Proxy::start(server.port()).await;
    let publishing = Arc::new(RedisBroker::new(proxy.address()).unwrap());
    let listening = RedisBroker::new(server.address()).unwrap();
    let mut reader = TestReader::new(&listening, "lobby", 0).await;
    publish(&publishing, "first").await;
    proxy.drop_responses();
    let broker = Arc::clone(&publishing);
    let sent = tokio::spawn(async move { broker.publish("lobby", publication("second")).await });
    assert_eq!(reader.texts(2).await, ["first", "second"]);
    proxy.cut();
    proxy.restore();
    let position = within_timeout(sent).await.unwrap().unwrap();
    publish(&publishing, "third").await;
    assert_eq!(reader.texts(1).await, ["third"]);
    assert_eq!(position.offset, 2);
}

/// The first attempt reaches Redis after the retry, as after a network partition.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publication_that_arrives_after_its_retry_is_added_once() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let proxy = Proxy::start(server.port()).await;
    let publishing = Arc::new(RedisBroker::new(proxy.address()).unwrap());
    let reading = RedisBroker::new(server.address()).unwrap();
    let mut reader = TestReader::new(&reading, "lobby", 0).await;
    publish(&publishing, "first").await;
    proxy.hold();
    let broker = Arc::clone(&publishing);
    let sent = tokio::spawn(async move { broker.publish("lobby", publication("second")).await });
    within_timeout(async {
        while !proxy.holds("second") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    proxy.cut();
    let late = proxy.take_held();
    proxy.restore();
    assert_eq!(within_timeout(sent).await.unwrap().unwrap().offset, 2);
    proxy.forward(&late).await;
    publish(&publishing, "third").await;
    assert_eq!(reader.texts(3).await, ["first", "second", "third"]);
}

/// Redis adds the message to the log and rejects its announcement; readers find the message in the log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn message_is_published_when_its_announcement_fails() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let broker = RedisBroker::new(server.address()).unwrap();
    let mut reader = TestReader::new(&broker, "lobby", 0).await;
    publish(&broker, "first").await;
    server
        .command(&["ACL", "SETUSER", "default", "-publish"])
        .await;
    let published = broker.publish("lobby", publication("second")).await;
    assert_eq!(published.unwrap().offset, 2);
    assert_eq!(reader.texts(2).await, ["first", "second"]);
}

/// The members of a server with many connections expire at once when it dies. Redis is blocked while a script runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_that_expire_together_leave_in_batches() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let broker = RedisBroker::new(server.address()).unwrap();
    let mia = Bytes::from_static(b"1");
    within_timeout(broker.enter("g", "c", "mia", mia))
        .await
        .unwrap();
    let mut expired = redis::pipe();
    for number in 0..1_000 {
        let member = format!("p{number}\0c{number}");
        let (id, info) = (format!("p{number}"), "1 1");
        expired.cmd("ZADD").arg("mizan:pl:{g}").arg(0).arg(&member);
        expired.cmd("ZADD").arg("mizan:px:{g}").arg(1).arg(&member);
        expired.cmd("HSET").arg("mizan:pi:{g}").arg(id).arg(info);
    }
    let mut redis = server.connect().await;
    expired.exec_async(&mut redis).await.unwrap();
    let mut count = async || -> usize {
        let mut count = redis::cmd("HLEN");
        let count = count.arg("mizan:pi:{g}");
        count.query_async(&mut redis).await.unwrap()
    };
    assert_eq!(members(&broker).await, ONLY_MIA);
    assert!(count().await > 500, "one script removed most of them");
    broker.maintain().await;
    assert_eq!(count().await, 1);
    assert_eq!(members(&broker).await, ONLY_MIA);
}

#[tokio::test]
async fn warns_about_redis_that_may_evict_keys() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let (output, _logging) = LogOutput::record();
    for (policy, is_warned) in [("noeviction", false), ("volatile-lru", true)] {
        server
            .command(&["CONFIG", "SET", "maxmemory-policy", policy])
            .await;
        let broker = RedisBroker::new(server.address()).unwrap();
        publish(&broker, "hello").await;
        let text = output.text();
        assert!(text.contains("connected to Redis"), "{text}");
        assert_eq!(
            text.contains("maxmemory-policy noeviction"),
            is_warned,
            "{text}"
        );
    }
}

async fn members(broker: &RedisBroker) -> String {
    let (_, members) = broker.members("g").await.unwrap();
    String::from_utf8(members.to_vec()).unwrap()
}

const NO_MEMBERS: &str = r#"{"members":[]}"#;
const ONLY_MIA: &str = r#"{"members":[{"id":"mia","info":1}]}"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn presence_recovers_from_each_lost_key() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let broker = RedisBroker::new(server.address()).unwrap();
    let keys = ["mizan:pl:{g}", "mizan:px:{g}", "mizan:pi:{g}"];
    for lost in 1..8_usize {
        for connection in ["c1", "c2"] {
            broker
                .enter("g", connection, "mia", "1".into())
                .await
                .unwrap();
        }
        let lost: Vec<_> = (0..3).filter(|key| lost & (1 << key) != 0).collect();
        for key in &lost {
            server.command(&["DEL", keys[*key]]).await;
        }
        broker.maintain().await;
        assert_eq!(members(&broker).await, ONLY_MIA, "{lost:?}");
        broker.leave("g", "c1").await.unwrap();
        assert_eq!(members(&broker).await, ONLY_MIA, "{lost:?}");
        broker.leave("g", "c2").await.unwrap();
        assert_eq!(members(&broker).await, NO_MEMBERS, "{lost:?}");
    }
}

/// The presence of a member whose server died expires, regardless of the keys that Redis loses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute and a half"]
async fn presence_expires_even_if_keys_are_lost() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let keys = ["mizan:pl:{g}", "mizan:px:{g}", "mizan:pi:{g}"];
    let [dying, living] = [(); 2].map(|()| RedisBroker::new(server.address()).unwrap());
    for lost in 0..8_usize {
        let group = format!("g{lost}");
        dying.enter(&group, "c1", "ole", "2".into()).await.unwrap();
        living.enter(&group, "c2", "mia", "1".into()).await.unwrap();
        for key in (0..3).filter(|key| lost & (1 << key) != 0) {
            let key = keys[key].replace("{g}", &format!("{{{group}}}"));
            server.command(&["DEL", &key]).await;
        }
    }
    drop(dying);
    for _ in 0..9 {
        living.maintain().await;
        tokio::time::sleep(Duration::from_secs(9)).await;
    }
    living.maintain().await;
    for lost in 0..8 {
        let (_, members) = living.members(&format!("g{lost}")).await.unwrap();
        assert_eq!(members, ONLY_MIA, "{lost}");
    }
}

#[tokio::test]
async fn presence_accepts_unusual_user_ids() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let broker = RedisBroker::new(server.address()).unwrap();
    let mut changes = TestReader::new(&broker, &presence_log("g"), 0).await;
    for id in ["", "a b", "ä\u{1}", "1 2"] {
        broker.enter("g", "c1", id, "1".into()).await.unwrap();
        let expected = serde_json::json!({ "members": [{ "id": id, "info": 1 }] });
        let actual: serde_json::Value = serde_json::from_str(&members(&broker).await).unwrap();
        assert_eq!(actual, expected);
        broker.leave("g", "c1").await.unwrap();
        assert_eq!(members(&broker).await, NO_MEMBERS);
        let mut count = 0;
        while count < 2 {
            count += changes.messages(9).await.len();
        }
    }
}

/// Redis grants the lease of a message after the server has given up. When the client sends the message again, it
/// runs at once, and does not wait for a run that never started.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resent_message_runs_if_the_first_attempt_did_not() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let broker = RedisBroker::new(redis.address()).unwrap();
    let store = RedisSharedStore::new(&redis.address()).unwrap();
    let server = Server::with_store(broker, store, |_| {});
    let mut client = server.connect("mia").await;
    client.sub(1, "tea");
    client.until("subok").await;
    redis.command(&["CLIENT", "PAUSE", "4500", "ALL"]).await;
    client.msg("m1", "first");
    let reply = client.until("reply").await;
    assert_eq!(reply["error"]["code"], "unavailable", "{reply}");
    loop {
        let state = client.until("state").await;
        if state["state"] == "live" {
            break;
        }
    }
    let started = std::time::Instant::now();
    client.msg("m1", "first");
    client.msg("m2", "second");
    let mut replies = [client.until("reply").await, client.until("reply").await];
    replies.sort_by_key(|reply| reply["mid"].to_string());
    assert_eq!(
        replies[0],
        serde_json::json!({ "t": "reply", "mid": "m1", "data": 1 })
    );
    assert_eq!(
        replies[1],
        serde_json::json!({ "t": "reply", "mid": "m2", "data": 2 })
    );
    let waited = started.elapsed();
    assert!(waited < Duration::from_secs(10), "{waited:?}");
}

/// Redis receives the publication, does not respond, and then disconnects.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn message_that_may_have_been_published_has_an_unknown_outcome() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let proxy = Proxy::start(redis.port()).await;
    let server = Server::new(RedisBroker::new(proxy.address()).unwrap(), |_| {});
    let listening = RedisBroker::new(redis.address()).unwrap();
    let mut reader = TestReader::new(&listening, "chat:tea", 0).await;
    let mut client = server.connect("mia").await;
    client.sub(1, "tea");
    client.until("subok").await;
    // This message loads the script into Redis.
    client.msg("first", "first");
    client.until("reply").await;
    assert_eq!(reader.texts(1).await, ["first"]);
    client.msg("m", "wait");
    while server
        .probe
        .received
        .load(std::sync::atomic::Ordering::SeqCst)
        == 1
    {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    proxy.drop_responses();
    server.probe.publish.add_permits(1);
    assert_eq!(reader.texts(1).await, ["wait"]);
    proxy.cut();
    let reply = client.until("reply").await;
    assert_eq!(reply["error"]["code"], "outcome_unknown", "{reply}");
    // The stored outcome is the one that the server sent to the client.
    proxy.restore();
    within_timeout(async {
        loop {
            client.msg("m", "wait");
            let again = client.until("reply").await;
            if again["error"]["code"] != "unavailable" {
                assert_eq!(again, reply);
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
}

/// Messages that the channel refuses leave no keys in Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_messages_leave_no_keys_in_redis() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let broker = RedisBroker::new(redis.address()).unwrap();
    let store = RedisSharedStore::new(&redis.address()).unwrap();
    let server = Server::with_store(broker, store, |_| {});
    let mut client = server.connect("").await;
    client.sub(1, "tea");
    client.until("subok").await;
    server.probe.refuse_messages();
    for number in 0..100 {
        client.msg(&format!("m{number}"), "hello");
        let reply = client.until("reply").await;
        assert_eq!(reply["error"]["code"], "unauthenticated");
    }
    let mut connection = redis.connect().await;
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("mizan:operation*")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(keys, Vec::<String>::new());
}
