//! The state machine of a subscription.

use std::sync::Arc;

use bytes::Bytes;
use mizan_core::channel::{Position, SlowConsumer};

use super::events::{SessionOutput, SubscriptionRequest};
use super::message_queue::MessageQueue;
use super::protocol;
use super::refusal::Refusal;
use super::settings::SubscriptionConfig;
use crate::broker::{Cursor, LogKind, LogState, ReadReply, SubscriptionId};
use crate::transport::{Close, CloseCode};

/// The maximum number of messages in one read.
pub(super) const MAX_READ_MESSAGES: u32 = 16;

/// The state of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubscriptionState {
    /// The subscriber is being authorized.
    Authorizing,
    /// The subscription is being attached to its log.
    Attaching,
    /// A snapshot, or messages that were published meanwhile, are on their way.
    CatchingUp,
    /// Messages are delivered as they are published.
    Live,
    /// The broker is unavailable.
    Suspended,
}

/// A subscription of a session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Subscription {
    /// The client's number for the subscription.
    pub(super) number: u32,
    pub(super) id: SubscriptionId,
    /// The ticket of the last authorization. Results of earlier ones are ignored.
    pub(super) ticket: u32,
    /// The messages of the client.
    pub(super) queue: MessageQueue,
    phase: Phase,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Phase {
    Authorizing(StartPosition),
    Authorized(Authorized),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Authorized {
    config: SubscriptionConfig,
    delivery: Delivery,
    availability: Availability,
    /// The reader of the presence log, once the client has the list of members.
    presence: Option<LogPosition>,
}

/// The delivery of messages.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Delivery {
    Attaching(StartPosition),
    /// No message is read until the snapshot has arrived.
    AwaitingSnapshot(PendingSnapshot),
    Streaming {
        position: LogPosition,
        is_live: bool,
    },
}

/// The availability of the broker, as reported to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Availability {
    Available,
    Unavailable,
    /// The broker is available again. The client gets `live` once it has all messages.
    Resuming,
}

/// The position at which the client wants to start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct StartPosition {
    pub(super) since: Option<Position>,
    pub(super) recent: u32,
}

/// The frames that follow a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct PendingSnapshot {
    /// The position at which delivery continues, unless the channel returns a position with the snapshot.
    at: Cursor,
    floor: u64,
    announcement: Announcement,
}

/// The frames that tell the client its new position.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Announcement {
    /// `subok`, and a `gap` after it if the client has missed messages.
    Subscribed { gap: Option<Gap> },
    /// A `gap`, in a subscription that was confirmed before.
    Gap(Gap),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Gap {
    reason: &'static str,
    from: Position,
}

/// A position in a log that is read for the client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct LogPosition {
    at: Cursor,
    /// True if the log may have more messages.
    is_dirty: bool,
    /// True if a read has been requested.
    is_reading: bool,
}

/// The end of a subscription, or of the connection.
#[derive(Debug)]
pub(super) enum SubscriptionError {
    Unsubscribe(Refusal),
    Disconnect(Close),
}

impl LogPosition {
    fn new(at: Cursor) -> Self {
        Self {
            at,
            is_dirty: true,
            is_reading: false,
        }
    }
}

impl Subscription {
    pub(super) fn new(number: u32, id: SubscriptionId, ticket: u32, start: StartPosition) -> Self {
        Self {
            number,
            id,
            ticket,
            queue: MessageQueue::default(),
            phase: Phase::Authorizing(start),
        }
    }

    pub(super) fn request(&self, request: SubscriptionRequest) -> SessionOutput {
        SessionOutput::Subscription {
            id: self.id,
            request,
        }
    }

    pub(super) fn state(&self) -> SubscriptionState {
        let Phase::Authorized(authorized) = &self.phase else {
            return SubscriptionState::Authorizing;
        };
        match &authorized.delivery {
            _ if authorized.availability != Availability::Available => SubscriptionState::Suspended,
            Delivery::Attaching(_) => SubscriptionState::Attaching,
            Delivery::AwaitingSnapshot(_) | Delivery::Streaming { is_live: false, .. } => {
                SubscriptionState::CatchingUp
            }
            Delivery::Streaming { is_live: true, .. } => SubscriptionState::Live,
        }
    }

