//! What every broker does.

use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mizan_channels::{
    Broker, BrokerEvent, Claim, ClaimRequest, Cursor, Feed, Listener, Mailbox, MemoryBroker,
    Publication, ReadReply, Retention, Signal, Stream, SubId, presence_of,
};
use mizan_core::channel::Position;
use serde_json::{Value, json};

/// Waits for what is to come soon.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    let waited = tokio::time::timeout(Duration::from_secs(20), future).await;
    waited.expect("it came in time")
}

pub(crate) fn publication(text: impl Into<String>) -> Publication {
    Publication {
        data: Bytes::from(json!(text.into()).to_string()),
        key: None,
        retention: Retention::default(),
    }
}

/// Somebody who reads a group.
pub(crate) struct Reader {
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) feed: Feed,
    pub(crate) at: Cursor,
}

impl Reader {
    pub(crate) async fn new(broker: &dyn Broker, group: &str, recent: usize) -> Self {
        Self::since(broker, group, recent, None).await
    }

    pub(crate) async fn since(
        broker: &dyn Broker,
        group: &str,
        recent: usize,
        since: Option<Position>,
    ) -> Self {
        let mailbox = Arc::new(Mailbox::default());
        let listener = Listener {
            mailbox: Arc::clone(&mailbox),
            id: SubId::new(1),
            stream: Stream::Messages,
        };
        let feed = broker
            .attach(group, Retention::default(), since.as_ref(), listener)
            .await
            .unwrap();
        let (log, start) = feed.state(recent);
        let at = match since {
            Some(since) => Cursor {
                epoch: since.epoch.into(),
                offset: since.offset,
            },
            None => Cursor {
                epoch: log.epoch,
                offset: start,
            },
        };
        Self { mailbox, feed, at }
    }

    /// The next signals of the broker.
    pub(crate) async fn signal(&self) -> Vec<BrokerEvent> {
        let signals = soon(poll_fn(|cx| self.mailbox.poll_take(cx))).await;
        let events = signals.into_iter().filter_map(|signal| match signal {
            Signal::Broker(_, event) => Some(event),
            _ => None,
        });
        events.collect()
    }

    /// The texts of the next `count` messages, which follow each other.
    pub(crate) async fn texts(&mut self, count: usize) -> Vec<String> {
        let mut texts = Vec::new();
        while texts.len() < count {
            let ReadReply::Messages { messages, .. } =
                self.feed.read(&self.at, count - texts.len())
            else {
                panic!("the log was kept");
            };
            if messages.is_empty() {
                self.signal().await;
            }
            for message in messages {
                assert_eq!(message.prev, self.at.offset, "a hole");
                self.at.offset = message.offset;
                texts.push(serde_json::from_slice(&message.data).unwrap());
            }
        }
        texts
    }
}

