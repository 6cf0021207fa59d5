//! Brokers: the logs of groups, and presence.

mod error;
mod events;
pub(crate) mod log;
mod memory;
mod notification;
#[cfg(feature = "postgres")]
mod postgres;
pub mod presence;
mod publication;
mod reader;
#[cfg(feature = "redis")]
mod redis;
mod topics;

use async_trait::async_trait;
use bytes::Bytes;
use mizan_core::channel::Position;

#[cfg(feature = "postgres")]
#[cfg_attr(docsrs, doc(cfg(feature = "postgres")))]
pub use self::postgres::PostgresBroker;
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub use self::redis::RedisBroker;
pub use error::BrokerError;
pub use events::{BrokerEvent, LogKind, SubscriptionId};
pub use log::{Cursor, HistoryPage, LogState, Message, ReadReply};
pub use memory::MemoryBroker;
pub use notification::{Notification, NotificationQueue, Notifications, Notifier};
pub use publication::{Publication, Retention};
pub use reader::LogReader;

/// Keeps the logs of groups, and delivers their messages to all servers.
///
/// Every implementation has to pass the tests of the module `suite` (feature `suite`).
///
/// A broker guarantees that the offsets of a group increase within an epoch, that no offset is assigned twice, and
/// that every reader gets all messages in the same order. A broker that cannot guarantee this any more, for
/// example after it lost data, starts a new epoch.
#[async_trait]
pub trait Broker: Send + Sync + 'static {
    /// Appends a message to the log of `group`, and returns its position.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker is unavailable. Unless the error [is unsent](BrokerError::is_unsent), the
    /// message may have been published. A publication with a key can be repeated safely.
    async fn publish(&self, group: &str, publication: Publication)
    -> Result<Position, BrokerError>;

    /// Subscribes `notifier` to the log of `group`, and returns a reader of the log.
    ///
    /// From then on the broker calls the notifier when the log changes, until the reader is dropped. Each
    /// message is either already in the reader's log, or the broker calls the notifier for it.
    ///
    /// `since` is the position of a client that resumes. If it is not in the log, because its epoch differs or its
    /// offset is greater than the newest one, the broker first updates the log from its source: a position that is
    /// still unknown never existed.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker is unavailable. In that case, the notifier is not subscribed.
    async fn attach(
        &self,
        group: &str,
        retention: Retention,
        since: Option<&Position>,
        notifier: Notifier,
    ) -> Result<Box<dyn LogReader>, BrokerError>;

    /// Marks `connection` as present in `group` as the member `id`, with `info` as JSON.
    ///
    /// The first connection of a member publishes a [join](presence::join_message) in the
    /// [presence log](presence::presence_log) of the group. The future may be dropped at any point; a later
    /// [`leave`](Self::leave) takes precedence.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker is unavailable.
    async fn enter(
        &self,
        group: &str,
        connection: &str,
        id: &str,
        info: Bytes,
    ) -> Result<(), BrokerError>;

    /// Removes `connection` from `group`. The last connection of a member publishes a
    /// [leave](presence::leave_message).
    ///
    /// # Errors
    ///
    /// Returns an error if the broker is unavailable. In that case, the connection expires within a minute.
    async fn leave(&self, group: &str, connection: &str) -> Result<(), BrokerError>;

    /// Returns the [member list](presence::members_message) of `group`, and the cursor in the presence log at
    /// which the list is valid.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker is unavailable.
    async fn members(&self, group: &str) -> Result<(Cursor, Bytes), BrokerError>;

    /// Performs periodic maintenance, such as the removal of expired data. The server calls it every 10 seconds.
    async fn maintain(&self) {}

    /// Returns `true` if other processes do not receive the messages.
    fn is_local(&self) -> bool {
        false
    }
}
