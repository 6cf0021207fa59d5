//! Tests of presence.

use bytes::Bytes;
use serde_json::{Value, json};

use super::fixtures::TestReader;
use crate::broker::presence::presence_log;
use crate::broker::{Broker, Cursor};

/// Tests the presence of members, who may have several connections.
///
/// # Panics
///
/// Panics if the broker violates its contract.
pub async fn presence(broker: &dyn Broker) {
    let mut changes = TestReader::new(broker, &presence_log("room"), 0).await;
    let info = |name: &str| Bytes::from(json!({ "name": name }).to_string());
    let mia = json!({ "id": "mia", "info": { "name": "Mia" } });
    let ole = json!({ "id": "o\"le", "info": { "name": "Ole" } });
    let enter = |connection, id, name| broker.enter("room", connection, id, info(name));
    enter("c1", "mia", "Mia").await.unwrap();
    enter("c2", "mia", "Mia").await.unwrap();
    enter("c2", "mia", "Mia").await.unwrap();
    enter("c3", "o\"le", "Ole").await.unwrap();
    let (at, present) = members(broker).await;
    assert_eq!(present, json!([mia, ole]));
    broker.leave("room", "c1").await.unwrap();
    broker.leave("room", "c1").await.unwrap();
    assert_eq!(members(broker).await.1, json!([mia, ole]));
    broker.leave("room", "c2").await.unwrap();
    assert_eq!(members(broker).await.1, json!([ole]));
    broker.leave("room", "c3").await.unwrap();
    assert_eq!(members(broker).await.1, json!([]));
    // Each change, and whether it follows the list with both members in the log.
    let mut seen: Vec<(bool, Value)> = Vec::new();
    while seen.len() < 4 {
        for message in changes.messages(9).await {
            let change = serde_json::from_slice(&message.data).unwrap();
            seen.push((message.offset > at.offset, change));
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

async fn members(broker: &dyn Broker) -> (Cursor, Value) {
    let (at, members) = broker.members("room").await.unwrap();
    let mut members: Value = serde_json::from_slice(&members).unwrap();
    (at, members["members"].take())
}