fn numbers(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

async fn publish_all(broker: &dyn Broker, group: &str, texts: &[String]) -> Vec<Position> {
    let mut positions = Vec::new();
    for text in texts {
        let published = broker.publish(group, publication(text)).await;
        positions.push(published.unwrap());
    }
    positions
}

async fn what_is_published_is_read_in_order(broker: &dyn Broker) {
    let mut early = Reader::new(broker, "order", 0).await;
    let positions = publish_all(broker, "order", &numbers(0..50)).await;
    assert!(positions.is_sorted_by(|a, b| a.epoch == b.epoch && a.offset < b.offset));
    let mut late = Reader::new(broker, "order", 10).await;
    assert_eq!(early.texts(50).await, numbers(0..50));
    assert_eq!(late.texts(10).await, numbers(40..50));
    assert_eq!(early.at, late.at);
    assert_eq!(early.at.offset, positions[49].offset);
    let mut other = Reader::new(broker, "other", 10).await;
    publish_all(broker, "other", &numbers(7..8)).await;
    assert_eq!(other.texts(1).await, ["7"]);
}

async fn a_key_publishes_once(broker: &dyn Broker) {
    let keyed = |text: &str| Publication {
        key: Some("k".to_owned()),
        ..publication(text)
    };
    let mut reader = Reader::new(broker, "keys", 0).await;
    let first = broker.publish("keys", keyed("first")).await.unwrap();
    let again = broker.publish("keys", keyed("again")).await.unwrap();
    assert_eq!(first, again);
    let elsewhere = broker.publish("keys2", keyed("elsewhere")).await.unwrap();
    assert_ne!(first.epoch, elsewhere.epoch);
    publish_all(broker, "keys", &["last".to_owned()]).await;
    assert_eq!(reader.texts(2).await, ["first", "last"]);
}

async fn nobody_attaches_into_a_hole(broker: &Arc<dyn Broker>) {
    let publisher = Arc::clone(broker);
    let publisher =
        tokio::spawn(async move { publish_all(&*publisher, "busy", &numbers(0..200)).await });
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let broker = Arc::clone(broker);
        tokio::task::yield_now().await;
        readers.spawn(async move {
            let mut reader = Reader::new(&*broker, "busy", 3).await;
            let mut last = String::new();
            while last != "199" {
                last = reader.texts(1).await.remove(0);
            }
            reader.at
        });
    }
    let top = soon(publisher).await.unwrap().pop().unwrap();
    while let Some(at) = soon(readers.join_next()).await {
        assert_eq!(at.unwrap().offset, top.offset);
    }
}

async fn all_readers_see_one_order(broker: &Arc<dyn Broker>) {
    let mut first = Reader::new(&**broker, "one", 0).await;
    let mut second = Reader::new(&**broker, "one", 0).await;
    let mut publishers = tokio::task::JoinSet::new();
    for name in ["a", "b", "c", "d"] {
        let broker = Arc::clone(broker);
        publishers.spawn(async move {
            let texts: Vec<_> = (0..25).map(|number| format!("{name}{number}")).collect();
            publish_all(&*broker, "one", &texts).await
        });
    }
    let mut offsets = HashSet::new();
    while let Some(positions) = soon(publishers.join_next()).await {
        offsets.extend(positions.unwrap().iter().map(|position| position.offset));
    }
    assert_eq!(offsets.len(), 100, "no offset is given twice");
    let seen = first.texts(100).await;
    assert_eq!(seen, second.texts(100).await);
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 100);
}

async fn only_so_much_is_kept(broker: &dyn Broker) {
    let mut reader = Reader::new(broker, "kept", 0).await;
    let retention = Retention {
        messages: 5,
        ..Retention::default()
    };
    for number in 0..20 {
        let publication = Publication {
            retention,
            ..publication(number.to_string())
        };
        broker.publish("kept", publication).await.unwrap();
    }
    let listener = Listener {
        mailbox: Arc::default(),
        id: SubId::new(2),
        stream: Stream::Messages,
    };
    let feed = broker
        .attach("kept", retention, None, listener)
        .await
        .unwrap();
    let (log, start) = feed.state(99);
    assert_eq!((log.top - log.floor, start), (5, log.floor));
    let (_, page, more) = feed.page(Some(log.top), 3);
    let page: Vec<Value> = page
        .iter()
        .map(|message| serde_json::from_slice(&message.data).unwrap())
        .collect();
    assert_eq!(
        (page, more),
        (vec![json!("16"), json!("17"), json!("18")], true)
    );
    let read = feed.read(&reader.at, 9);
    assert_eq!(read, ReadReply::Behind(log.clone()));
    reader.at.offset = log.floor;
    assert_eq!(reader.texts(5).await, numbers(15..20));
}

async fn members(broker: &dyn Broker) -> (Cursor, Value) {
    let (at, members) = broker.members("room").await.unwrap();
    let mut members: Value = serde_json::from_slice(&members).unwrap();
    (at, members["members"].take())
}

