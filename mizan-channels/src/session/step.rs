//! What a session is told, and what it wants done.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mizan_core::channel::Position;

use crate::close::Close;
use crate::log::{Cursor, LogState, ReadReply};
use crate::protocol::Refusal;
use crate::subscription::Terms;

/// Names a subscription of a session, and never another one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubId(u32);

impl SubId {
    /// The name with this number, for who listens to logs without a session.
    #[must_use]
    pub fn new(number: u32) -> Self {
        Self(number)
    }
}

/// The logs that a subscription reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// What is published.
    Messages,
    /// Who comes and goes.
    Presence,
}

/// What a session asks to be woken for. Each is set at most once; setting it again moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    /// The first frame is due.
    Hello,
    /// It is looked whether somebody was heard.
    Heartbeat,
    /// The answer to a ping is due.
    Pong,
    /// Frames are counted anew.
    Rate,
    /// The client and its subscriptions are looked at again.
    Reauthorize,
    /// A fresh credential is due.
    Credential,
    /// The connection ends.
    Drain,
}

impl Timer {
    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::Hello,
        Self::Heartbeat,
        Self::Pong,
        Self::Rate,
        Self::Reauthorize,
        Self::Credential,
        Self::Drain,
    ];
    pub(crate) const COUNT: usize = 7;
}

/// What happens to a session.
#[derive(Clone, Debug)]
pub enum Input {
    /// A whole text message came.
    Frame(Bytes),
    /// A sign of life that is no frame, such as a ping of the transport.
    Ping,
    /// Who the client is, in answer to [`Output::Identify`].
    Identified {
        /// That of the question.
        ticket: u32,
        /// The user, or nobody; or that it could not be found out.
        result: Result<Option<Arc<str>>, Refusal>,
    },
    /// The answer to [`Output::Join`] and [`Output::Authorize`].
    Authorized {
        /// The subscription.
        id: SubId,
        /// That of the question.
        ticket: u32,
        /// What was granted.
        result: Result<Terms, Refusal>,
    },
    /// The answer to [`Output::Attach`].
    Attached {
        /// The subscription.
        id: SubId,
        /// How far the log goes.
        log: LogState,
        /// The offset that as many messages follow as were asked for.
        start: u64,
    },
    /// Something happened to the log of a subscription.
    Broker {
        /// The subscription.
        id: SubId,
        /// What.
        event: BrokerEvent,
    },
    /// The answer to [`Output::Read`], which is to come before any other input.
    Read {
        /// The subscription.
        id: SubId,
        /// Which of its logs.
        stream: Stream,
        /// What there is.
        reply: ReadReply,
    },
    /// The answer to [`Output::Snapshot`].
    Snapshot {
        /// The subscription.
        id: SubId,
        /// The snapshot as JSON, with its position where that is known.
        result: Result<Option<(Bytes, Option<Position>)>, Refusal>,
    },
    /// The answer to [`Output::Members`]: an object with the member `members`.
    Members {
        /// The subscription.
        id: SubId,
        /// Up to where in the log of presence this is.
        at: Cursor,
        /// The object.
        members: Bytes,
    },
    /// The answer to [`Output::Receive`] and [`Output::History`].
    Replied {
        /// The subscription.
        id: SubId,
        /// Which of its messages.
        mid: String,
        /// Whether the next message of the subscription may run now.
        ordered: bool,
        /// The reply as JSON.
        result: Result<Bytes, Refusal>,
    },
    /// A timer that was set has run down.
    Timer(Timer),
    /// The transport took all that it was given.
    Writable,
    /// The client's session was revoked.
    Revoked,
    /// The server stops, and wants the client gone after this time.
    Drain(Duration),
}

/// What may happen to the log of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BrokerEvent {
    /// There is more to read.
    More(Stream),
    /// The broker cannot be reached.
    Away,
    /// It can be reached again, and what is known of the log is up to date.
    Back,
}

/// What a session wants done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    /// Send this text.
    Frame(Bytes),
    /// Find out who the client is: with the token, or else as before.
    Identify {
        /// To be given back.
        ticket: u32,
        /// A token that the client sent.
        token: Option<String>,
    },
    /// Find the channel, take the params, and ask whether the subscriber may be there.
    Join {
        /// The subscription.
        id: SubId,
        /// To be given back.
        ticket: u32,
        /// The channel's name.
        channel: String,
        /// The params as JSON, empty for none.
        params: Bytes,
    },
    /// Ask again whether the subscriber may be there.
    Authorize {
        /// The subscription.
        id: SubId,
        /// To be given back.
        ticket: u32,
    },
    /// Put the subscriber on the broker's list. Where `since` is of an epoch that is not the log's, the
    /// log is to be brought up to date first: the subscriber may know of a new epoch before us.
    Attach {
        /// The subscription.
        id: SubId,
        /// How many messages it wants from before.
        recent: u32,
        /// What it has seen.
        since: Option<Position>,
    },
    /// Forget the subscription.
    Detach {
        /// The subscription.
        id: SubId,
    },
    /// Read on.
    Read {
        /// The subscription.
        id: SubId,
        /// Which of its logs.
        stream: Stream,
        /// From where.
        after: Cursor,
        /// How many messages at most.
        most: u32,
    },
    /// Ask the channel for the state of things.
    Snapshot {
        /// The subscription.
        id: SubId,
    },
    /// Put the subscriber among those who are there, and say who is.
    Members {
        /// The subscription.
        id: SubId,
    },
    /// Hand a message over to the channel, once.
    Receive {
        /// The subscription.
        id: SubId,
        /// The client's name for the message.
        mid: String,
        /// The message as JSON.
        data: Bytes,
    },
    /// Read older messages.
    History {
        /// The subscription.
        id: SubId,
        /// The client's name for the question.
        mid: String,
        /// Before which offset.
        before: Option<u64>,
        /// How many.
        limit: u32,
    },
    /// Wake the session after this time.
    Timer(Timer, Duration),
    /// End the connection.
    Close(Close),
}
