//! A subscriber and other tools for tests of a broker.

use std::sync::Arc;
use std::time::Duration;

use mizan_core::channel::Position;

use crate::broker::{
    Broker, BrokerEvent, Cursor, LogKind, LogReader, Message, Notification, NotificationQueue,
    Notifier, Publication, ReadReply, Retention, SubscriptionId,
};

/// A subscriber of a group, for tests of a broker.
pub struct TestReader {
    /// The notifications of the broker.
    pub notifications: Arc<NotificationQueue>,
    /// The log of the group.
    pub log: Box<dyn LogReader>,
    /// The position up to which the log was read.
    pub at: Cursor,
}

impl TestReader {
    /// Subscribes to `group`, and starts with the newest `recent` messages.
    ///
    /// # Panics
    ///
    /// Panics if the broker returns an error.
    pub async fn new(broker: &dyn Broker, group: &str, recent: usize) -> Self {
        let (notifications, log) = attach(broker, group, None).await;
        let (state, start) = log.state(recent);
        Self {
            notifications,
            log,
            at: Cursor::new(state.epoch, start),
        }
    }

    /// Subscribes to `group`, and resumes after `since`.
    ///
    /// # Panics
    ///
    /// Panics if the broker returns an error.
    pub async fn resume(broker: &dyn Broker, group: &str, since: Position) -> Self {
        let (notifications, log) = attach(broker, group, Some(&since)).await;
        Self {
            notifications,
            log,
            at: Cursor::new(since.epoch, since.offset),
        }
    }

    /// Waits for the next events of the broker.
    ///
    /// # Panics
    ///
    /// Panics if there is no event within 20 seconds.
    pub async fn events(&self) -> Vec<BrokerEvent> {
        let notifications = within_timeout(self.notifications.take()).await;
        let events = notifications
            .into_iter()
            .filter_map(|notification| match notification {
                Notification::Broker(_, event) => Some(event),
                _ => None,
            });
        events.collect()
    }

    /// Waits for the next messages, at most `count`.
    ///
    /// # Panics
    ///
    /// Panics if there is no message within 20 seconds, or if the log does not keep the position of the reader.
    pub async fn messages(&mut self, count: usize) -> Vec<Message> {
        loop {
            let ReadReply::Messages { messages, .. } = self.log.read(&self.at, count) else {
                panic!("the log does not keep the position of the reader");
            };
            if let Some(last) = messages.last() {
                self.at.offset = last.offset;
                return messages;
            }
            self.events().await;
        }
    }

    /// Waits for the next `count` messages, and returns their texts.
    ///
    /// # Panics
    ///
    /// Panics if a message is missing, or does not follow the previous one.
    pub async fn texts(&mut self, count: usize) -> Vec<String> {
        let mut texts = Vec::new();
        while texts.len() < count {
            let mut prev = self.at.offset;
            for message in self.messages(count - texts.len()).await {
                assert_eq!(message.prev, prev, "a message follows the previous one");
                prev = message.offset;
                texts.push(serde_json::from_slice(&message.data).unwrap());
            }
        }
        texts
    }
}

async fn attach(
    broker: &dyn Broker,
    group: &str,
    since: Option<&Position>,
) -> (Arc<NotificationQueue>, Box<dyn LogReader>) {
    let notifications = Arc::new(NotificationQueue::default());
    let id = SubscriptionId::new(1);
    let notifier = Notifier::new(Arc::clone(&notifications), id, LogKind::Messages);
    let log = broker
        .attach(group, Retention::default(), since, notifier)
        .await
        .unwrap();
    (notifications, log)
}

/// Awaits `future` with a timeout of 20 seconds.
///
/// # Panics
///
/// Panics if the future does not complete within 20 seconds.
pub async fn within_timeout<F: Future>(future: F) -> F::Output {
    let result = tokio::time::timeout(Duration::from_secs(20), future).await;
    result.expect("the operation completes within 20 seconds")
}

/// Creates a publication of a text.
#[must_use]
pub fn publication(text: &str) -> Publication {
    Publication::new(serde_json::json!(text).to_string())
}