async fn several_tabs_are_one_person(broker: &dyn Broker) {
    let log = presence_of("room");
    let mut changes = Reader::new(broker, &log, 0).await;
    let info = |name: &str| Bytes::from(json!({ "name": name }).to_string());
    let mia = json!({ "id": "mia", "info": { "name": "Mia" } });
    let ole = json!({ "id": "o\"le", "info": { "name": "Ole" } });
    let enter = |connection, id, name| broker.enter("room", connection, id, info(name));
    enter("c1", "mia", "Mia").await.unwrap();
    enter("c2", "mia", "Mia").await.unwrap();
    enter("c2", "mia", "Mia").await.unwrap();
    enter("c3", "o\"le", "Ole").await.unwrap();
    let (at, there) = members(broker).await;
    assert_eq!(there, json!([mia, ole]));
    broker.leave("room", "c1").await.unwrap();
    broker.leave("room", "c1").await.unwrap();
    assert_eq!(members(broker).await.1, json!([mia, ole]));
    broker.leave("room", "c2").await.unwrap();
    assert_eq!(members(broker).await.1, json!([ole]));
    broker.leave("room", "c3").await.unwrap();
    assert_eq!(members(broker).await.1, json!([]));
    let mut seen = Vec::new();
    while seen.len() < 4 {
        let ReadReply::Messages { messages, .. } = changes.feed.read(&changes.at, 9) else {
            panic!("the log was kept");
        };
        if messages.is_empty() {
            changes.signal().await;
        }
        for message in messages {
            changes.at.offset = message.offset;
            seen.push((
                message.offset > at.offset,
                serde_json::from_slice::<Value>(&message.data).unwrap(),
            ));
        }
    }
    assert_eq!(
        seen,
        [
            (false, json!({ "join": [mia] })),
            (false, json!({ "join": [ole] })),
            (true, json!({ "leave": ["mia"] })),
            (true, json!({ "leave": ["o\"le"] })),
        ]
    );
}

pub(crate) fn request(owner: &str, key: &str, nonce: u32) -> ClaimRequest {
    ClaimRequest {
        owner: owner.to_owned(),
        key: key.to_owned(),
        payload: "0123456789abcdef0123456789abcdef".to_owned(),
        nonce: format!("{nonce:024x}"),
    }
}

async fn what_is_claimed_is_claimed_once(broker: &Arc<dyn Broker>) {
    let lease = Duration::from_secs(30);
    let mut claims = tokio::task::JoinSet::new();
    for nonce in 0..20 {
        let broker = Arc::clone(broker);
        let request = request("u1", "do", nonce);
        claims.spawn(async move { broker.claim(&request, lease).await.unwrap() });
    }
    let mut granted = 0;
    while let Some(claim) = claims.join_next().await {
        match claim.unwrap() {
            Claim::Granted => granted += 1,
            claim => assert_eq!(claim, Claim::Running),
        }
    }
    assert_eq!(granted, 1);
    let outcome = Bytes::from_static(b"{\"\":\"\xc3\xa4\"}");
    let first = request("u1", "do", 0);
    broker.settle(&first, outcome.clone()).await.unwrap();
    let again = broker.claim(&request("u1", "do", 1), lease).await.unwrap();
    assert_eq!(again, Claim::Settled(outcome));
    let other = ClaimRequest {
        payload: "ffffffffffffffffffffffffffffffff".to_owned(),
        ..first
    };
    let claim = broker.claim(&other, lease).await.unwrap();
    assert_eq!(claim, Claim::OtherPayload);
    let elsewhere = ClaimRequest {
        owner: "u2".to_owned(),
        ..other
    };
    let claim = broker.claim(&elsewhere, lease).await.unwrap();
    assert_eq!(claim, Claim::Granted);
    let short = Duration::from_millis(20);
    let lost = request("u1", "lost", 0);
    assert_eq!(broker.claim(&lost, short).await.unwrap(), Claim::Granted);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(broker.claim(&lost, short).await.unwrap(), Claim::Lost);
}

