//! Events of a broker for a subscription.

/// Identifies a subscription within a session. Ids are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionId(u32);

impl SubscriptionId {
    /// Creates the id with this number.
    #[must_use]
    pub fn new(number: u32) -> Self {
        Self(number)
    }
}

/// One of the logs that a subscription reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogKind {
    /// The published messages of the group.
    Messages,
    /// The presence changes of the group.
    Presence,
}

/// A change in a log of a subscription, or in the connection to the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BrokerEvent {
    /// The log has changed: it has new messages, or has restarted with a new epoch.
    LogChanged(LogKind),
    /// The broker is unavailable; messages may be delayed.
    Unavailable,
    /// The broker is available again, and the log is up to date.
    Available,
}
