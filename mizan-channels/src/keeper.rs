//! What a server does for all its connections: hears of revocations, and has the broker tended.

use std::future::poll_fn;
use std::sync::{Arc, Weak};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

use crate::broker::Retention;
use crate::broker::feed::{Feed, Listener, Mailbox, Signal};
use crate::channels::Shared;
use crate::jitter::part_of;
use crate::log::{Cursor, ReadReply};
use crate::session::{Stream, SubId};

/// The group in which servers tell each other. No channel's group begins like it.
pub(crate) const CONTROL: &str = "!control";

/// How often the broker is tended.
const TEND: Duration = Duration::from_secs(10);

/// Whose connections are to end.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Revocation {
    Session(String),
    User(String),
}

/// Begins, where that was not done yet.
pub(crate) fn start(shared: &Arc<Shared>, running: &mut Option<JoinHandle<()>>) {
    if running.as_ref().is_none_or(JoinHandle::is_finished) {
        *running = Some(tokio::spawn(keep(Arc::downgrade(shared))));
    }
}

async fn keep(shared: Weak<Shared>) {
    let mailbox = Arc::new(Mailbox::default());
    let mut control: Option<(Feed, Cursor)> = None;
    // Servers that start together do not tend together.
    let mut tend = Instant::now() + part_of(TEND);
    loop {
        if control.is_none() {
            let Some(shared) = shared.upgrade() else {
                return;
            };
            control = attach(&shared, &mailbox).await;
        }
        if control.is_none() {
            sleep(Duration::from_millis(200) + part_of(Duration::from_secs(1))).await;
        }
        let heard = timeout_at(tend, poll_fn(|cx| mailbox.poll_take(cx))).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        if let Some((feed, at)) = &mut control {
            obey(&shared, feed, at);
        }
        if heard.is_err() {
            tend = Instant::now() + TEND;
            shared.broker.tend().await;
        }
    }
}

async fn attach(shared: &Shared, mailbox: &Arc<Mailbox>) -> Option<(Feed, Cursor)> {
    let listener = Listener {
        mailbox: Arc::clone(mailbox),
        id: SubId::new(0),
        stream: Stream::Messages,
    };
    let attached = shared
        .broker
        .attach(CONTROL, Retention::default(), None, listener);
    let feed = attached.await.ok()?;
    let (log, _) = feed.state(0);
    let at = Cursor {
        epoch: log.epoch,
        offset: log.top,
    };
    // What was said before is not known: look at everybody again.
    suspect_all(shared);
    Some((feed, at))
}

fn suspect_all(shared: &Shared) {
    for mailbox in shared.mailboxes() {
        mailbox.signal(Signal::Suspect);
    }
}

fn obey(shared: &Shared, feed: &Feed, at: &mut Cursor) {
    loop {
        match feed.read(at, 64) {
            ReadReply::Messages { messages, more } => {
                for message in messages {
                    at.offset = message.offset;
                    match serde_json::from_slice(&message.data) {
                        Ok(revocation) => shared.end(&revocation),
                        Err(error) => {
                            tracing::warn!(%error, "another server says what is not known here");
                        }
                    }
                }
                if !more {
                    return;
                }
            }
            ReadReply::Behind(log) => {
                *at = Cursor {
                    epoch: log.epoch,
                    offset: log.floor,
                };
                suspect_all(shared);
            }
        }
    }
}