    /// Returns the properties of the channel, once the subscriber is authorized.
    pub(super) fn config(&self) -> Option<&SubscriptionConfig> {
        match &self.phase {
            Phase::Authorizing(_) => None,
            Phase::Authorized(authorized) => Some(&authorized.config),
        }
    }

    /// Returns whether the client was sent `subok`.
    pub(super) fn is_confirmed(&self) -> bool {
        let Phase::Authorized(authorized) = &self.phase else {
            return false;
        };
        match &authorized.delivery {
            Delivery::Attaching(_) => false,
            Delivery::AwaitingSnapshot(pending) => {
                matches!(pending.announcement, Announcement::Gap(_))
            }
            Delivery::Streaming { .. } => true,
        }
    }

    pub(super) fn authorized(&mut self, config: SubscriptionConfig, out: &mut Vec<SessionOutput>) {
        match &mut self.phase {
            Phase::Authorized(authorized) => authorized.config = config,
            Phase::Authorizing(start) => {
                let start = std::mem::take(start);
                out.push(self.request(SubscriptionRequest::Attach {
                    recent: start.recent,
                    since: start.since.clone(),
                }));
                self.phase = Phase::Authorized(Authorized {
                    config,
                    delivery: Delivery::Attaching(start),
                    availability: Availability::Available,
                    presence: None,
                });
            }
        }
    }

    /// Processes the attachment to the log. `start` is the offset that the requested number of recent messages
    /// follow.
    pub(super) fn attached(&mut self, log: &LogState, start: u64, out: &mut Vec<SessionOutput>) {
        let Phase::Authorized(authorized) = &mut self.phase else {
            return;
        };
        let Delivery::Attaching(position) = &mut authorized.delivery else {
            return;
        };
        let since = std::mem::take(position).since;
        if authorized.availability == Availability::Unavailable {
            authorized.availability = Availability::Available;
        }
        let has_snapshot = authorized.config.has_snapshot;
        let cursor = |offset| Cursor::new(Arc::clone(&log.epoch), offset);
        let (at, gap) = match since {
            None => (cursor(start), None),
            Some(since) => {
                let is_same_epoch = *since.epoch == *log.epoch;
                if is_same_epoch && (log.floor..=log.top).contains(&since.offset) {
                    return self.confirm(cursor(since.offset), true, None, None, out);
                }
                // The broker has updated the log, so a position past its top never existed.
                let is_past_top = is_same_epoch && since.offset > log.top;
                let reason = if is_same_epoch && !is_past_top {
                    "history"
                } else {
                    "epoch"
                };
                let at = if has_snapshot || is_past_top {
                    log.top
                } else {
                    log.floor
                };
                let from = since;
                (cursor(at), Some(Gap { reason, from }))
            }
        };
        if has_snapshot {
            let pending = PendingSnapshot {
                at,
                floor: log.floor,
                announcement: Announcement::Subscribed { gap },
            };
            authorized.delivery = Delivery::AwaitingSnapshot(pending);
            out.push(self.request(SubscriptionRequest::Snapshot));
        } else {
            self.confirm(at, false, gap, None, out);
        }
    }

    /// Processes the snapshot of the channel, and continues delivery after it.
    pub(super) fn snapshot(
        &mut self,
        snapshot: Option<(Bytes, Option<Position>)>,
        out: &mut Vec<SessionOutput>,
    ) -> Result<(), SubscriptionError> {
        let number = self.number;
        let Phase::Authorized(authorized) = &mut self.phase else {
            return Ok(());
        };
        let Delivery::AwaitingSnapshot(pending) = &authorized.delivery else {
            return Ok(());
        };
        let PendingSnapshot {
            mut at,
            floor,
            announcement,
        } = pending.clone();
        let (snapshot, position) = snapshot.unzip();
        if let Some(position) = position.flatten() {
            // A snapshot of an earlier epoch is older than all messages of this one.
            let is_same_epoch = *position.epoch == *at.epoch;
            let offset = if is_same_epoch { position.offset } else { 0 };
            if offset < floor {
                return Err(SubscriptionError::Unsubscribe(Refusal::new(
                    "unavailable",
                    "the snapshot is older than the messages that are kept",
                )));
            }
            at.offset = offset;
        }
        match announcement {
            Announcement::Subscribed { gap } => {
                self.confirm(at, false, gap, snapshot.as_deref(), out);
            }
            Announcement::Gap(gap) => {
                out.push(gap.frame(number, &at, snapshot.as_deref()));
                authorized.delivery = Delivery::streaming(at);
            }
        }
        Ok(())
    }

