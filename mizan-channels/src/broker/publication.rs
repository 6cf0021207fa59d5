//! Messages to publish, and their retention.

use std::time::Duration;

use bytes::Bytes;

/// The time for which the idempotency keys of publications are kept.
pub(crate) const DEDUP_TTL: Duration = Duration::from_secs(5 * 60);

/// A message to publish.
///
/// ```
/// use mizan_channels::broker::{Publication, Retention};
///
/// let publication = Publication::new(r#"{"text":"hello"}"#)
///     .with_key("order-17-paid")
///     .with_retention(Retention::default().with_messages(1_000));
/// assert_eq!(publication.retention.messages, 1_000);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Publication {
    /// The message as JSON.
    pub data: Bytes,
    /// An idempotency key. For 5 minutes, a second publication with the same key in the same group returns the
    /// position of the first one.
    pub key: Option<String>,
    /// The retention of the group from now on.
    pub retention: Retention,
}

impl Publication {
    /// Creates a publication without an idempotency key, with the default retention.
    pub fn new(data: impl Into<Bytes>) -> Self {
        Self {
            data: data.into(),
            key: None,
            retention: Retention::default(),
        }
    }

    /// Sets the idempotency key.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sets the retention of the group.
    #[must_use]
    pub fn with_retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }
}

/// The number and the age of the messages that a group keeps: by default 256 messages of the last 5 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// The maximum number of messages.
    pub messages: usize,
    /// The maximum age of a message.
    pub age: Duration,
}

impl Retention {
    /// Sets the maximum number of messages.
    #[must_use]
    pub fn with_messages(mut self, messages: usize) -> Self {
        self.messages = messages;
        self
    }

    /// Sets the maximum age of a message.
    #[must_use]
    pub fn with_age(mut self, age: Duration) -> Self {
        self.age = age;
        self
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            messages: 256,
            age: Duration::from_secs(5 * 60),
        }
    }
}
