//! One subscription of a session: a state machine without IO.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mizan_core::channel::{Position, SlowConsumer};

use crate::close::{Close, CloseCode};
use crate::log::{Cursor, LogState, ReadReply};
use crate::protocol::{self, Refusal};
use crate::session::{Output, Stream, SubId};

/// How many messages and bytes are read from the log at a time.
pub(crate) const READ_MESSAGES: u32 = 16;

/// What a subscription is granted on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Terms {
    /// What happens when it falls behind.
    pub slow_consumer: SlowConsumer,
    /// How often it is authorized again.
    pub reauthorize: Duration,
    /// Whether its channel may have a snapshot.
    pub snapshot: bool,
    /// Whether its channel has presence.
    pub presence: bool,
}

/// Where a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubscriptionState {
    /// It is being asked whether the subscriber may be here.
    Authorising,
    /// The subscriber is being put on the broker's list.
    Attaching,
    /// A snapshot, or messages that came meanwhile, are on their way.
    CatchingUp,
    /// Messages go out as they come.
    Live,
    /// The broker is away.
    Suspended,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Phase {
    Authorising(Wish),
    Attaching(Wish),
    /// Nothing is read until the snapshot is there.
    Snapshot(Pending),
    CatchingUp,
    Live,
}

/// Where the subscriber wants to begin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Wish {
    pub(crate) since: Option<Position>,
    pub(crate) recent: u32,
}

/// What is to be said once the snapshot is there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Pending {
    /// Where the stream goes on, unless the snapshot says otherwise.
    at: Cursor,
    floor: u64,
    /// Whether the subscription has been confirmed already.
    confirmed: bool,
    gap: Option<(&'static str, Position)>,
}

/// A log that is read for the subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Reader {
    at: Cursor,
    dirty: bool,
    reading: bool,
}

