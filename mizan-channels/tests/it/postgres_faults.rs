//! The broker on a PostgreSQL that is restarted, disconnected, replaced by its replica, or restored from a dump.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use mizan_channels::broker::{Broker, BrokerEvent, PostgresBroker, ReadReply};
use mizan_channels::suite::{TestReader, publication, within_timeout};
use mizan_core::channel::Position;
use sqlx::postgres::PgPoolOptions;
use tokio::task::JoinHandle;

use crate::postgres_database::Database;
use crate::proxy::Proxy;

/// Publishes a message, and retries while PostgreSQL is unavailable.
async fn publish(broker: &PostgresBroker, text: &str) -> Position {
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

/// The number of messages of a publisher. All messages of a test fit into the log.
const MESSAGES: usize = 80;

/// Publishes numbered messages until enough of them are acknowledged. Returns those, with their offsets.
fn start_publisher(broker: &PostgresBroker, name: &'static str) -> JoinHandle<Vec<(u64, String)>> {
    let broker = broker.clone();
    tokio::spawn(async move {
        let mut acknowledged = Vec::new();
        for number in 0.. {
            if acknowledged.len() == MESSAGES {
                break;
            }
            let text = format!("{name}{number}");
            match broker.publish("lobby", publication(&text)).await {
                Ok(position) => acknowledged.push((position.offset, text)),
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
            // The fault should happen between two messages as often as within one.
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        acknowledged
    })
}

async fn acknowledged(publishers: [JoinHandle<Vec<(u64, String)>>; 2]) -> Vec<(u64, String)> {
    let mut acknowledged = Vec::new();
    for publisher in publishers {
        acknowledged.extend(within_timeout(publisher).await.unwrap());
    }
    assert_eq!(acknowledged.len(), 2 * MESSAGES);
    acknowledged
}

/// Reads to the message `last`, and asserts that each acknowledged message was read once, at its offset.
async fn assert_all_read(mut reader: TestReader, last: &str, acknowledged: Vec<(u64, String)>) {
    let first = reader.at.offset + 1;
    let mut texts = Vec::new();
    while texts.last().is_none_or(|text| text != last) {
        texts.extend(reader.texts(1).await);
    }
    let unique: HashSet<_> = texts.iter().collect();
    assert_eq!(unique.len(), texts.len(), "no message was added twice");
    for (offset, text) in acknowledged {
        let index = usize::try_from(offset - first).unwrap();
        assert_eq!(texts[index], text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_postgres_loses_no_acknowledged_message() {
    let Some((mut database, [one, two])) = Database::start_with_brokers().await else {
        return;
    };
    let reader = TestReader::new(&two, "lobby", 0).await;
    let watched = TestReader::new(&two, "lobby", 0).await;
    let mut early = TestReader::new(&two, "lobby", 0).await;
    let publishers = [start_publisher(&one, "a"), start_publisher(&two, "b")];
    early.texts(10).await;
    database.0.kill();
    let wait_for = async |event: BrokerEvent| {
        while !watched.events().await.contains(&event) {}
    };
    within_timeout(wait_for(BrokerEvent::Unavailable)).await;
    drop(database.connect().await);
    within_timeout(wait_for(BrokerEvent::Available)).await;
    let acknowledged = acknowledged(publishers).await;
    let epoch = reader.at.epoch.clone();
    let last = publish(&one, "last").await;
    assert_eq!(*last.epoch, *epoch, "a restart continues the epoch");
    assert_all_read(reader, "last", acknowledged).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terminated_backends_lose_no_acknowledged_message() {
    let Some((database, [one, two])) = Database::start_with_brokers().await else {
        return;
    };
    let reader = TestReader::new(&two, "lobby", 0).await;
    let publishers = [start_publisher(&one, "a"), start_publisher(&two, "b")];
    for round in 0..5 {
        database
            .execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
            )
            .await;
        publish(&one, &format!("between {round}")).await;
    }
    let acknowledged = acknowledged(publishers).await;
    publish(&two, "last").await;
    assert_all_read(reader, "last", acknowledged).await;
}

/// Waits until the log has another epoch, and returns it.
async fn new_epoch(reader: &TestReader) -> Arc<str> {
    within_timeout(async {
        loop {
            let (log, _) = reader.log.state(0);
            if log.epoch != reader.at.epoch {
                return log.epoch;
            }
            reader.events().await;
        }
    })
    .await
}

/// The replica has not received the last message when it is promoted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promoted_replica_starts_a_new_epoch() {
    let Some(mut master) = Database::start().await else {
        return;
    };
    let broker = master.broker().await;
    let first = publish(&broker, "first").await;
    let mut replica = Database(master.0.start_replica().unwrap());
    drop(replica.connect().await);
    drop(broker);
    // The address of the broker moves from the master to the replica.
    let proxy = Proxy::start(master.0.port()).await;
    let url = format!("postgres://test@127.0.0.1:{}/postgres", proxy.port);
    let broker = PostgresBroker::connect(&url).await.unwrap();
    let reader = TestReader::new(&broker, "lobby", 1).await;
    let received = "SELECT count(*) FROM mizan_channels_messages";
    assert_eq!(replica.count(received).await, 1);
    replica
        .execute("ALTER SYSTEM SET primary_conninfo = ''")
        .await;
    replica.execute("SELECT pg_reload_conf()").await;
    within_timeout(async {
        while replica
            .count("SELECT count(*) FROM pg_stat_wal_receiver")
            .await
            > 0
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let lost = publish(&broker, "lost").await;
    assert_eq!((&lost.epoch, lost.offset), (&first.epoch, 2));
    master.0.kill();
    proxy.cut();
    replica.execute("SELECT pg_promote()").await;
    proxy.set_target(replica.0.port());
    proxy.restore();
    let after = publish(&broker, "after").await;
    assert_ne!(after.epoch, first.epoch);
    assert_eq!(*new_epoch(&reader).await, *after.epoch);
    let read = reader.log.read(&reader.at, 9);
    assert!(matches!(read, ReadReply::Behind(_)), "{read:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restored_dump_starts_a_new_epoch() {
    let Some((database, [broker, _])) = Database::start_with_brokers().await else {
        return;
    };
    let reader = TestReader::new(&broker, "lobby", 0).await;
    let before = publish(&broker, "before").await;
    let dump = database.0.dump().unwrap();
    publish(&broker, "lost").await;
    database.0.restore(&dump).unwrap();
    let after = publish(&broker, "after").await;
    assert_ne!(after.epoch, before.epoch);
    assert_eq!(*new_epoch(&reader).await, *after.epoch);
}

/// PostgreSQL commits the publication, and its response is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publication_with_a_lost_response_is_added_once() {
    let Some(database) = Database::start().await else {
        return;
    };
    let listening = database.broker().await;
    let mut reader = TestReader::new(&listening, "lobby", 0).await;
    let proxy = Proxy::start(database.0.port()).await;
    let url = format!("postgres://test@127.0.0.1:{}/postgres", proxy.port);
    // A test of the connection would wait for a response.
    let pool = PgPoolOptions::new().test_before_acquire(false);
    let pool = pool.connect(&url).await.unwrap();
    let publishing = PostgresBroker::new(pool.clone());
    publish(&publishing, "first").await;
    within_timeout(async {
        while pool.num_idle() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    proxy.drop_responses();
    let broker = publishing.clone();
    let sent = tokio::spawn(async move { broker.publish("lobby", publication("second")).await });
    assert_eq!(reader.texts(2).await, ["first", "second"]);
    proxy.cut();
    proxy.restore();
    let position = within_timeout(sent).await.unwrap().unwrap();
    publish(&publishing, "third").await;
    assert_eq!(reader.texts(1).await, ["third"]);
    assert_eq!(position.offset, 2);
}
