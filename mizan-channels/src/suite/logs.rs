//! Tests of logs.

use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use mizan_core::channel::Position;
use tokio::task::JoinSet;

use super::fixtures::{TestReader, publication, within_timeout};
use crate::broker::{Broker, LogKind, Notifier, ReadReply, Retention, SubscriptionId};

/// Tests the logs of a broker.
///
/// # Panics
///
/// Panics if the broker violates its contract.
pub async fn logs(broker: &Arc<dyn Broker>) {
    delivers_messages_in_order(&**broker).await;
    publishes_once_under_a_key(&**broker).await;
    attaches_without_a_hole(broker).await;
    delivers_one_order_to_all_readers(broker).await;
    stops_notifying_after_the_reader_is_dropped(&**broker).await;
    keeps_messages_within_the_retention(&**broker).await;
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

async fn delivers_messages_in_order(broker: &dyn Broker) {
    let mut early = TestReader::new(broker, "order", 0).await;
    let positions = publish_all(broker, "order", &numbers(0..50)).await;
    assert!(
        positions.is_sorted_by(|a, b| a.epoch == b.epoch && a.offset < b.offset),
        "offsets increase within an epoch"
    );
    let mut late = TestReader::new(broker, "order", 10).await;
    assert_eq!(early.texts(50).await, numbers(0..50));
    assert_eq!(late.texts(10).await, numbers(40..50));
    assert_eq!(early.at, late.at);
    assert_eq!(early.at.offset, positions[49].offset);
    let mut other = TestReader::new(broker, "other", 10).await;
    publish_all(broker, "other", &numbers(7..8)).await;
    assert_eq!(other.texts(1).await, ["7"], "groups are separate");
}

async fn publishes_once_under_a_key(broker: &dyn Broker) {
    let keyed = |text: &str| publication(text).with_key("k");
    let mut reader = TestReader::new(broker, "keys", 0).await;
    let first = broker.publish("keys", keyed("first")).await.unwrap();
    let second = broker.publish("keys", keyed("second")).await.unwrap();
    assert_eq!(first, second);
    let elsewhere = broker.publish("keys2", keyed("elsewhere")).await.unwrap();
    assert_ne!(first.epoch, elsewhere.epoch, "keys are scoped to a group");
    publish_all(broker, "keys", &["last".to_owned()]).await;
    assert_eq!(reader.texts(2).await, ["first", "last"]);
}

async fn attaches_without_a_hole(broker: &Arc<dyn Broker>) {
    let publisher = Arc::clone(broker);
    let publisher =
        tokio::spawn(async move { publish_all(&*publisher, "busy", &numbers(0..200)).await });
    let mut readers = JoinSet::new();
    for _ in 0..20 {
        let broker = Arc::clone(broker);
        tokio::task::yield_now().await;
        readers.spawn(async move {
            let mut reader = TestReader::new(&*broker, "busy", 3).await;
            let mut last = String::new();
            while last != "199" {
                last = reader.texts(1).await.remove(0);
            }
            reader.at
        });
    }
    let top = within_timeout(publisher).await.unwrap().pop().unwrap();
    while let Some(at) = within_timeout(readers.join_next()).await {
        assert_eq!(at.unwrap().offset, top.offset);
    }
}

async fn delivers_one_order_to_all_readers(broker: &Arc<dyn Broker>) {
    let mut first = TestReader::new(&**broker, "one", 0).await;
    let mut second = TestReader::new(&**broker, "one", 0).await;
    let mut publishers = JoinSet::new();
    for name in ["a", "b", "c", "d"] {
        let broker = Arc::clone(broker);
        publishers.spawn(async move {
            let texts: Vec<_> = (0..25).map(|number| format!("{name}{number}")).collect();
            publish_all(&*broker, "one", &texts).await
        });
    }
    let mut offsets = HashSet::new();
    while let Some(positions) = within_timeout(publishers.join_next()).await {
        offsets.extend(positions.unwrap().iter().map(|position| position.offset));
    }
    assert_eq!(offsets.len(), 100, "no offset is assigned twice");
    let texts = first.texts(100).await;
    assert_eq!(texts, second.texts(100).await);
    assert_eq!(texts.iter().collect::<HashSet<_>>().len(), 100);
}

async fn stops_notifying_after_the_reader_is_dropped(broker: &dyn Broker) {
    let TestReader {
        notifications, log, ..
    } = TestReader::new(broker, "dropped", 0).await;
    let mut kept = TestReader::new(broker, "dropped", 0).await;
    let is_notified = || poll_fn(|cx| Poll::Ready(notifications.poll_take(cx).is_ready()));
    // An empty log may have started its epoch when the reader was attached.
    is_notified().await;
    drop(log);
    publish_all(broker, "dropped", &numbers(0..1)).await;
    assert_eq!(kept.texts(1).await, ["0"]);
    assert!(
        !is_notified().await,
        "a dropped reader gets no notification"
    );
}

async fn keeps_messages_within_the_retention(broker: &dyn Broker) {
    let mut reader = TestReader::new(broker, "kept", 0).await;
    let retention = Retention::default().with_messages(5);
    for text in numbers(0..20) {
        let publication = publication(&text).with_retention(retention);
        broker.publish("kept", publication).await.unwrap();
    }
    let id = SubscriptionId::new(2);
    let notifier = Notifier::new(Arc::default(), id, LogKind::Messages);
    let log = broker
        .attach("kept", retention, None, notifier)
        .await
        .unwrap();
    let (state, start) = log.state(99);
    assert_eq!((state.top - state.floor, start), (5, state.floor));
    let page = log.page(Some(state.top), 3);
    let texts = page.messages.iter().map(|message| &message.data[..]);
    assert_eq!(
        texts.collect::<Vec<_>>(),
        [br#""16""#, br#""17""#, br#""18""#]
    );
    assert!(page.has_more);
    let read = log.read(&reader.at, 9);
    assert_eq!(read, ReadReply::Behind(state.clone()));
    reader.at.offset = state.floor;
    assert_eq!(reader.texts(5).await, numbers(15..20));
}
