//! Where publications go, and where they come from.

pub(crate) mod claims;
pub(crate) mod feed;
pub(crate) mod memory;
pub(crate) mod presence;
#[cfg(feature = "redis")]
pub(crate) mod redis;
pub(crate) mod remembered;
pub(crate) mod topics;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use mizan_core::channel::Position;

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
    /// The broker cannot be reached. The message may have been added all the same, unless the error
    /// [is unsent](BrokerError::is_unsent); with a key, trying again is safe.
    async fn publish(&self, group: &str, publication: Publication)
    -> Result<Position, BrokerError>;

    /// Puts `listener` on the list of `group`. From then on it is told when the log grows; its log
    /// holds what was kept before. Where `since` is of another epoch than the log, or past its top, the log
    /// is brought up to date first: what it does not know then was never published.
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
    /// The future may be dropped at any point. A [`leave`](Self::leave) that is called after that wins.
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

    /// Asks for the right to do what `request` names, which is granted once.
    ///
    /// # Errors
    ///
    /// The broker cannot be reached. Unless the error [is unsent](BrokerError::is_unsent), the right may have
    /// been granted: [`release`](Self::release) it then.
    async fn claim(&self, request: &ClaimRequest, lease: Duration) -> Result<Claim, BrokerError>;

    /// Remembers what came of it, for 5 minutes and within the bounds of the owner.
    ///
    /// # Errors
    ///
    /// The broker cannot be reached; others will learn that it ran, and not what came of it.
    async fn settle(&self, request: &ClaimRequest, outcome: Bytes) -> Result<(), BrokerError>;

    /// Gives back the right, where nothing ran: it may be granted again. A claim with the same nonce that is
    /// still on its way is granted no more where `may_come` is set.
    ///
    /// # Errors
    ///
    /// The broker cannot be reached; the right is lost once the lease has passed.
    async fn release(&self, request: &ClaimRequest, may_come: bool) -> Result<(), BrokerError>;

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

/// The right to do something once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRequest {
    /// A user or a group of anonymous callers. What is remembered for each is bounded.
    pub owner: String,
    /// The key of the operation, unique among the operations of its owner.
    pub key: String,
    /// A hash of what it is done with, in lower-case hexadecimal. A key belongs to one payload.
    pub payload: String,
    /// This run of it, in lower-case hexadecimal and at random.
    pub nonce: String,
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is the first: do it, and settle.
    Granted,
    /// Another run of it is under way.
    Running,
    /// Another run of it was under way, and was not settled within the lease.
    Lost,
    /// It was done, with this outcome.
    Settled(Bytes),
    /// The key was claimed with another payload.
    OtherPayload,
    /// The owner has too much under way.
    Full,
}

/// The most claims that are remembered for an owner.
pub(crate) const OWNER_CLAIMS: usize = 2_000;

/// The most bytes that are remembered for an owner.
pub(crate) const OWNER_BYTES: usize = 1024 * 1024;

/// How long keys and outcomes are remembered.
pub(crate) const MEMORY: Duration = Duration::from_secs(5 * 60);

/// The broker could not be reached, or did not do as it was told.
#[derive(Debug)]
pub struct BrokerError {
    source: Box<dyn StdError + Send + Sync>,
    is_unsent: bool,
}

impl BrokerError {
    /// An error of a broker that may have done what it was asked for, with what went wrong.
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            source: source.into(),
            is_unsent: false,
        }
    }

    /// An error of a broker that has certainly not done what it was asked for.
    pub fn unsent(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            source: source.into(),
            is_unsent: true,
        }
    }

    /// Returns whether the broker has certainly not done what it was asked for.
    #[must_use]
    pub fn is_unsent(&self) -> bool {
        self.is_unsent
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

/// 96 random bits in hexadecimal: a new epoch, or the nonce of a claim.
pub(crate) fn random_id() -> String {
    let mut bits = [0_u8; 12];
    // Without randomness from the system there is no safe way on.
    getrandom::fill(&mut bits).expect("the system has randomness");
    bits.iter()
        .fold(String::with_capacity(24), |mut text, byte| {
            let _ = fmt::Write::write_fmt(&mut text, format_args!("{byte:02x}"));
            text
        })
}
