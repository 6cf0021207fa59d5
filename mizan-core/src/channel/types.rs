//! Values that channels send: positions, snapshots and members.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

/// The reaction to a subscriber that reads more slowly than messages arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SlowConsumer {
    /// Reports a gap and continues with a new snapshot.
    Gap,
    /// Reports a gap and continues with the newest message.
    Latest,
    /// Closes the connection.
    Disconnect,
}

/// A position in the log of a group.
///
/// Offsets are comparable only within one epoch. A new epoch starts when a broker loses its log.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The epoch that the offset belongs to.
    pub epoch: String,
    /// The number of the message, starting at 1; 0 is the position before the first message.
    pub offset: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch, self.offset)
    }
}

/// The current state of a group, sent to a new subscriber.
///
/// ```
/// use mizan_core::channel::{Position, Snapshot};
///
/// let position = Position { epoch: "a1".to_owned(), offset: 7 };
/// let snapshot = Snapshot::new(vec!["first message", "second message"]).at(position);
/// ```
#[derive(Clone, Debug)]
pub struct Snapshot<T> {
    pub(crate) data: T,
    pub(crate) position: Option<Position>,
}

impl<T> Snapshot<T> {
    /// Creates a snapshot whose position is unknown. The first messages after it may repeat part of
    /// its content.
    #[must_use]
    pub fn new(data: T) -> Self {
        Self {
            data,
            position: None,
        }
    }

    /// Sets the position of the last message that the snapshot contains, as returned by `publish`, so
    /// that no message is repeated.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }
}

/// A subscriber as other subscribers see it.
#[derive(Clone, Debug)]
pub struct Member<T> {
    pub(crate) id: Cow<'static, str>,
    pub(crate) info: T,
}

impl<T> Member<T> {
    /// Creates a member. Several connections can share its id.
    pub fn new(id: impl Into<Cow<'static, str>>, info: T) -> Self {
        Self {
            id: id.into(),
            info,
        }
    }
}

/// A type without values, for the associated types that a [`Channel`](crate::Channel) does not use.
///
/// [`#[channel]`](macro@crate::channel) sets it for each type that an implementation omits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Never {}

impl JsonSchema for Never {
    fn schema_name() -> Cow<'static, str> {
        "Never".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        false.into()
    }
}