    /// Sends `subok`, and starts delivery at `at`.
    fn confirm(
        &mut self,
        at: Cursor,
        is_recovered: bool,
        gap: Option<Gap>,
        snapshot: Option<&[u8]>,
        out: &mut Vec<SessionOutput>,
    ) {
        let number = self.number;
        let Phase::Authorized(authorized) = &mut self.phase else {
            return;
        };
        let subok = protocol::subok(number, &at.epoch, at.offset, is_recovered, snapshot);
        out.push(SessionOutput::Frame(subok));
        out.extend(gap.map(|gap| gap.frame(number, &at, None)));
        match authorized.availability {
            // `subok` means live, but the broker became unavailable while the snapshot was made.
            Availability::Unavailable => {
                out.push(SessionOutput::Frame(protocol::state(number, "suspended")));
            }
            Availability::Available | Availability::Resuming => {
                authorized.availability = Availability::Available;
            }
        }
        authorized.delivery = Delivery::streaming(at);
        if authorized.config.has_presence {
            out.push(self.request(SubscriptionRequest::Members));
        }
    }

    /// Records that a log may have more messages.
    pub(super) fn mark_dirty(&mut self, log: LogKind) {
        if let Some(position) = self.position(log) {
            position.is_dirty = true;
        }
    }

    fn position(&mut self, log: LogKind) -> Option<&mut LogPosition> {
        let Phase::Authorized(authorized) = &mut self.phase else {
            return None;
        };
        match log {
            LogKind::Messages => match &mut authorized.delivery {
                Delivery::Streaming { position, .. } => Some(position),
                Delivery::Attaching(_) | Delivery::AwaitingSnapshot(_) => None,
            },
            LogKind::Presence => authorized.presence.as_mut(),
        }
    }

    pub(super) fn broker_unavailable(&mut self, out: &mut Vec<SessionOutput>) {
        let number = self.number;
        let Phase::Authorized(authorized) = &mut self.phase else {
            return;
        };
        if authorized.availability == Availability::Available {
            out.push(SessionOutput::Frame(protocol::state(number, "suspended")));
        }
        authorized.availability = Availability::Unavailable;
    }

    pub(super) fn broker_available(&mut self) {
        let Phase::Authorized(authorized) = &mut self.phase else {
            return;
        };
        if authorized.availability == Availability::Unavailable {
            authorized.availability = Availability::Resuming;
        }
        self.mark_dirty(LogKind::Messages);
        self.mark_dirty(LogKind::Presence);
    }

    /// Returns the next read, if a log may have more messages.
    pub(super) fn next_read(&mut self) -> Option<(LogKind, Cursor)> {
        [LogKind::Messages, LogKind::Presence]
            .into_iter()
            .find_map(|log| {
                let position = self.position(log)?;
                if !position.is_dirty || position.is_reading {
                    return None;
                }
                position.is_dirty = false;
                position.is_reading = true;
                Some((log, position.at.clone()))
            })
    }

