//! The broker in memory.

use std::sync::Arc;
use std::time::Duration;

use mizan_channels::broker::{Broker, MemoryBroker};
use mizan_channels::suite::{self, TestReader, publication};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passes_the_suite() {
    suite::all(Arc::new(MemoryBroker::new())).await;
}

#[tokio::test]
async fn each_broker_has_its_own_epochs() {
    let [first, second] = [MemoryBroker::new(), MemoryBroker::new()];
    let first = first.publish("g", publication("x")).await.unwrap();
    let second = second.publish("g", publication("x")).await.unwrap();
    assert_ne!(first.epoch, second.epoch);
}

#[tokio::test(start_paused = true)]
async fn removes_expired_messages_and_keeps_the_epoch() {
    let broker = MemoryBroker::new();
    let position = broker.publish("g", publication("x")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(6 * 60)).await;
    broker.maintain().await;
    let mut reader = TestReader::resume(&broker, "g", position).await;
    assert_eq!(reader.log.page(None, 9).messages.len(), 0);
    broker.publish("g", publication("y")).await.unwrap();
    assert_eq!(reader.texts(1).await, ["y"]);
}
