//! Control messages between servers, such as revocations, and the maintenance of the broker.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::backoff::random_up_to;
use crate::broker::{
    Cursor, LogKind, LogReader, Notification, NotificationQueue, Notifier, ReadReply, Retention,
    SubscriptionId,
};
use crate::server::ServerState;

/// The group of the control messages. It cannot collide with the group of a channel, which begins with a letter.
pub(crate) const CONTROL_GROUP: &str = "!control";

/// The interval between calls of [`Broker::maintain`](crate::broker::Broker::maintain).
const MAINTENANCE_INTERVAL: Duration = Duration::from_secs(10);

/// The number of control messages in one read.
const MAX_READ_MESSAGES: usize = 64;

/// The log of the control messages, and the position up to which they have been applied.
struct ControlLog {
    reader: Box<dyn LogReader>,
    applied: Cursor,
}

/// Starts the control loop of a server, unless it is running.
pub(crate) fn start(server: &Arc<ServerState>) {
    let mut task = server.control_task.lock();
    if task
        .as_ref()
        .is_none_or(tokio::task::JoinHandle::is_finished)
    {
        *task = Some(tokio::spawn(run_control_loop(Arc::downgrade(server))));
    }
}

async fn run_control_loop(server: Weak<ServerState>) {
    let notifications = Arc::new(NotificationQueue::default());
    let mut log: Option<ControlLog> = None;
    // A random delay, so that servers that start together do not maintain the broker at the same time.
    let mut maintenance = Instant::now() + random_up_to(MAINTENANCE_INTERVAL);
    loop {
        if log.is_none() {
            let Some(server) = server.upgrade() else {
                return;
            };
            log = attach(&server, &notifications).await;
        }
        if log.is_none() {
            sleep(Duration::from_millis(200) + random_up_to(Duration::from_secs(1))).await;
        }
        let notified = timeout_at(maintenance, notifications.take()).await;
        let Some(server) = server.upgrade() else {
            return;
        };
        if let Some(log) = &mut log {
            apply_control_messages(&server, log);
        }
        if notified.is_err() {
            maintenance = Instant::now() + MAINTENANCE_INTERVAL;
            server.broker.maintain().await;
        }
    }
}

/// Attaches to the log of the control messages. Returns `None` if the broker is unavailable.
async fn attach(
    server: &ServerState,
    notifications: &Arc<NotificationQueue>,
) -> Option<ControlLog> {
    let id = SubscriptionId::new(0);
    let notifier = Notifier::new(Arc::clone(notifications), id, LogKind::Messages);
    let attached = server
        .broker
        .attach(CONTROL_GROUP, Retention::default(), None, notifier);
    let reader = attached.await.ok()?;
    let (state, _) = reader.state(0);
    let applied = Cursor::new(state.epoch, state.top);
    // This server may have missed earlier revocations.
    recheck_all(server);
    Some(ControlLog { reader, applied })
}

/// Authenticates all clients, and authorizes all subscriptions again.
fn recheck_all(server: &ServerState) {
    server.notify_all(|| Notification::Reauthorize);
}

fn apply_control_messages(server: &ServerState, log: &mut ControlLog) {
    loop {
        match log.reader.read(&log.applied, MAX_READ_MESSAGES) {
            ReadReply::Messages { messages, has_more } => {
                for message in messages {
                    log.applied.offset = message.offset;
                    match serde_json::from_slice(&message.data) {
                        Ok(message) => server.apply(&message),
                        Err(error) => {
                            tracing::warn!(%error, "ignoring unknown control message");
                        }
                    }
                }
                if !has_more {
                    return;
                }
            }
            ReadReply::Behind(state) => {
                log.applied = Cursor::new(state.epoch, state.floor);
                recheck_all(server);
            }
        }
    }
}