    /// Processes the result of a read.
    pub(super) fn read(
        &mut self,
        log: LogKind,
        reply: ReadReply,
        out: &mut Vec<SessionOutput>,
    ) -> Result<(), SubscriptionError> {
        let number = self.number;
        // Delivery may have restarted since the read was requested.
        let Some(position) = self.position(log).filter(|position| position.is_reading) else {
            return Ok(());
        };
        position.is_reading = false;
        let (messages, has_more) = match reply {
            ReadReply::Messages { messages, has_more } => (messages, has_more),
            ReadReply::Behind(state) => return self.report_gap(log, state, out),
        };
        for message in messages {
            if message.offset <= position.at.offset {
                continue;
            }
            if message.prev != position.at.offset {
                tracing::error!(
                    %message.prev,
                    at = position.at.offset,
                    "the log has a hole; the subscriber gets a gap"
                );
                let epoch = Arc::clone(&position.at.epoch);
                let state = LogState::new(epoch, message.prev, message.offset, message.prev);
                return self.report_gap(log, state, out);
            }
            position.at.offset = message.offset;
            out.push(SessionOutput::Frame(match log {
                LogKind::Messages => {
                    protocol::publication(number, message.offset, message.prev, &message.data)
                }
                LogKind::Presence => protocol::presence(number, &message.data),
            }));
        }
        if has_more {
            position.is_dirty = true;
        } else if log == LogKind::Messages && !position.is_dirty {
            self.caught_up(out);
        }
        Ok(())
    }

    fn caught_up(&mut self, out: &mut Vec<SessionOutput>) {
        let Phase::Authorized(authorized) = &mut self.phase else {
            return;
        };
        if let Delivery::Streaming { is_live, .. } = &mut authorized.delivery {
            *is_live = true;
        }
        if authorized.availability == Availability::Resuming {
            authorized.availability = Availability::Available;
            out.push(SessionOutput::Frame(protocol::state(self.number, "live")));
        }
    }

    /// Processes a read whose cursor is no longer in the log: sends the client a gap, and continues after it.
    fn report_gap(
        &mut self,
        log: LogKind,
        state: LogState,
        out: &mut Vec<SessionOutput>,
    ) -> Result<(), SubscriptionError> {
        let number = self.number;
        let Phase::Authorized(authorized) = &mut self.phase else {
            return Ok(());
        };
        if log == LogKind::Presence {
            authorized.presence = None;
            out.push(self.request(SubscriptionRequest::Members));
            return Ok(());
        }
        let Delivery::Streaming { position, .. } = &authorized.delivery else {
            return Ok(());
        };
        let from = Position {
            epoch: position.at.epoch.to_string(),
            offset: position.at.offset,
        };
        let (reason, offset) = if state.epoch != position.at.epoch {
            ("epoch", state.floor)
        } else if authorized.availability != Availability::Available {
            ("history", state.floor)
        } else {
            match authorized.config.slow_consumer {
                SlowConsumer::Disconnect => {
                    let reason = "the client reads more slowly than messages are published";
                    let close = Close::new(CloseCode::SlowConsumer, reason);
                    return Err(SubscriptionError::Disconnect(close));
                }
                SlowConsumer::Latest => ("latest", state.before_top),
                _ => ("slow", state.top),
            }
        };
        metrics::counter!("mizan_channels_gaps_total", "reason" => reason).increment(1);
        let gap = Gap { reason, from };
        if authorized.config.has_snapshot && reason != "latest" {
            let pending = PendingSnapshot {
                at: Cursor::new(state.epoch, state.top),
                floor: state.floor,
                announcement: Announcement::Gap(gap),
            };
            authorized.delivery = Delivery::AwaitingSnapshot(pending);
            out.push(self.request(SubscriptionRequest::Snapshot));
        } else {
            let at = Cursor::new(state.epoch, offset);
            out.push(gap.frame(number, &at, None));
            authorized.delivery = Delivery::streaming(at);
        }
        Ok(())
    }

    /// Processes the list of members, which is valid at `at` in the presence log.
    pub(super) fn members(&mut self, at: Cursor, members: &[u8], out: &mut Vec<SessionOutput>) {
        if let Phase::Authorized(authorized) = &mut self.phase {
            let list = protocol::presence(self.number, members);
            out.push(SessionOutput::Frame(list));
            authorized.presence = Some(LogPosition::new(at));
        }
    }
}

impl Delivery {
    /// Delivery that continues at `at`.
    fn streaming(at: Cursor) -> Self {
        Self::Streaming {
            position: LogPosition::new(at),
            is_live: false,
        }
    }
}

impl Gap {
    fn frame(&self, number: u32, to: &Cursor, snapshot: Option<&[u8]>) -> SessionOutput {
        let to = (&*to.epoch, to.offset);
        SessionOutput::Frame(protocol::gap(number, self.reason, &self.from, to, snapshot))
    }
}
