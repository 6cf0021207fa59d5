//! The task that follows the log of invalidations.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{sleep, timeout_at};

use super::change::decode;
use super::log_group::{LIVE_GROUP, retention};
use super::state::LiveQueries;
use crate::backoff::random_up_to;
use crate::broker::{
    BrokerEvent, Cursor, LogKind, LogReader, Notification, NotificationQueue, Notifier, ReadReply,
    SubscriptionId,
};

/// The number of messages in one read.
const MAX_READ_MESSAGES: usize = 64;

/// The time after which the task notices that its process has no live queries any more.
const IDLE_INTERVAL: Duration = Duration::from_secs(60);

/// The log of invalidations, and the position up to which they are applied.
struct Following {
    reader: Arc<dyn LogReader>,
    applied: Cursor,
}

/// Starts to follow the log, unless the task is running.
pub(super) fn start(live: &Arc<LiveQueries>) {
    let mut task = live.follower.lock();
    if task
        .as_ref()
        .is_none_or(tokio::task::JoinHandle::is_finished)
    {
        *task = Some(tokio::spawn(follow(Arc::downgrade(live))));
    }
}

async fn follow(live: Weak<LiveQueries>) {
    let notifications = Arc::new(NotificationQueue::default());
    let mut following = None;
    loop {
        let Some(strong) = live.upgrade() else {
            return;
        };
        let Some(Following { reader, applied }) = &mut following else {
            following = attach(&strong, &notifications).await;
            drop(strong);
            if following.is_none() {
                sleep(Duration::from_millis(200) + random_up_to(Duration::from_secs(1))).await;
            }
            continue;
        };
        apply_all(&strong, reader, applied);
        strong.notify_paused();
        let wake_at = strong.next_notification();
        drop(strong);
        let idle_at = tokio::time::Instant::now() + IDLE_INTERVAL;
        let notified = timeout_at(wake_at.unwrap_or(idle_at), notifications.take()).await;
        let Some(strong) = live.upgrade() else {
            return;
        };
        for notification in notified.into_iter().flatten() {
            match notification {
                Notification::Broker(_, BrokerEvent::Unavailable) => {
                    strong.notify_each(Notifier::unavailable);
                }
                Notification::Broker(_, BrokerEvent::Available) => {
                    apply_all(&strong, reader, applied);
                    strong.notify_each(Notifier::available);
                }
                _ => {}
            }
        }
    }
}

/// Attaches to the log. Returns `None` if the broker is unavailable.
async fn attach(live: &LiveQueries, notifications: &Arc<NotificationQueue>) -> Option<Following> {
    let id = SubscriptionId::new(0);
    let notifier = Notifier::new(Arc::clone(notifications), id, LogKind::Messages);
    let attached = live.broker.attach(LIVE_GROUP, retention(), None, notifier);
    let reader: Arc<dyn LogReader> = attached.await.ok()?.into();
    let (state, _) = reader.state(0);
    live.restart(Arc::clone(&reader), &state.epoch, state.floor);
    Some(Following {
        applied: Cursor::new(state.epoch, state.floor),
        reader,
    })
}

fn apply_all(live: &LiveQueries, reader: &Arc<dyn LogReader>, applied: &mut Cursor) {
    loop {
        match reader.read(applied, MAX_READ_MESSAGES) {
            ReadReply::Messages { messages, has_more } => {
                for message in messages {
                    applied.offset = message.offset;
                    live.apply(message.offset, decode(&message.data));
                }
                if !has_more {
                    return;
                }
            }
            ReadReply::Behind(state) => {
                // The messages in between may have affected every query.
                live.restart(Arc::clone(reader), &state.epoch, state.floor);
                *applied = Cursor::new(state.epoch, state.floor);
            }
        }
    }
}
