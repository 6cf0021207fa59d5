//! The state of a session.

use std::sync::Arc;

use super::events::SessionOutput;
use super::heartbeat::Heartbeat;
use super::settings::SessionSettings;
use super::subscription::{Subscription, SubscriptionState};
use super::timers::Timer;
use crate::broker::SubscriptionId;

/// The number of messages that may be written before the transport reports that it has written all of them.
pub(super) const WRITE_CREDIT_MESSAGES: u32 = 64;

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectionState {
    /// The client has not sent `hello`, or is being authenticated.
    AwaitingHello,
    /// The client is connected.
    Open,
    /// The server is shutting down.
    Draining,
    /// The connection is closed.
    Closed,
}

/// The state machine of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChannelSession {
    pub(super) settings: Arc<SessionSettings>,
    /// The name of the connection in log messages.
    pub(super) name: Box<str>,
    pub(super) phase: Phase,
    /// True if the server is shutting down.
    pub(super) is_draining: bool,
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) next_ticket: u32,
    /// The number of messages that may be written before the next [`SessionInput::Writable`].
    ///
    /// [`SessionInput::Writable`]: super::SessionInput::Writable
    pub(super) write_credit: u32,
    /// The number of the client's messages without a reply.
    pub(super) in_flight: u32,
    /// The number of frames in the current rate window.
    pub(super) frames_in_window: u32,
    pub(super) heartbeat: Heartbeat,
    /// True if the timer of the reauthorization is set.
    pub(super) reauthorization_is_scheduled: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    AwaitingHello,
    /// The client has sent `hello`, and is being authenticated.
    Authenticating {
        client: Box<str>,
        ticket: u32,
        has_token: bool,
    },
    Open(OpenState),
    Closed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct OpenState {
    /// The client's id of the page or process.
    pub(super) client: Box<str>,
    /// The id of the user, `None` for an anonymous client.
    pub(super) user: Option<Arc<str>>,
    /// The authentication that is running, with its ticket.
    pub(super) authentication: Option<(u32, Reauthentication)>,
    /// True if the client was asked for a fresh credential and has not sent one.
    pub(super) credential_has_expired: bool,
}

/// The cause of another authentication of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reauthentication {
    /// The client sent `auth`.
    Requested,
    /// The timer has expired.
    Periodic,
    /// The permissions of the user may have changed.
    PermissionsChanged,
}

impl ChannelSession {
    /// Creates the session of a new connection, which log messages call `name`. Adds the first outputs to `out`.
    pub fn new(
        settings: Arc<SessionSettings>,
        name: impl Into<Box<str>>,
        out: &mut Vec<SessionOutput>,
    ) -> Self {
        let hello_timeout = settings.limits.hello_timeout;
        out.push(SessionOutput::Timer(Timer::Hello, hello_timeout));
        Self {
            settings,
            name: name.into(),
            phase: Phase::AwaitingHello,
            is_draining: false,
            subscriptions: Vec::new(),
            next_ticket: 0,
            write_credit: WRITE_CREDIT_MESSAGES,
            in_flight: 0,
            frames_in_window: 0,
            heartbeat: Heartbeat::default(),
            reauthorization_is_scheduled: false,
        }
    }

    /// Returns the state of the connection.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        match self.phase {
            Phase::Closed => ConnectionState::Closed,
            _ if self.is_draining => ConnectionState::Draining,
            Phase::AwaitingHello | Phase::Authenticating { .. } => ConnectionState::AwaitingHello,
            Phase::Open(_) => ConnectionState::Open,
        }
    }

    /// Returns the states of the subscriptions, with the client's numbers for them.
    pub fn subscriptions(&self) -> impl Iterator<Item = (u32, SubscriptionState)> {
        let subscriptions = self.subscriptions.iter();
        subscriptions.map(|subscription| (subscription.number, subscription.state()))
    }

    /// Returns the client's id of its page or process, once the connection is open.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        match &self.phase {
            Phase::Open(open) => Some(&open.client),
            _ => None,
        }
    }

    /// Returns whether the driver should read the client's next message. While the driver does not read, the
    /// transport applies backpressure to the client.
    #[must_use]
    pub fn wants_input(&self) -> bool {
        match self.phase {
            Phase::Authenticating { .. } | Phase::Closed => false,
            Phase::AwaitingHello | Phase::Open(_) => {
                self.in_flight < self.settings.limits.max_in_flight
            }
        }
    }

    /// Returns whether [`SessionInput::Writable`](super::SessionInput::Writable) would have an effect.
    #[must_use]
    pub fn wants_to_write(&self) -> bool {
        self.write_credit < WRITE_CREDIT_MESSAGES
    }

    pub(super) fn find(&mut self, id: SubscriptionId) -> Option<&mut Subscription> {
        self.subscriptions
            .iter_mut()
            .find(|subscription| subscription.id == id)
    }

    /// Finds a subscription by the client's number for it.
    pub(super) fn find_by_number(&mut self, number: u32) -> Option<&mut Subscription> {
        self.subscriptions
            .iter_mut()
            .find(|subscription| subscription.number == number)
    }

    pub(super) fn take_ticket(&mut self) -> u32 {
        self.next_ticket += 1;
        self.next_ticket
    }
}
