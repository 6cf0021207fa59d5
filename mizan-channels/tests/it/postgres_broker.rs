//! The broker on PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use mizan_channels::Channels;
use mizan_channels::broker::presence::presence_log;
use mizan_channels::broker::{Broker, PostgresBroker, Publication, ReadReply, Retention};
use mizan_channels::suite::{self, TestReader, publication, within_timeout};
use mizan_core::channel::Position;
use mizan_core::{Channel, Cx, Decision, channel};
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection as _, PgConnection};
use tokio::time::Instant;

use crate::postgres_database::Database;

/// The id of the log of the group `g`, as PostgreSQL computes it.
const LOG: &str = "substr(sha256('g'), 1, 16)";

async fn publish(broker: &PostgresBroker, group: &str, text: &str) -> Position {
    let published = broker.publish(group, publication(text));
    within_timeout(published).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passes_the_suite() {
    let Some(database) = Database::start().await else {
        return;
    };
    suite::all(Arc::new(database.broker().await)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn brokers_with_different_prefixes_are_separate() {
    let Some((database, [broker, _])) = Database::start_with_brokers().await else {
        return;
    };
    let pool = PgPoolOptions::new().connect(&database.0.url()).await;
    let other = PostgresBroker::with_prefix(pool.unwrap(), "chat_").unwrap();
    other.migrate().await.unwrap();
    publish(&broker, "g", "a").await;
    let mut reader = TestReader::new(&other, "g", 9).await;
    publish(&other, "g", "b").await;
    assert_eq!(reader.texts(1).await, ["b"]);
}

#[tokio::test(start_paused = true)]
async fn publication_fails_fast_without_postgres() {
    let pool = PgPoolOptions::new()
        .acquire_timeout(Duration::from_secs(1))
        .connect_lazy("postgres://test@127.0.0.1:1/postgres");
    let broker = PostgresBroker::new(pool.unwrap());
    let error = broker.publish("g", publication("a")).await.unwrap_err();
    assert!(error.is_unsent());
    let started = Instant::now();
    broker.publish("g", publication("a")).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::ZERO);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_share_their_channels() {
    let Some((_database, [one, two])) = Database::start_with_brokers().await else {
        return;
    };
    let mut reader = TestReader::new(&two, "g", 0).await;
    for text in ["a", "b", "c"] {
        publish(&one, "g", text).await;
    }
    assert_eq!(reader.texts(3).await, ["a", "b", "c"]);
    let mut late = TestReader::new(&one, "g", 2).await;
    assert_eq!(late.texts(2).await, ["b", "c"]);
    one.enter("g", "c1", "mia", "1".into()).await.unwrap();
    let (_, members) = two.members("g").await.unwrap();
    assert_eq!(members, r#"{"members":[{"id":"mia","info":1}]}"#);
}

/// A notification has at most 8,000 bytes, so messages must not be part of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn delivers_messages_that_are_larger_than_a_notification() {
    let Some((_database, [one, two])) = Database::start_with_brokers().await else {
        return;
    };
    let group = "g".repeat(10_000);
    let mut reader = TestReader::new(&two, &group, 0).await;
    for size in [7_997, 7_998, 7_999, 8_000, 1_000_000] {
        let text = "x".repeat(size);
        publish(&one, &group, &text).await;
        assert!(reader.texts(1).await == [text], "{size}");
    }
}

/// Publishes a message whose notification is lost.
async fn publish_unannounced(database: &Database, offset: u64, text: &str) {
    let statements = format!(
        "UPDATE mizan_channels_logs SET top = {offset} WHERE id = {LOG}; \
         INSERT INTO mizan_channels_messages VALUES ({LOG}, {offset}, now(), '', '\"{text}\"')"
    );
    database.execute(statements).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finds_messages_whose_notification_was_lost() {
    let Some((database, [broker, _])) = Database::start_with_brokers().await else {
        return;
    };
    let mut reader = TestReader::new(&broker, "g", 0).await;
    publish(&broker, "g", "1").await;
    assert_eq!(reader.texts(1).await, ["1"]);
    publish_unannounced(&database, 2, "2").await;
    publish(&broker, "g", "3").await;
    assert_eq!(reader.texts(2).await, ["2", "3"]);
    // No later notification reveals the message.
    publish_unannounced(&database, 4, "4").await;
    assert_eq!(reader.texts(1).await, ["4"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_a_gap_for_a_message_that_was_removed() {
    let Some((database, [broker, _])) = Database::start_with_brokers().await else {
        return;
    };
    let mut reader = TestReader::new(&broker, "g", 0).await;
    publish(&broker, "g", "1").await;
    assert_eq!(reader.texts(1).await, ["1"]);
    let statement = format!("UPDATE mizan_channels_logs SET top = 2, floor = 2 WHERE id = {LOG}");
    database.execute(statement).await;
    publish(&broker, "g", "3").await;
    let gap = async {
        loop {
            match reader.log.read(&reader.at, 9) {
                ReadReply::Behind(log) => return log,
                ReadReply::Messages { messages, .. } => assert_eq!(messages, []),
            }
            reader.events().await;
        }
    };
    let log = within_timeout(gap).await;
    assert_eq!((log.floor, log.epoch), (2, reader.at.epoch.clone()));
}

/// A log that lost messages must not assign their offsets again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decreased_top_starts_a_new_epoch() {
    let Some((database, [broker, _])) = Database::start_with_brokers().await else {
        return;
    };
    let reader = TestReader::new(&broker, "g", 0).await;
    for text in ["1", "2", "3"] {
        publish(&broker, "g", text).await;
    }
    let before = reader.log.state(0).0.epoch;
    let statement = format!(
        "UPDATE mizan_channels_logs SET top = 2 WHERE id = {LOG}; \
         DELETE FROM mizan_channels_messages WHERE \"offset\" = 3"
    );
    database.execute(statement).await;
    let found = async {
        while reader.log.state(0).0.epoch == before {
            reader.events().await;
        }
    };
    within_timeout(found).await;
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Room {
    room: String,
}

struct Posts;

#[channel]
impl Channel for Posts {
    type Params = Room;
    type ServerMessage = String;
    const NAME: &'static str = "posts";

    async fn authorize(_: &Cx, _: &Room) -> Decision {
        Decision::Allow
    }

    fn group(params: &Room) -> String {
        params.room.clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn message_of_a_transaction_is_delivered_after_the_commit() {
    let Some((mut database, [one, two])) = Database::start_with_brokers().await else {
        return;
    };
    database.execute("CREATE TABLE posts (text TEXT)").await;
    let tea = Room {
        room: "tea".to_owned(),
    };
    let mut reader = TestReader::new(&two, "posts:tea", 0).await;
    let mut connection = database.connect().await;
    let mut position = None;
    for (text, is_committed) in [("rolled back", false), ("committed", true)] {
        let mut transaction = connection.begin().await.unwrap();
        let insert = sqlx::query("INSERT INTO posts VALUES ($1)").bind(text);
        insert.execute(&mut *transaction).await.unwrap();
        let published = one.publish_in::<Posts>(&mut transaction, &tea, text.to_owned());
        position = Some(published.await.unwrap());
        assert_eq!(database.count("SELECT count(*) FROM posts").await, 0);
        // The row and the message become visible together.
        let messages = "SELECT count(*) FROM mizan_channels_messages";
        assert_eq!(database.count(messages).await, 0);
        if is_committed {
            transaction.commit().await.unwrap();
        } else {
            transaction.rollback().await.unwrap();
        }
    }
    assert_eq!(reader.texts(1).await, ["committed"]);
    assert_eq!(database.count("SELECT count(*) FROM posts").await, 1);
    let channels = Channels::new(two);
    let next = channels.publish::<Posts>(&tea, "next".to_owned()).await;
    assert_eq!(reader.texts(1).await, ["next"]);
    let (position, next) = (position.unwrap(), next.unwrap());
    assert_eq!(next.epoch, position.epoch);
    assert_eq!(next.offset, position.offset + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idempotency_key_commits_with_the_transaction() {
    let Some((mut database, [broker, _])) = Database::start_with_brokers().await else {
        return;
    };
    let mut connection = database.connect().await;
    for text in ["rolled back", "first", "second"] {
        let mut transaction = connection.begin().await.unwrap();
        let keyed = publication(text).with_key("order-17");
        let appended = broker.append_in(&mut transaction, "g", keyed).await;
        assert_eq!(appended.unwrap().offset, 1);
        if text == "rolled back" {
            transaction.rollback().await.unwrap();
        } else {
            transaction.commit().await.unwrap();
        }
    }
    publish(&broker, "g", "third").await;
    let mut reader = TestReader::new(&broker, "g", 9).await;
    assert_eq!(reader.texts(2).await, ["first", "third"]);
}

/// An application that keeps its transaction open delays the publishers of that group, but no other group.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_transaction_does_not_delay_other_groups() {
    let Some((mut database, [broker, _])) = Database::start_with_brokers().await else {
        return;
    };
    let mut connection = database.connect().await;
    let mut transaction = connection.begin().await.unwrap();
    let appended = broker.append_in(&mut transaction, "slow", publication("a"));
    appended.await.unwrap();
    let blocked = broker.publish("slow", publication("b")).await.unwrap_err();
    assert!(blocked.is_unsent(), "{blocked:?}");
    let mut reader = TestReader::new(&broker, "fast", 0).await;
    publish(&broker, "fast", "c").await;
    assert_eq!(reader.texts(1).await, ["c"]);
    transaction.commit().await.unwrap();
    let mut reader = TestReader::new(&broker, "slow", 9).await;
    publish(&broker, "slow", "d").await;
    assert_eq!(reader.texts(2).await, ["a", "d"]);
}

/// The first attempt reaches PostgreSQL after its retry.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publication_that_arrives_after_its_retry_is_added_once() {
    let Some((mut database, [broker, _])) = Database::start_with_brokers().await else {
        return;
    };
    let mut connection = database.connect().await;
    let mut attempts = Vec::new();
    for first_attempt in [Some(5_000_i64), Some(5_000), None] {
        let attempt = sqlx::query_as(
            "SELECT out_epoch, out_offset FROM mizan_channels_publish(substr(sha256('g'), 1, 16), \
             'fresh', '\"a\"', 'id', NULL, 256, 300000, 300000, $1, true)",
        );
        let attempt = attempt.bind(first_attempt).fetch_one(&mut connection);
        let position: (String, i64) = attempt.await.unwrap();
        attempts.push(position);
    }
    assert_eq!(attempts, vec![("fresh".to_owned(), 1); 3]);
    publish(&broker, "g", "b").await;
    let mut reader = TestReader::new(&broker, "g", 9).await;
    assert_eq!(reader.texts(2).await, ["a", "b"]);
}

/// The log has been trimmed since the first attempt, so that a retry cannot know whether it was added.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retry_after_the_log_was_trimmed_has_an_unknown_outcome() {
    let Some((mut database, [broker, _])) = Database::start_with_brokers().await else {
        return;
    };
    let retention = Retention::default().with_messages(1);
    for text in ["a", "b"] {
        let trimmed = publication(text).with_retention(retention);
        broker.publish("g", trimmed).await.unwrap();
    }
    let mut connection: PgConnection = database.connect().await;
    let retry = sqlx::query_as(
        "SELECT out_epoch, out_offset FROM mizan_channels_publish(substr(sha256('g'), 1, 16), \
         'fresh', '\"c\"', 'id', NULL, 256, 300000, 300000, 3600000, true)",
    );
    let retried: (String, i64) = retry.fetch_one(&mut connection).await.unwrap();
    assert_eq!(retried, (String::new(), 0));
    assert_eq!(publish(&broker, "g", "d").await.offset, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn member_of_a_dead_server_leaves() {
    let Some((database, [one, two])) = Database::start_with_brokers().await else {
        return;
    };
    one.enter("g", "c1", "mia", "1".into()).await.unwrap();
    two.enter("g", "c2", "ole", "2".into()).await.unwrap();
    drop(one);
    let mut changes = TestReader::new(&two, &presence_log("g"), 0).await;
    let expire = "UPDATE mizan_channels_servers SET expires_at = now()";
    database.execute(expire).await;
    // The server that maintains the presence is alive.
    two.maintain().await;
    let (_, members) = two.members("g").await.unwrap();
    assert_eq!(members, r#"{"members":[{"id":"ole","info":2}]}"#);
    let messages = changes.messages(9).await;
    assert_eq!(messages[0].data, r#"{"leave":["mia"]}"#);
}

/// The presence in the database was lost, as in a failover to a replica that had not received it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn maintenance_repairs_the_presence() {
    let Some((database, [broker, _])) = Database::start_with_brokers().await else {
        return;
    };
    broker.enter("g", "c1", "mia", "1".into()).await.unwrap();
    database
        .execute(
            "TRUNCATE mizan_channels_servers, mizan_channels_connections, mizan_channels_members",
        )
        .await;
    // A connection that has left while PostgreSQL was not available.
    let ghost = format!(
        "INSERT INTO mizan_channels_connections SELECT {}, 'c2', 'ole', id FROM mizan_channels_servers",
        "substr(sha256('+g'), 1, 16)"
    );
    broker.maintain().await;
    database.execute(ghost).await;
    let expire = "UPDATE mizan_channels_servers SET expires_at = now()";
    database.execute(expire).await;
    broker.maintain().await;
    let (_, members) = broker.members("g").await.unwrap();
    assert_eq!(members, r#"{"members":[{"id":"mia","info":1}]}"#);
    let connections = "SELECT count(*) FROM mizan_channels_connections";
    assert_eq!(database.count(connections).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn presence_accepts_unusual_user_ids() {
    let Some((_database, [broker, _])) = Database::start_with_brokers().await else {
        return;
    };
    for id in ["", "a b", "ä\u{1}", "a\u{0}b", "1 2", "o\"le"] {
        broker.enter("g", "c1", id, "1".into()).await.unwrap();
        let expected = serde_json::json!({ "members": [{ "id": id, "info": 1 }] });
        let (_, members) = broker.members("g").await.unwrap();
        let actual: serde_json::Value = serde_json::from_slice(&members).unwrap();
        assert_eq!(actual, expected);
        broker.leave("g", "c1").await.unwrap();
        let (_, members) = broker.members("g").await.unwrap();
        assert_eq!(members, r#"{"members":[]}"#);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn maintenance_removes_expired_rows_and_keeps_logs_with_subscribers() {
    let Some((database, [broker, _])) = Database::start_with_brokers().await else {
        return;
    };
    let reader = TestReader::new(&broker, "kept", 0).await;
    for number in 0..20 {
        let text = number.to_string();
        let keyed = publication(&text).with_key(text);
        broker.publish("removed", keyed).await.unwrap();
    }
    let expire = "UPDATE mizan_channels_logs SET messages_until = now(), remove_at = now(); \
                  UPDATE mizan_channels_keys SET remove_at = now()";
    database.execute(expire).await;
    broker.maintain().await;
    for (query, rows) in [
        ("SELECT count(*) FROM mizan_channels_messages", 0),
        ("SELECT count(*) FROM mizan_channels_keys", 0),
        ("SELECT count(*) FROM mizan_channels_logs", 1),
    ] {
        assert_eq!(database.count(query).await, rows, "{query}");
    }
    let at = publish(&broker, "kept", "a").await;
    assert_eq!(*at.epoch, *reader.at.epoch);
}

/// The number of stored messages does not grow with the number of publications.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publications_remove_messages_beyond_the_retention() {
    let Some((database, [broker, _])) = Database::start_with_brokers().await else {
        return;
    };
    for _ in 0..100 {
        publish(&broker, "g", "x").await;
    }
    let few = Retention::default().with_messages(5);
    for text in ["y", "z"] {
        let publication = publication(text).with_retention(few);
        broker.publish("g", publication).await.unwrap();
    }
    let messages = "SELECT count(*) FROM mizan_channels_messages";
    assert_eq!(database.count(messages).await, 5);
    let old = "UPDATE mizan_channels_messages SET published_at = now() - interval '1 hour'";
    database.execute(old).await;
    let publication = Publication::new("1");
    assert_eq!(broker.publish("g", publication).await.unwrap().offset, 103);
    assert_eq!(database.count(messages).await, 1);
}
