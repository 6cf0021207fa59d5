use std::fmt;
use std::iter::Chain;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use std::{option, vec};

use futures_util::task::AtomicWaker;

use crate::broker::topics::Topic;
use crate::lock::lock;
use crate::log::{Cursor, LogState, Message, ReadReply};
use crate::session::{BrokerEvent, Stream, SubId};

/// What a connection is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Something happened to the log of a subscription.
    Broker(SubId, BrokerEvent),
    /// The session that it came with has ended.
    Revoked,
    /// It is to be looked at again who it is, and what it may see.
    Suspect,
    /// The server stops, and wants it gone after this time.
    Drain(Duration),
}

/// Where a connection hears of its logs. What happens twice before it looks is one thing to it.
#[derive(Default)]
pub struct Mailbox {
    signals: Mutex<Signals>,
    waker: AtomicWaker,
}

/// Signals in their order. One alone, which is what most are, is not allocated.
#[derive(Debug, Default)]
pub struct Signals {
    first: Option<Signal>,
    more: Vec<Signal>,
}

impl Signals {
    fn contains(&self, signal: &Signal) -> bool {
        self.first.as_ref() == Some(signal) || self.more.contains(signal)
    }

    fn push(&mut self, signal: Signal) {
        if self.first.is_none() {
            self.first = Some(signal);
        } else {
            self.more.push(signal);
        }
    }
}

impl IntoIterator for Signals {
    type Item = Signal;
    type IntoIter = Chain<option::IntoIter<Signal>, vec::IntoIter<Signal>>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.more)
    }
}

impl Mailbox {
    /// Leaves a signal, and wakes the reader.
    pub fn signal(&self, signal: Signal) {
        let mut signals = lock(&self.signals);
        // The broker may come and go in between, and that order matters.
        let repeats = matches!(
            signal,
            Signal::Broker(_, BrokerEvent::More(_)) | Signal::Suspect
        );
        if repeats && signals.contains(&signal) {
            return;
        }
        signals.push(signal);
        drop(signals);
        self.waker.wake();
    }

    /// Takes all signals, once there are any.
    pub fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Signals> {
        self.waker.register(cx.waker());
        let mut signals = lock(&self.signals);
        if signals.first.is_none() {
            Poll::Pending
        } else {
            Poll::Ready(std::mem::take(&mut *signals))
        }
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").finish_non_exhaustive()
    }
}

/// Who is told when a log grows.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Where.
    pub mailbox: Arc<Mailbox>,
    /// Of which subscription the log is.
    pub id: SubId,
    /// Which of its logs it is.
    pub stream: Stream,
}

impl Listener {
    pub(crate) fn tell(&self, event: BrokerEvent) {
        self.mailbox.signal(Signal::Broker(self.id, event));
    }
}

/// A place on the list of a group, and the log that is read from there. Dropping it gives up the
/// place.
pub struct Feed {
    topic: Arc<Topic>,
    place: usize,
}

impl Feed {
    pub(crate) fn new(topic: Arc<Topic>, place: usize) -> Self {
        Self { topic, place }
    }

    /// How far the log goes, and the offset that `recent` messages follow.
    #[must_use]
    pub fn state(&self, recent: usize) -> (LogState, u64) {
        self.topic.state(recent)
    }

    /// What follows `after`: at most `most` messages.
    #[must_use]
    pub fn read(&self, after: &Cursor, most: usize) -> ReadReply {
        self.topic.read(after, most)
    }

    /// The epoch, the newest kept messages before an offset, and whether there are older ones. Large
    /// messages make a short page.
    #[must_use]
    pub fn page(&self, before: Option<u64>, limit: usize) -> (Arc<str>, Vec<Message>, bool) {
        self.topic.page(before, limit)
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.topic.detach(self.place);
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Feed").field(&self.topic.name()).finish()
    }
}
