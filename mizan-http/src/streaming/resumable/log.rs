//! The log of a resumable stream in the broker.

use std::sync::Arc;

use bytes::Bytes;
use mizan_channels::broker::{
    Broker, BrokerError, Cursor, LogKind, LogReader, Message, NotificationQueue, Notifier,
    Publication, ReadReply, Retention, SubscriptionId,
};
use mizan_core::channel::Position;
use mizan_core::{Error, ErrorCode};

use super::record::Record;

/// The number of records in one read.
const READ_RECORDS: usize = 64;

/// The number of records of a stream besides its parts, which the retention of the log has room for.
const OTHER_RECORDS: usize = 4096;

/// The log of one stream, by its id.
#[derive(Clone)]
pub(super) struct StreamLog {
    broker: Arc<dyn Broker>,
    group: Arc<str>,
    retention: Retention,
}

/// A reader of a log with its position.
pub(super) struct LogCursor {
    reader: Box<dyn LogReader>,
    pub(super) notifications: Arc<NotificationQueue>,
    pub(super) position: Cursor,
}

impl StreamLog {
    pub(super) fn new(
        broker: Arc<dyn Broker>,
        id: &str,
        max_parts: usize,
        age: std::time::Duration,
    ) -> Self {
        let retention = Retention::default();
        Self {
            broker,
            group: format!("mizan.stream:{id}").into(),
            retention: retention
                .with_messages(max_parts + OTHER_RECORDS)
                .with_age(age),
        }
    }

    /// Attaches a reader at the beginning of the log.
    pub(super) async fn attach(&self, since: Option<&Position>) -> Result<LogCursor, Error> {
        let notifications = Arc::new(NotificationQueue::default());
        let notifier = Notifier::new(
            Arc::clone(&notifications),
            SubscriptionId::new(0),
            LogKind::Messages,
        );
        let attach = self
            .broker
            .attach(&self.group, self.retention, since, notifier);
        let reader = attach.await.map_err(|error| unavailable(&error))?;
        let (state, _) = reader.state(0);
        Ok(LogCursor {
            position: Cursor::new(state.epoch, state.floor),
            reader,
            notifications,
        })
    }

    /// Appends a record. One with a key that was appended before is not appended again.
    pub(super) async fn append(
        &self,
        record: &Record<'_>,
        key: Option<String>,
    ) -> Result<(), BrokerError> {
        let mut publication = Publication::new(record.encode()).with_retention(self.retention);
        publication.key = key;
        self.broker.publish(&self.group, publication).await?;
        Ok(())
    }
}

impl LogCursor {
    /// Returns the offset of the newest record.
    pub(super) fn top(&self) -> u64 {
        self.reader.state(0).0.top
    }

    /// Skips the records up to an offset.
    pub(super) fn skip_to(&mut self, offset: u64) {
        self.position.offset = self.position.offset.max(offset);
    }

    /// Reads the next records. Returns `None` if they are not kept any more.
    pub(super) fn read(&mut self) -> Option<Vec<Message>> {
        match self.reader.read(&self.position, READ_RECORDS) {
            ReadReply::Messages { messages, .. } => {
                if let Some(last) = messages.last() {
                    self.position.offset = last.offset;
                }
                Some(messages)
            }
            ReadReply::Behind(_) => None,
        }
    }
}

/// Returns the record in a message, unless another version of the server wrote it.
pub(super) fn decode(data: &Bytes) -> Option<Record<'_>> {
    serde_json::from_slice(data).ok()
}

/// Returns the error for a client whose request the broker could not perform.
pub(super) fn unavailable(error: &BrokerError) -> Error {
    tracing::error!(%error, "the log of a resumable stream is unavailable");
    Error::new(
        ErrorCode::Unavailable,
        "resumable streams are unavailable: try again",
    )
}
