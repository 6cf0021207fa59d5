//! The queue of a client's messages to one subscription.

use std::collections::VecDeque;

use bytes::Bytes;

/// A message of the client, with its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClientMessage {
    pub(super) mid: String,
    pub(super) data: Bytes,
}

/// A queue of messages that run one at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum MessageQueue {
    #[default]
    Idle,
    /// A message is running, and others wait for it.
    Running { waiting: VecDeque<ClientMessage> },
}

impl MessageQueue {
    /// Adds a message. Returns it if it can run now.
    pub(super) fn push(&mut self, message: ClientMessage) -> Option<ClientMessage> {
        match self {
            Self::Idle => {
                *self = Self::Running {
                    waiting: VecDeque::new(),
                };
                Some(message)
            }
            Self::Running { waiting } => {
                waiting.push_back(message);
                None
            }
        }
    }

    /// Ends the running message. Returns the next one, which runs now.
    pub(super) fn finish(&mut self) -> Option<ClientMessage> {
        let next = match self {
            Self::Idle => None,
            Self::Running { waiting } => waiting.pop_front(),
        };
        if next.is_none() {
            *self = Self::Idle;
        }
        next
    }

    /// Returns the messages that have not run.
    pub(super) fn into_waiting(self) -> VecDeque<ClientMessage> {
        match self {
            Self::Idle => VecDeque::new(),
            Self::Running { waiting } => waiting,
        }
    }
}