impl Reader {
    fn new(at: Cursor) -> Self {
        Self {
            at,
            dirty: true,
            reading: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Subscription {
    pub(crate) alias: u32,
    pub(crate) id: SubId,
    /// The last authorization that was asked for; answers to earlier ones count no more.
    pub(crate) ticket: u32,
    pub(crate) terms: Option<Terms>,
    phase: Phase,
    messages: Option<Reader>,
    presence: Option<Reader>,
    away: bool,
    /// The broker is back, and the subscriber has not been told yet.
    returning: bool,
    /// Whether a message of the subscriber runs.
    pub(crate) running: bool,
    pub(crate) queue: VecDeque<(String, Bytes)>,
}

/// What a step of a subscription ends with.
pub(crate) type Step = Result<(), Ended>;

/// Why a subscription, or the whole connection, ends.
pub(crate) enum Ended {
    Subscription(Refusal),
    Connection(Close),
}

impl Subscription {
    pub(crate) fn new(alias: u32, id: SubId, ticket: u32, wish: Wish) -> Self {
        Self {
            alias,
            id,
            ticket,
            terms: None,
            phase: Phase::Authorising(wish),
            messages: None,
            presence: None,
            away: false,
            returning: false,
            running: false,
            queue: VecDeque::new(),
        }
    }

    pub(crate) fn state(&self) -> SubscriptionState {
        match &self.phase {
            Phase::Authorising(_) => SubscriptionState::Authorising,
            _ if self.away || self.returning => SubscriptionState::Suspended,
            Phase::Attaching(_) => SubscriptionState::Attaching,
            Phase::Snapshot(_) | Phase::CatchingUp => SubscriptionState::CatchingUp,
            Phase::Live => SubscriptionState::Live,
        }
    }

    /// Whether the subscriber was told that the subscription holds.
    pub(crate) fn is_confirmed(&self) -> bool {
        match &self.phase {
            Phase::Authorising(_) | Phase::Attaching(_) => false,
            Phase::Snapshot(pending) => pending.confirmed,
            Phase::CatchingUp | Phase::Live => true,
        }
    }

    pub(crate) fn authorized(&mut self, terms: Terms, out: &mut Vec<Output>) {
        self.terms = Some(terms);
        if let Phase::Authorising(wish) = &mut self.phase {
            let wish = std::mem::take(wish);
            out.push(Output::Attach {
                id: self.id,
                recent: wish.recent,
                since: wish.since.clone(),
            });
            self.phase = Phase::Attaching(wish);
        }
    }

    /// The subscriber is on the broker's list; `start` is as many messages back as it wished for.
    pub(crate) fn attached(&mut self, log: &LogState, start: u64, out: &mut Vec<Output>) {
        let Phase::Attaching(wish) = &mut self.phase else {
            return;
        };
        let cursor = |offset| Cursor {
            epoch: Arc::clone(&log.epoch),
            offset,
        };
        let wants_snapshot = self.terms.as_ref().is_some_and(|terms| terms.snapshot);
        self.away = false;
        let (at, gap) = match std::mem::take(wish).since {
            Some(since)
                if *since.epoch == *log.epoch && (log.floor..=log.top).contains(&since.offset) =>
            {
                return self.confirm(cursor(since.offset), true, None, None, out);
            }
            Some(since) => {
                let is_of_log = *since.epoch == *log.epoch;
                // The broker has looked, and there never was such a message.
                let is_past_top = is_of_log && since.offset > log.top;
                let reason = if is_of_log && !is_past_top {
                    "history"
                } else {
                    "epoch"
                };
                let at = if wants_snapshot || is_past_top {
                    log.top
                } else {
                    log.floor
                };
                (cursor(at), Some((reason, since)))
            }
            None => (cursor(start), None),
        };
        if wants_snapshot {
            self.await_snapshot(
                Pending {
                    at,
                    floor: log.floor,
                    confirmed: false,
                    gap,
                },
                out,
            );
        } else {
            self.confirm(at, false, gap, None, out);
        }
    }

    fn await_snapshot(&mut self, pending: Pending, out: &mut Vec<Output>) {
        self.messages = None;
        self.phase = Phase::Snapshot(pending);
        out.push(Output::Snapshot { id: self.id });
    }

    pub(crate) fn snapshot(
        &mut self,
        snapshot: Option<(Bytes, Option<Position>)>,
        out: &mut Vec<Output>,
    ) -> Step {
        let Phase::Snapshot(pending) = &self.phase else {
            return Ok(());
        };
        let mut pending = pending.clone();
        let (snapshot, position) =
            snapshot.map_or((None, None), |(data, position)| (Some(data), position));
        if let Some(position) = position {
            let known = *position.epoch == *pending.at.epoch;
            // A snapshot of an earlier epoch is older than all of this one.
            let offset = if known { position.offset } else { 0 };
            if offset < pending.floor {
                return Err(Ended::Subscription(Refusal::new(
                    "unavailable",
                    "the snapshot is older than the messages that are kept",
                )));
            }
            pending.at.offset = offset;
        }
        if pending.confirmed {
            if let Some((reason, from)) = &pending.gap {
                out.push(Output::Frame(protocol::gap(
                    self.alias,
                    reason,
                    (&from.epoch, from.offset),
                    (&pending.at.epoch, pending.at.offset),
                    snapshot.as_deref(),
                )));
            }
            self.messages = Some(Reader::new(pending.at));
            self.phase = Phase::CatchingUp;
        } else {
            self.confirm(pending.at, false, pending.gap, snapshot.as_deref(), out);
        }
        Ok(())
    }

    fn confirm(
        &mut self,
        at: Cursor,
        recovered: bool,
        gap: Option<(&'static str, Position)>,
        snapshot: Option<&[u8]>,
        out: &mut Vec<Output>,
    ) {
        let subok = protocol::subok(self.alias, &at.epoch, at.offset, recovered, snapshot);
        out.push(Output::Frame(subok));
        if let Some((reason, from)) = gap {
            out.push(Output::Frame(protocol::gap(
                self.alias,
                reason,
                (&from.epoch, from.offset),
                (&at.epoch, at.offset),
                None,
            )));
        }
        if self.away {
            // `subok` reads as live, and the broker went away while the snapshot was made.
            out.push(Output::Frame(protocol::state(self.alias, "suspended")));
        }
        self.returning = false;
        self.messages = Some(Reader::new(at));
        self.phase = Phase::CatchingUp;
        if self.terms.as_ref().is_some_and(|terms| terms.presence) {
            out.push(Output::Members { id: self.id });
        }
    }

    /// There may be more to read.
    pub(crate) fn stir(&mut self, stream: Stream) {
        let reader = match stream {
            Stream::Messages => &mut self.messages,
            Stream::Presence => &mut self.presence,
        };
        if let Some(reader) = reader {
            reader.dirty = true;
        }
    }

    pub(crate) fn broker_away(&mut self, out: &mut Vec<Output>) {
        let told = self.away || self.returning;
        if matches!(self.phase, Phase::Authorising(_)) {
            return;
        }
        self.away = true;
        self.returning = false;
        if !told {
            out.push(Output::Frame(protocol::state(self.alias, "suspended")));
        }
    }

    pub(crate) fn broker_back(&mut self) {
        self.returning |= self.away;
        self.away = false;
        self.stir(Stream::Messages);
        self.stir(Stream::Presence);
    }

    /// The next thing to read, if there may be any.
    pub(crate) fn next_read(&mut self) -> Option<(Stream, Cursor)> {
        let readers = [
            (Stream::Messages, &mut self.messages),
            (Stream::Presence, &mut self.presence),
        ];
        for (stream, reader) in readers {
            if let Some(reader) = reader
                && reader.dirty
                && !reader.reading
            {
                reader.dirty = false;
                reader.reading = true;
                return Some((stream, reader.at.clone()));
            }
        }
        None
    }

    /// What [`next_read`](Self::next_read) found.
    pub(crate) fn read(&mut self, stream: Stream, reply: ReadReply, out: &mut Vec<Output>) -> Step {
        let alias = self.alias;
        let reader = match stream {
            Stream::Messages => &mut self.messages,
            Stream::Presence => &mut self.presence,
        };
        // The reader began anew meanwhile, and has not asked yet.
        let Some(reader) = reader.as_mut().filter(|reader| reader.reading) else {
            return Ok(());
        };
        reader.reading = false;
        let (messages, more) = match reply {
            ReadReply::Messages { messages, more } => (messages, more),
            ReadReply::Behind(log) => return self.behind(stream, log, out),
        };
        for message in messages {
            if message.offset <= reader.at.offset {
                continue;
            }
            if message.prev != reader.at.offset {
                // Never silently: a broker that lost something in between is asked anew.
                tracing::error!(%message.prev, at = reader.at.offset, "the log has a hole");
                let log = LogState {
                    epoch: Arc::clone(&reader.at.epoch),
                    floor: message.prev,
                    top: message.offset,
                    before_top: message.prev,
                };
                return self.behind(stream, log, out);
            }
            reader.at.offset = message.offset;
            out.push(Output::Frame(match stream {
                Stream::Messages => {
                    protocol::publication(alias, message.offset, message.prev, &message.data)
                }
                Stream::Presence => protocol::presence(alias, &message.data),
            }));
        }
        if more {
            reader.dirty = true;
        } else if stream == Stream::Messages && !reader.dirty {
            self.phase = Phase::Live;
            self.tell_of_return(out);
        }
        Ok(())
    }

    fn tell_of_return(&mut self, out: &mut Vec<Output>) {
        if self.returning {
            self.returning = false;
            out.push(Output::Frame(protocol::state(self.alias, "live")));
        }
    }

    fn behind(&mut self, stream: Stream, log: LogState, out: &mut Vec<Output>) -> Step {
        if stream == Stream::Presence {
            self.presence = None;
            out.push(Output::Members { id: self.id });
            return Ok(());
        }
        let (Some(reader), Some(terms)) = (&mut self.messages, &self.terms) else {
            return Ok(());
        };
        let from = Position {
            epoch: reader.at.epoch.to_string(),
            offset: reader.at.offset,
        };
        let (reason, at) = if log.epoch != reader.at.epoch {
            ("epoch", log.floor)
        } else if self.returning || self.away {
            ("history", log.floor)
        } else {
            match terms.slow_consumer {
                SlowConsumer::Disconnect => {
                    let reason = "messages came faster than they were read";
                    return Err(Ended::Connection(Close::new(CloseCode::TooSlow, reason)));
                }
                SlowConsumer::Latest => ("latest", log.before_top),
                _ => ("slow", log.top),
            }
        };
        metrics::counter!("mizan_channels_gaps_total", "reason" => reason).increment(1);
        let at = Cursor {
            epoch: log.epoch,
            offset: at,
        };
        if terms.snapshot && reason != "latest" {
            let pending = Pending {
                at: Cursor {
                    offset: log.top,
                    ..at
                },
                floor: log.floor,
                confirmed: true,
                gap: Some((reason, from)),
            };
            self.await_snapshot(pending, out);
        } else {
            out.push(Output::Frame(protocol::gap(
                self.alias,
                reason,
                (&from.epoch, from.offset),
                (&at.epoch, at.offset),
                None,
            )));
            *reader = Reader::new(at);
            self.phase = Phase::CatchingUp;
        }
        Ok(())
    }

    /// Everybody who is there, as of a place in the log of presence.
    pub(crate) fn members(&mut self, at: Cursor, members: &[u8], out: &mut Vec<Output>) {
        out.push(Output::Frame(protocol::presence(self.alias, members)));
        self.presence = Some(Reader::new(at));
    }
}
