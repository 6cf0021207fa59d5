//! Where publications go, and where they come from.

pub(crate) mod feed;
pub(crate) mod memory;
pub(crate) mod presence;
#[cfg(feature = "redis")]
pub(crate) mod redis;
pub(crate) mod topics;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use mizan_core::Position;

use crate::broker::feed::{Feed, Listener};
use crate::log::Cursor;

/// Keeps the logs of groups, hands their messages to all servers, and remembers what is to happen
/// once. All implementations pass one suite.
///
/// What it promises: a group's offsets grow within an epoch, none is given twice, and every reader
/// sees the messages in their order without a hole. Where it cannot be sure of that any more, it begins
/// a new epoch.
#[async_trait]
pub trait Broker: Send + Sync + 'static {
    /// Adds a message to the log of `group`.
    ///
    /// # Errors
    ///
    /// The broker cannot be reached. The message may have been added all the same; with a key,
    /// trying again is safe.
    async fn publish(&self, group: &str, publication: Publication)
    -> Result<Position, BrokerError>;

    /// Puts `listener` on the list of `group`. From then on it is told when the log grows; its log
    /// holds what was kept before. Where `since` is of another epoch than the log, the log is brought up
    /// to date first.
    ///
    /// # Errors
    ///
    /// The broker cannot be reached; the listener is on no list.
    async fn attach(
        &self,
        group: &str,
        retention: Retention,
        since: Option<&Position>,
        listener: Listener,
    ) -> Result<Feed, BrokerError>;

    /// Makes a connection present in `group` as the person `id`. Whoever is new there is announced in the
    /// log of [`presence_of`](presence::presence_of) the group.
    ///
    /// # Errors
    ///
    /// The broker cannot be reached.
    async fn enter(
        &self,
        group: &str,
        connection: &str,
        id: &str,
        info: Bytes,
    ) -> Result<(), BrokerError>;

    /// Takes a connection out. The person leaves with the last one.
    ///
    /// # Errors
    ///
    /// The broker cannot be reached. The connection is forgotten after a minute then.
    async fn leave(&self, group: &str, connection: &str) -> Result<(), BrokerError>;

    /// Who is present, as an object with the member `members`, and up to where in the log of presence
    /// that holds.
    ///
    /// # Errors
    ///
    /// The broker cannot be reached.
    async fn members(&self, group: &str) -> Result<(Cursor, Bytes), BrokerError>;

    /// Asks for the right to do what `key` names, which is given once.
    ///
    /// # Errors
    ///
    /// The broker cannot be reached; nobody got the right.
    async fn claim(&self, key: &str, lease: Duration) -> Result<Claim, BrokerError>;

    /// Remembers what came of it, for 5 minutes.
    ///
    /// # Errors
    ///
    /// The broker cannot be reached; others will learn that it ran, and not what came of it.
    async fn settle(&self, key: &str, outcome: Bytes) -> Result<(), BrokerError>;

    /// Does what is due every few seconds.
    async fn tend(&self) {}
}

/// What is published.
#[derive(Clone, Debug)]
pub struct Publication {
    /// The message as JSON.
    pub data: Bytes,
    /// Makes publishing again the same as publishing once, for 5 minutes.
    pub key: Option<String>,
    /// How much of the group is kept.
    pub retention: Retention,
}

/// How much of a group is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// How many messages.
    pub messages: usize,
    /// For how long.
    pub age: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            messages: 256,
            age: Duration::from_secs(5 * 60),
        }
    }
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is the first: do it, and settle.
    Granted,
    /// Somebody is at it.
    Running,
    /// Somebody was at it, and did not settle within the lease.
    Lost,
    /// It was done, with this outcome.
    Settled(Bytes),
}

/// How long keys and outcomes are remembered.
pub(crate) const MEMORY: Duration = Duration::from_secs(5 * 60);

/// The broker could not be reached, or did not do as it was told.
#[derive(Debug)]
pub struct BrokerError {
    source: Box<dyn StdError + Send + Sync>,
}

impl BrokerError {
    /// An error of a broker, with what went wrong.
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            source: source.into(),
        }
    }
}

impl fmt::Display for BrokerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the broker cannot be reached")
    }
}

impl StdError for BrokerError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

/// A new epoch: 96 random bits.
pub(crate) fn new_epoch() -> String {
    let mut bits = [0_u8; 12];
    // Without randomness from the system there is no safe way on.
    getrandom::fill(&mut bits).expect("the system has randomness");
    bits.iter()
        .fold(String::with_capacity(24), |mut text, byte| {
            let _ = fmt::Write::write_fmt(&mut text, format_args!("{byte:02x}"));
            text
        })
}