async fn what_did_not_run_is_claimed_again(broker: &dyn Broker) {
    let lease = Duration::from_secs(30);
    let first = request("u1", "refused", 1);
    let second = request("u1", "refused", 2);
    assert_eq!(broker.claim(&first, lease).await.unwrap(), Claim::Granted);
    // Only the run that was granted gives the right back.
    broker.release(&second, false).await.unwrap();
    assert_eq!(broker.claim(&second, lease).await.unwrap(), Claim::Running);
    broker.release(&first, false).await.unwrap();
    assert_eq!(broker.claim(&second, lease).await.unwrap(), Claim::Granted);
    let done = Bytes::from_static(b"done");
    broker.settle(&second, done.clone()).await.unwrap();
    broker.release(&second, true).await.unwrap();
    let again = broker.claim(&first, lease).await.unwrap();
    assert_eq!(again, Claim::Settled(done));
}

/// An owner's claims are bounded, and none of another owner is forgotten for them.
async fn a_flood_of_claims_costs_its_owner_alone(broker: &dyn Broker) {
    let lease = Duration::from_secs(30);
    let honest = request("honest", "one", 0);
    broker.claim(&honest, lease).await.unwrap();
    broker
        .settle(&honest, Bytes::from_static(b"done"))
        .await
        .unwrap();
    for number in 0..2_100 {
        let flood = request("flood", &number.to_string(), number);
        assert_eq!(broker.claim(&flood, lease).await.unwrap(), Claim::Granted);
        broker
            .settle(&flood, Bytes::from_static(b"done"))
            .await
            .unwrap();
    }
    let claim = |owner, key| {
        let request = request(owner, key, 9_999);
        async move { broker.claim(&request, lease).await.unwrap() }
    };
    let done = Claim::Settled(Bytes::from_static(b"done"));
    assert_eq!(claim("flood", "0").await, Claim::Granted, "it is forgotten");
    assert_eq!(claim("flood", "2099").await, done);
    assert_eq!(claim("honest", "one").await, done);
    for number in 0..40 {
        let large = request("large", &number.to_string(), number);
        broker.claim(&large, lease).await.unwrap();
        broker
            .settle(&large, Bytes::from(vec![b'x'; 64 * 1024]))
            .await
            .unwrap();
    }
    assert_eq!(claim("large", "0").await, Claim::Granted, "it is forgotten");
    assert!(matches!(claim("large", "39").await, Claim::Settled(_)));
}

/// The suite.
pub(crate) async fn does_what_brokers_do(broker: &Arc<dyn Broker>) {
    what_is_published_is_read_in_order(&**broker).await;
    a_key_publishes_once(&**broker).await;
    nobody_attaches_into_a_hole(broker).await;
    all_readers_see_one_order(broker).await;
    only_so_much_is_kept(&**broker).await;
    several_tabs_are_one_person(&**broker).await;
    what_is_claimed_is_claimed_once(broker).await;
    what_did_not_run_is_claimed_again(&**broker).await;
    a_flood_of_claims_costs_its_owner_alone(&**broker).await;
    broker.tend().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_memory_broker_does_what_brokers_do() {
    let broker: Arc<dyn Broker> = Arc::new(MemoryBroker::new());
    does_what_brokers_do(&broker).await;
}

#[tokio::test]
async fn another_memory_is_another_epoch() {
    let [first, second] = [MemoryBroker::new(), MemoryBroker::new()];
    let first = first.publish("g", publication("x")).await.unwrap();
    let second = second.publish("g", publication("x")).await.unwrap();
    assert_ne!(first.epoch, second.epoch);
}

#[tokio::test(start_paused = true)]
async fn old_messages_are_forgotten_and_positions_are_not() {
    let broker = MemoryBroker::new();
    let position = broker.publish("g", publication("x")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(6 * 60)).await;
    broker.tend().await;
    let mut reader = Reader::since(&broker, "g", 0, Some(position)).await;
    assert_eq!(reader.feed.page(None, 9).1.len(), 0);
    broker.publish("g", publication("y")).await.unwrap();
    assert_eq!(reader.texts(1).await, ["y"]);
}
