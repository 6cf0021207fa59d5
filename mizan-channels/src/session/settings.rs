//! Settings of a session and of its subscriptions.

use std::time::Duration;

use mizan_core::channel::SlowConsumer;

use crate::limits::ConnectionLimits;

/// The settings that all sessions of a server share.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SessionSettings {
    /// The limits of a connection.
    pub limits: ConnectionLimits,
}

impl SessionSettings {
    /// Creates settings.
    #[must_use]
    pub fn new(limits: ConnectionLimits) -> Self {
        Self { limits }
    }
}

/// The properties of a channel that a subscription depends on.
///
/// ```
/// use std::time::Duration;
///
/// use mizan_channels::session::SubscriptionConfig;
/// use mizan_core::channel::SlowConsumer;
///
/// let config = SubscriptionConfig::new(SlowConsumer::Latest, Duration::from_secs(300))
///     .with_presence(true);
/// assert!(config.has_presence && !config.has_snapshot);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SubscriptionConfig {
    /// The policy for a subscriber that falls behind.
    pub slow_consumer: SlowConsumer,
    /// The interval at which the subscriber is authorized again.
    pub reauthorize: Duration,
    /// True if the channel has snapshots.
    pub has_snapshot: bool,
    /// True if the channel has presence.
    pub has_presence: bool,
}

impl SubscriptionConfig {
    /// Creates the configuration of a channel without snapshots and presence.
    #[must_use]
    pub fn new(slow_consumer: SlowConsumer, reauthorize: Duration) -> Self {
        Self {
            slow_consumer,
            reauthorize,
            has_snapshot: false,
            has_presence: false,
        }
    }

    /// Sets whether the channel has snapshots.
    #[must_use]
    pub fn with_snapshot(mut self, has_snapshot: bool) -> Self {
        self.has_snapshot = has_snapshot;
        self
    }

    /// Sets whether the channel has presence.
    #[must_use]
    pub fn with_presence(mut self, has_presence: bool) -> Self {
        self.has_presence = has_presence;
        self
    }
}
