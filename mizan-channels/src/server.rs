//! The state that all connections of a server share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once};
use std::time::Duration;

use mizan_core::Channel;
use mizan_core::adapter::encode_json;
use mizan_core::shared_store::SharedStore;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use slab::Slab;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::broker::{Broker, Notification, NotificationQueue, Publication, Retention};
use crate::call_limiter::CallLimiter;
use crate::error::PublishError;
use crate::limits::ConnectionLimits;
use crate::live::LiveQueries;
use crate::session::SessionSettings;

pub(crate) struct ServerState {
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) limits: ConnectionLimits,
    pub(crate) call_limiter: CallLimiter,
    pub(crate) live: Arc<LiveQueries>,
    /// The task that receives control messages of other servers and maintains the broker.
    pub(crate) control_task: Mutex<Option<JoinHandle<()>>>,
    pub(crate) settings: Arc<SessionSettings>,
    connections: Mutex<Slab<ConnectionRecord>>,
    is_draining: AtomicBool,
    all_disconnected: Notify,
    store_check: Once,
}

/// An open connection.
struct ConnectionRecord {
    user: Option<Arc<str>>,
    login_session: Option<Arc<str>>,
    notifications: Arc<NotificationQueue>,
}

/// A change of the rights of a user, which servers also send to each other.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ControlMessage {
    /// The login session with this id was revoked.
    #[serde(rename = "session")]
    SessionRevoked(String),
    /// All sessions of the user with this id were revoked.
    #[serde(rename = "user")]
    UserRevoked(String),
    /// The permissions of the user with this id have changed.
    PermissionsChanged(String),
}

impl ServerState {
    pub(crate) fn new(broker: impl Broker, limits: ConnectionLimits) -> Self {
        let broker: Arc<dyn Broker> = Arc::new(broker);
        Self {
            live: Arc::new(LiveQueries::new(Arc::clone(&broker), &limits)),
            broker,
            call_limiter: CallLimiter::new(&limits),
            settings: Arc::new(SessionSettings::new(limits.clone())),
            limits,
            control_task: Mutex::default(),
            connections: Mutex::default(),
            is_draining: AtomicBool::new(false),
            all_disconnected: Notify::new(),
            store_check: Once::new(),
        }
    }

    /// Logs a warning, once, if processes share messages without sharing the outcomes of messages.
    pub(crate) fn check_store(&self, store: &dyn SharedStore) {
        self.store_check.call_once(|| {
            if store.is_local() && !self.broker.is_local() {
                tracing::warn!(
                    "the outcomes of messages are in the memory of this process, so a message that a client sends again \
                     to another process runs again: set a store of the crate `mizan-store` with `Registry::shared_store`"
                );
            }
        });
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    pub(crate) fn start_draining(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    pub(crate) fn connection_count(&self) -> usize {
        self.connections.lock().len()
    }

    /// Waits until no connection is open.
    pub(crate) async fn wait_until_disconnected(&self) {
        loop {
            let all_disconnected = self.all_disconnected.notified();
            if self.connection_count() == 0 {
                return;
            }
            all_disconnected.await;
        }
    }

    /// Adds a connection, and returns its index.
    pub(crate) fn add_connection(&self, notifications: Arc<NotificationQueue>) -> usize {
        metrics::gauge!("mizan_channels_connections").increment(1.0);
        // The connection may have been accepted just before draining began.
        if self.is_draining() {
            notifications.push(Notification::Drain(Duration::ZERO));
        }
        self.connections.lock().insert(ConnectionRecord {
            user: None,
            login_session: None,
            notifications,
        })
    }

    /// Sets the user and the login session of a connection.
    pub(crate) fn set_identity(
        &self,
        index: usize,
        user: Option<Arc<str>>,
        login_session: Option<Arc<str>>,
    ) {
        if let Some(connection) = self.connections.lock().get_mut(index) {
            connection.user = user;
            connection.login_session = login_session;
        }
    }

    pub(crate) fn remove_connection(&self, index: usize) {
        metrics::gauge!("mizan_channels_connections").decrement(1.0);
        let mut connections = self.connections.lock();
        connections.try_remove(index);
        if connections.is_empty() {
            connections.shrink_to_fit();
            self.all_disconnected.notify_waiters();
        }
    }

    /// Notifies all connections.
    pub(crate) fn notify_all(&self, notification: impl Fn() -> Notification) {
        // Release the lock before waking connections.
        let queues: Vec<_> = {
            let connections = self.connections.lock();
            let connections = connections.iter();
            connections
                .map(|(_, connection)| Arc::clone(&connection.notifications))
                .collect()
        };
        for queue in queues {
            queue.push(notification());
        }
    }

    /// Notifies the connections of this server that a control message is about.
    pub(crate) fn apply(&self, message: &ControlMessage) {
        for (_, connection) in &*self.connections.lock() {
            let (own_id, id, notification) = match message {
                ControlMessage::SessionRevoked(id) => {
                    (&connection.login_session, id, Notification::Revoked)
                }
                ControlMessage::UserRevoked(id) => (&connection.user, id, Notification::Revoked),
                ControlMessage::PermissionsChanged(id) => {
                    (&connection.user, id, Notification::PermissionsChanged)
                }
            };
            if own_id.as_deref() == Some(id) {
                connection.notifications.push(notification);
            }
        }
    }
}

impl Drop for ServerState {
    fn drop(&mut self) {
        if let Some(task) = self.control_task.lock().take() {
            task.abort();
        }
    }
}

/// Returns the broker's name for a group of a channel.
pub(crate) fn broker_group(channel: &str, group: &str) -> String {
    format!("{channel}:{group}")
}

/// Returns the broker's name for the group of a message, and the publication with the retention of the channel.
pub(crate) fn channel_publication<C: Channel>(
    params: &C::Params,
    message: &C::ServerMessage,
    key: Option<String>,
) -> Result<(String, Publication), PublishError> {
    let data = encode_json(message).map_err(PublishError::encoding)?;
    let retention = Retention::default()
        .with_messages(C::HISTORY_LEN)
        .with_age(C::HISTORY_AGE);
    let mut publication = Publication::new(data).with_retention(retention);
    publication.key = key;
    Ok((broker_group(C::NAME, &C::group(params)), publication))
}
