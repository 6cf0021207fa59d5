//! Inputs and outputs of a session.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mizan_core::channel::Position;

use super::refusal::Refusal;
use super::settings::SubscriptionConfig;
use super::timers::Timer;
use crate::broker::{BrokerEvent, Cursor, LogKind, LogState, ReadReply, SubscriptionId};
use crate::transport::Close;

/// An event for a [`ChannelSession`](super::ChannelSession).
#[derive(Clone, Debug)]
pub enum SessionInput {
    /// The client sent a text message.
    Frame(Bytes),
    /// The client sent a ping or pong of the transport.
    Ping,
    /// The result of [`SessionOutput::Authenticate`].
    Authenticated {
        /// The ticket of the output.
        ticket: u32,
        /// The id of the user, `None` for an anonymous client; or an error if the credential could not be checked.
        result: Result<Option<Arc<str>>, Refusal>,
    },
    /// The result of [`SubscriptionRequest::Join`] and [`SubscriptionRequest::Authorize`].
    Authorized {
        /// The subscription.
        id: SubscriptionId,
        /// The ticket of the request.
        ticket: u32,
        /// The properties of the channel, or the error for the client.
        result: Result<SubscriptionConfig, Refusal>,
    },
    /// The result of [`SubscriptionRequest::Attach`].
    Attached {
        /// The subscription.
        id: SubscriptionId,
        /// The state of the log.
        log: LogState,
        /// The offset that the requested number of recent messages follow.
        start: u64,
    },
    /// A broker event for a subscription.
    Broker {
        /// The subscription.
        id: SubscriptionId,
        /// The event.
        event: BrokerEvent,
    },
    /// The result of [`SessionOutput::Read`]. It has to be the next input after that output.
    Read {
        /// The subscription.
        id: SubscriptionId,
        /// The log that was read.
        log: LogKind,
        /// The messages.
        reply: ReadReply,
    },
    /// The result of [`SubscriptionRequest::Snapshot`].
    Snapshot {
        /// The subscription.
        id: SubscriptionId,
        /// The snapshot as JSON, and its position if the channel knows it.
        result: Result<Option<(Bytes, Option<Position>)>, Refusal>,
    },
    /// The result of [`SubscriptionRequest::Members`].
    Members {
        /// The subscription.
        id: SubscriptionId,
        /// The cursor in the presence log at which the list is valid.
        at: Cursor,
        /// An object with the member `members`, as JSON.
        members: Bytes,
    },
    /// The result of [`SubscriptionRequest::Receive`].
    MessageReply {
        /// The subscription.
        id: SubscriptionId,
        /// The id of the message.
        mid: String,
        /// The reply as JSON.
        result: Result<Bytes, Refusal>,
    },
    /// The result of [`SubscriptionRequest::History`].
    HistoryReply {
        /// The id of the request.
        mid: String,
        /// The page as JSON.
        result: Result<Bytes, Refusal>,
    },
    /// A timer has expired.
    Timer(Timer),
    /// The transport has written all frames.
    Writable,
    /// The login session of the client was revoked.
    Revoked,
    /// The permissions of the user may have changed.
    PermissionsChanged,
    /// The server is shutting down; the connection is closed after this time.
    Drain(Duration),
}

/// An action for the driver of a [`ChannelSession`](super::ChannelSession).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SessionOutput {
    /// Send this frame.
    Frame(Bytes),
    /// Authenticate the client: by the token, or by its last credential if there is no token.
    Authenticate {
        /// Identifies the result.
        ticket: u32,
        /// A token that the client sent.
        token: Option<String>,
    },
    /// Read from a log. The result has to be the next input.
    Read {
        /// The subscription.
        id: SubscriptionId,
        /// The log to read.
        log: LogKind,
        /// The cursor to read from.
        after: Cursor,
        /// The maximum number of messages.
        max_messages: u32,
    },
    /// Perform a request of a subscription.
    Subscription {
        /// The subscription.
        id: SubscriptionId,
        /// The request.
        request: SubscriptionRequest,
    },
    /// Set a timer to expire after this time.
    Timer(Timer, Duration),
    /// Close the connection.
    Close(Close),
}

/// A request of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SubscriptionRequest {
    /// Find the channel, parse its params, and authorize the subscriber.
    Join {
        /// Identifies the result.
        ticket: u32,
        /// The name of the channel.
        channel: String,
        /// The contract of the channel from which the client was generated.
        contract: Option<String>,
        /// The params as JSON, empty if the client sent none.
        params: Bytes,
    },
    /// Authorize the subscriber again.
    Authorize {
        /// Identifies the result.
        ticket: u32,
    },
    /// Attach the subscription to its log.
    Attach {
        /// The number of recent messages to start with.
        recent: u32,
        /// The position of a client that resumes. The log is updated from its source first if it does not have this
        /// position, since the client may know a newer epoch than this server.
        since: Option<Position>,
    },
    /// Remove the subscription.
    Detach,
    /// Get the snapshot of the channel.
    Snapshot,
    /// Mark the subscriber as present, and get the list of members.
    Members,
    /// Pass a message to the channel, at most once.
    Receive {
        /// The client's id of the message.
        mid: String,
        /// The message as JSON.
        data: Bytes,
    },
    /// Read a page of older messages.
    History {
        /// The client's id of the request.
        mid: String,
        /// The offset before which the page ends.
        before: Option<u64>,
        /// The maximum number of messages.
        limit: u32,
    },
}
