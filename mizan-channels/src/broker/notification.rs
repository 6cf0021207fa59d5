//! The notification queue of a connection.

use std::fmt;
use std::future::poll_fn;
use std::iter::Chain;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use std::{option, vec};

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;

use crate::broker::events::{BrokerEvent, LogKind, SubscriptionId};

/// A notification for a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notification {
    /// A broker event for a subscription.
    Broker(SubscriptionId, BrokerEvent),
    /// The login session of the client was revoked.
    Revoked,
    /// Authenticate the client and authorize its subscriptions again.
    Reauthorize,
    /// The permissions of the user may have changed: authenticate the client again, authorize its subscriptions,
    /// and let it request those again that were refused.
    PermissionsChanged,
    /// The server is shutting down; close the connection after this time.
    Drain(Duration),
}

/// A connection's notification queue. Repeated notifications are coalesced until the queue is polled.
#[derive(Default)]
pub struct NotificationQueue {
    notifications: Mutex<Notifications>,
    waker: AtomicWaker,
}

/// The notifications of one poll, in order. A single notification, the usual case, is not allocated.
#[derive(Debug, Default)]
pub struct Notifications {
    first: Option<Notification>,
    rest: Vec<Notification>,
}

impl Notifications {
    fn contains(&self, notification: &Notification) -> bool {
        self.first.as_ref() == Some(notification) || self.rest.contains(notification)
    }

    fn push(&mut self, notification: Notification) {
        if self.first.is_none() {
            self.first = Some(notification);
        } else {
            self.rest.push(notification);
        }
    }
}

impl IntoIterator for Notifications {
    type Item = Notification;
    type IntoIter = Chain<option::IntoIter<Notification>, vec::IntoIter<Notification>>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.rest)
    }
}

impl NotificationQueue {
    /// Adds a notification, and wakes the connection.
    pub fn push(&self, notification: Notification) {
        let mut notifications = self.notifications.lock();
        // `Unavailable` and `Available` may alternate, so their order and number matter.
        let is_idempotent = matches!(
            notification,
            Notification::Broker(_, BrokerEvent::LogChanged(_))
                | Notification::Reauthorize
                | Notification::PermissionsChanged
        );
        if is_idempotent && notifications.contains(&notification) {
            return;
        }
        notifications.push(notification);
        drop(notifications);
        self.waker.wake();
    }

    /// Takes all notifications as soon as there is one.
    pub fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Notifications> {
        self.waker.register(cx.waker());
        let mut notifications = self.notifications.lock();
        if notifications.first.is_none() {
            Poll::Pending
        } else {
            Poll::Ready(std::mem::take(&mut *notifications))
        }
    }

    /// Waits for the next notifications, and takes them.
    pub async fn take(&self) -> Notifications {
        poll_fn(|cx| self.poll_take(cx)).await
    }
}

impl fmt::Debug for NotificationQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotificationQueue").finish_non_exhaustive()
    }
}

/// Notifies a connection of changes in one log of one of its subscriptions.
///
/// ```
/// use std::sync::Arc;
///
/// use mizan_channels::broker::{
///     BrokerEvent, LogKind, Notification, NotificationQueue, Notifier, SubscriptionId,
/// };
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let queue = Arc::new(NotificationQueue::default());
/// let id = SubscriptionId::new(1);
/// let notifier = Notifier::new(Arc::clone(&queue), id, LogKind::Messages);
/// notifier.log_changed();
/// notifier.log_changed();
/// let notifications: Vec<_> = queue.take().await.into_iter().collect();
/// let changed = BrokerEvent::LogChanged(LogKind::Messages);
/// assert_eq!(notifications, [Notification::Broker(id, changed)]);
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Notifier {
    queue: Arc<NotificationQueue>,
    id: SubscriptionId,
    log: LogKind,
}

impl Notifier {
    /// Creates a notifier for a log of the subscription `id`.
    #[must_use]
    pub fn new(queue: Arc<NotificationQueue>, id: SubscriptionId, log: LogKind) -> Self {
        Self { queue, id, log }
    }

    /// Reports that the log has new messages, or has restarted with a new epoch.
    pub fn log_changed(&self) {
        self.notify(BrokerEvent::LogChanged(self.log));
    }

    /// Reports that the broker is unavailable.
    pub fn unavailable(&self) {
        self.notify(BrokerEvent::Unavailable);
    }

    /// Reports that the broker is available again, and that the log is up to date.
    pub fn available(&self) {
        self.notify(BrokerEvent::Available);
    }

    fn notify(&self, event: BrokerEvent) {
        self.queue.push(Notification::Broker(self.id, event));
    }
}
