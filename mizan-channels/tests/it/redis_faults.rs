//! The broker while Redis is demoted, cut off, paused or loses keys.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use mizan_channels::{Broker, Claim, ReadReply, RedisBroker, presence_of};
use mizan_core::channel::Position;

use crate::brokers::{Reader, publication, request, soon};
use crate::proxy::Proxy;
use crate::redis_server::RedisServer;
use crate::serving::Server;

async fn publish(broker: &RedisBroker, text: &str) -> Position {
    soon(async {
        loop {
            match broker.publish("lobby", publication(text)).await {
                Ok(position) => return position,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    })
    .await
}

/// Follows a reader until it is told of a gap; what it read before that.
async fn until_gap(reader: &mut Reader) -> Vec<String> {
    let mut texts = Vec::new();
    soon(async {
        loop {
            match reader.feed.read(&reader.at, 9) {
                ReadReply::Behind(log) => {
                    reader.at.epoch = log.epoch;
                    reader.at.offset = log.floor;
                    return;
                }
                ReadReply::Messages { messages, .. } => {
                    if messages.is_empty() {
                        reader.signal().await;
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

/// A master that lost its tail to a replica, and is the master again: the same process throughout.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demotion_and_promotion_in_one_process_begins_a_new_epoch() {
    let (Some(a), Some(b)) = (RedisServer::start().await, RedisServer::start().await) else {
        return;
    };
    b.follow(&a).await;
    let proxy = Proxy::to(a.port()).await;
    let listening = RedisBroker::new(proxy.address()).unwrap();
    let publishing = RedisBroker::new(a.address()).unwrap();
    let mut reader = Reader::new(&listening, "lobby", 0).await;
    for number in 0..10 {
        publish(&publishing, &format!("old{number}")).await;
    }
    assert_eq!(reader.texts(10).await.len(), 10);
    b.follow(&a).await;
    b.command(&["REPLICAOF", "NO", "ONE"]).await;
    let mut given = HashSet::new();
    for number in 0..5 {
        given.insert(publish(&publishing, &format!("tail{number}")).await);
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
        assert!(given.insert(position), "an offset was given twice");
    }
    // A subscriber that resumes on another server is told of the gap.
    let returning = Reader::since(&publishing, "lobby", 0, Some(before)).await;
    let read = returning.feed.read(&returning.at, 9);
    assert!(matches!(read, ReadReply::Behind(_)), "{read:?}");
    proxy.mend();
    for number in 8..10 {
        given.insert(publish(&publishing, &format!("new{number}")).await);
    }
    assert_eq!(until_gap(&mut reader).await, Vec::<String>::new());
    let new: Vec<_> = (0..10).map(|number| format!("new{number}")).collect();
    assert_eq!(reader.texts(10).await, new);
}

/// The same, between two looks of servers that stay connected all the while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_stay_connected_notice_a_demotion_and_promotion() {
    let (Some(a), Some(b)) = (RedisServer::start().await, RedisServer::start().await) else {
        return;
    };
    b.follow(&a).await;
    let [one, two] = [(); 2].map(|()| RedisBroker::new(a.address()).unwrap());
    let mut reader = Reader::new(&two, "lobby", 0).await;
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
async fn a_promoted_replica_begins_a_new_epoch() {
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
async fn a_publication_whose_answer_was_lost_is_added_once() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let proxy = Proxy::to(server.port()).await;
    let publishing = Arc::new(RedisBroker::new(proxy.address()).unwrap());
    let listening = RedisBroker::new(server.address()).unwrap();
    let mut reader = Reader::new(&listening, "lobby", 0).await;
    publish(&publishing, "first").await;
    proxy.deafen();
    let broker = Arc::clone(&publishing);
    let sent = tokio::spawn(async move { broker.publish("lobby", publication("second")).await });
    assert_eq!(reader.texts(2).await, ["first", "second"]);
    proxy.cut();
    proxy.mend();
    let position = soon(sent).await.unwrap().unwrap();
    publish(&publishing, "third").await;
    assert_eq!(reader.texts(1).await, ["third"]);
    assert_eq!(position.offset, 2);
}

/// As after a partition: what was sent before it comes when the publication was tried again already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_publication_that_comes_after_its_second_attempt_is_added_once() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let proxy = Proxy::to(server.port()).await;
    let publishing = Arc::new(RedisBroker::new(proxy.address()).unwrap());
    let reading = RedisBroker::new(server.address()).unwrap();
    let mut reader = Reader::new(&reading, "lobby", 0).await;
    publish(&publishing, "first").await;
    proxy.hold();
    let broker = Arc::clone(&publishing);
    let sent = tokio::spawn(async move { broker.publish("lobby", publication("second")).await });
    soon(async {
        while !proxy.holds("second") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    proxy.cut();
    let late = proxy.take_held();
    proxy.mend();
    assert_eq!(soon(sent).await.unwrap().unwrap().offset, 2);
    proxy.deliver(&late).await;
    publish(&publishing, "third").await;
    assert_eq!(reader.texts(3).await, ["first", "second", "third"]);
}

/// A server that may publish but not announce adds the message to the log, and readers find it there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_cannot_be_announced_is_published_all_the_same() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let broker = RedisBroker::new(server.address()).unwrap();
    let mut reader = Reader::new(&broker, "lobby", 0).await;
    publish(&broker, "first").await;
    server
        .command(&["ACL", "SETUSER", "default", "-publish"])
        .await;
    let published = broker.publish("lobby", publication("second")).await;
    assert_eq!(published.unwrap().offset, 2);
    assert_eq!(reader.texts(2).await, ["first", "second"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_that_came_too_late_is_given_back() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let broker = RedisBroker::new(server.address()).unwrap();
    let lease = Duration::from_secs(30);
    let [late, first, retry] = [7, 8, 9].map(|nonce| request("u1", "m1", nonce));
    assert_eq!(
        soon(broker.claim(&first, lease)).await.unwrap(),
        Claim::Granted
    );
    broker.release(&first, true).await.unwrap();
    assert_eq!(broker.claim(&retry, lease).await.unwrap(), Claim::Granted);
    broker.release(&retry, true).await.unwrap();
    // What is given back before it was asked for is not granted when it is.
    broker.release(&late, true).await.unwrap();
    assert_ne!(broker.claim(&late, lease).await.unwrap(), Claim::Granted);
    assert_eq!(broker.claim(&retry, lease).await.unwrap(), Claim::Granted);
    broker
        .settle(&retry, Bytes::from_static(b"done"))
        .await
        .unwrap();
    assert_ne!(broker.claim(&late, lease).await.unwrap(), Claim::Granted);
}

/// Runs that take long are neither forgotten nor in the way of others, however many there are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_is_not_forgotten_for_what_ended() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let broker = RedisBroker::new(server.address()).unwrap();
    let lease = Duration::from_secs(30);
    for number in 0..100 {
        let slow = request("slow", &format!("slow {number}"), number);
        assert_eq!(broker.claim(&slow, lease).await.unwrap(), Claim::Granted);
    }
    for number in 0..2_100 {
        let quick = request("slow", &number.to_string(), number);
        assert_eq!(broker.claim(&quick, lease).await.unwrap(), Claim::Granted);
        broker
            .settle(&quick, Bytes::from_static(b"done"))
            .await
            .unwrap();
    }
    let hour = Duration::from_secs(60 * 60);
    let slowest = request("slow", "slowest", 1);
    assert_eq!(broker.claim(&slowest, hour).await.unwrap(), Claim::Granted);
    let mut redis = server.connect().await;
    for key in ["mizan:o:{slow}", "mizan:ot:{slow}"] {
        let left: u64 = redis::cmd("PTTL")
            .arg(key)
            .query_async(&mut redis)
            .await
            .unwrap();
        assert!(u128::from(left) > hour.as_millis(), "{key}: {left} ms");
    }
    for number in 0..100 {
        let slow = request("slow", &format!("slow {number}"), 9_999);
        assert_eq!(broker.claim(&slow, lease).await.unwrap(), Claim::Running);
    }
}

/// As after the end of a server with many connections: Redis does nothing else while a script runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_that_lapse_together_leave_in_batches() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let broker = RedisBroker::new(server.address()).unwrap();
    let mia = Bytes::from_static(b"1");
    soon(broker.enter("g", "c", "mia", mia)).await.unwrap();
    let mut lapsed = redis::pipe();
    for number in 0..1_000 {
        let member = format!("p{number}\0c{number}");
        let (people, one) = (format!("p{number}"), "1 1");
        lapsed.cmd("ZADD").arg("mizan:pl:{g}").arg(0).arg(&member);
        lapsed.cmd("ZADD").arg("mizan:px:{g}").arg(1).arg(&member);
        lapsed.cmd("HSET").arg("mizan:pi:{g}").arg(people).arg(one);
    }
    let mut redis = server.connect().await;
    lapsed.exec_async(&mut redis).await.unwrap();
    let mut count = async || -> usize {
        let mut count = redis::cmd("HLEN");
        let count = count.arg("mizan:pi:{g}");
        count.query_async(&mut redis).await.unwrap()
    };
    assert_eq!(members(&broker).await, MIA);
    assert!(count().await > 500, "one script removed most of them");
    broker.tend().await;
    assert_eq!(count().await, 1);
    assert_eq!(members(&broker).await, MIA);
}

/// The log output of this thread.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Logged {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Logged {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

#[tokio::test]
async fn warns_of_a_redis_that_may_evict_keys() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let logged = Logged::default();
    let writer = logged.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone());
    let _logging = tracing::subscriber::set_default(subscriber.finish());
    for (policy, is_warned) in [("noeviction", false), ("volatile-lru", true)] {
        server
            .command(&["CONFIG", "SET", "maxmemory-policy", policy])
            .await;
        let broker = RedisBroker::new(server.address()).unwrap();
        publish(&broker, "hello").await;
        let text = logged.text();
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

const NOBODY: &str = r#"{"members":[]}"#;
const MIA: &str = r#"{"members":[{"id":"mia","info":1}]}"#;

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
        broker.tend().await;
        assert_eq!(members(&broker).await, MIA, "{lost:?}");
        broker.leave("g", "c1").await.unwrap();
        assert_eq!(members(&broker).await, MIA, "{lost:?}");
        broker.leave("g", "c2").await.unwrap();
        assert_eq!(members(&broker).await, NOBODY, "{lost:?}");
    }
}

/// The presence of a member whose server died expires, for each key that Redis may lose.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute and a half"]
async fn presence_expires_though_keys_are_lost() {
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
        living.tend().await;
        tokio::time::sleep(Duration::from_secs(9)).await;
    }
    living.tend().await;
    for lost in 0..8 {
        let (_, members) = living.members(&format!("g{lost}")).await.unwrap();
        assert_eq!(members, MIA, "{lost}");
    }
}

#[tokio::test]
async fn presence_accepts_unusual_user_ids() {
    let Some(server) = RedisServer::start().await else {
        return;
    };
    let broker = RedisBroker::new(server.address()).unwrap();
    let mut changes = Reader::new(&broker, &presence_of("g"), 0).await;
    for id in ["", "a b", "ä\u{1}", "1 2"] {
        broker.enter("g", "c1", id, "1".into()).await.unwrap();
        let expected = serde_json::json!({ "members": [{ "id": id, "info": 1 }] });
        let there: serde_json::Value = serde_json::from_str(&members(&broker).await).unwrap();
        assert_eq!(there, expected);
        broker.leave("g", "c1").await.unwrap();
        assert_eq!(members(&broker).await, NOBODY);
        let mut read = 0;
        while read < 2 {
            let ReadReply::Messages { messages, .. } = changes.feed.read(&changes.at, 9) else {
                panic!("the log was kept");
            };
            if messages.is_empty() {
                changes.signal().await;
            }
            for message in messages {
                changes.at.offset = message.offset;
                read += 1;
            }
        }
    }
}

/// Redis grants the claim for the message after the server has given up. When the client sends the
/// message again, it runs at once, and does not wait for a run that never started.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_did_not_run_runs_when_it_is_sent_again() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let server = Server::new(RedisBroker::new(redis.address()).unwrap(), |_| {});
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

/// A message that is published while Redis hears and does not answer, and is gone then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_may_have_been_published_has_an_unknown_outcome() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let proxy = Proxy::to(redis.port()).await;
    let server = Server::new(RedisBroker::new(proxy.address()).unwrap(), |_| {});
    let listening = RedisBroker::new(redis.address()).unwrap();
    let mut reader = Reader::new(&listening, "chat:tea", 0).await;
    let mut client = server.connect("mia").await;
    client.sub(1, "tea");
    client.until("subok").await;
    // Redis knows the script from now on.
    client.msg("first", "first");
    client.until("reply").await;
    assert_eq!(reader.texts(1).await, ["first"]);
    client.msg("m", "wait");
    while server
        .world
        .received
        .load(std::sync::atomic::Ordering::SeqCst)
        == 1
    {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    proxy.deafen();
    server.world.publish.add_permits(1);
    assert_eq!(reader.texts(1).await, ["wait"]);
    proxy.cut();
    let reply = client.until("reply").await;
    assert_eq!(reply["error"]["code"], "outcome_unknown", "{reply}");
    // What is remembered is what was answered.
    proxy.mend();
    soon(async {
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

/// Nothing is left of messages that the channel refused, nor more than so much of any others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_messages_leave_nothing_in_redis() {
    let Some(redis) = RedisServer::start().await else {
        return;
    };
    let server = Server::new(RedisBroker::new(redis.address()).unwrap(), |_| {});
    let mut client = server.connect("").await;
    client.sub(1, "tea");
    client.until("subok").await;
    server.world.refuse_messages();
    for number in 0..100 {
        client.msg(&format!("m{number}"), "hello");
        let reply = client.until("reply").await;
        assert_eq!(reply["error"]["code"], "unauthenticated");
    }
    let mut connection = redis.connect().await;
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("mizan:ot:*")
        .query_async(&mut connection)
        .await
        .unwrap();
    assert_eq!(keys, Vec::<String>::new());
}
