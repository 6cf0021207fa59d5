//! The effects of a change on clients.

use serde::Serialize;

/// The direction in which values of a type are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Old clients send the value: an input, params, or a message from a client.
    ToServer,
    /// Old clients receive the value: an output, the data of an error, or a message from the server.
    ToClient,
}

impl Direction {
    /// Returns the effect of a change after which a value may be refused.
    pub(super) fn breaking(self) -> Effect {
        match self {
            Self::ToServer => Effect::BreakingForWriters,
            Self::ToClient => Effect::BreakingForReaders,
        }
    }
}

/// The effect of a change on the clients that were generated from the old manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// The server may send values that old clients cannot read.
    BreakingForReaders,
    /// The server refuses some requests of old clients.
    BreakingForWriters,
    /// Old clients work as before.
    Compatible,
    /// The interface is the same, but the server may act in another way, such as by another policy.
    Note,
}

impl Effect {
    /// Returns whether old clients can fail.
    #[must_use]
    pub fn is_breaking(self) -> bool {
        matches!(self, Self::BreakingForReaders | Self::BreakingForWriters)
    }
}
