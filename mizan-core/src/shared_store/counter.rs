//! The counts of rate limits.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::key_hash::KeyHash;
use crate::limits::{Limit, LimitedNetwork, RateLimit};

/// The count of one key of a rate limit.
///
/// A store identifies it by its [group](Self::group), which the application determines, and by its
/// [key](Self::key_hash), a hash of what the client determines. It also implements `Hash`, which is
/// faster, for stores in memory.
#[derive(Clone, Copy)]
pub struct Counter<'a> {
    name: &'a str,
    limit: Option<&'a Limit>,
    key: Key<'a>,
    rate: RateLimit,
}

#[derive(Clone, Copy, Hash)]
enum Key<'a> {
    User(&'a str),
    Text(&'a str),
    Network(LimitedNetwork),
}

impl<'a> Counter<'a> {
    /// Creates the count of `key` for a limit with this name. Each name has to have one rate.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use mizan_core::limits::RateLimit;
    /// use mizan_core::shared_store::Counter;
    ///
    /// let rate = RateLimit::new(10, Duration::from_secs(60));
    /// let counter = Counter::new("exports", "customer-7", rate);
    /// assert_eq!(counter.group(), "exports");
    /// ```
    #[must_use]
    pub fn new(name: &'a str, key: &'a str, rate: RateLimit) -> Self {
        Self {
            name,
            limit: None,
            key: Key::Text(key),
            rate,
        }
    }

    /// Creates the count of a network for a limit with this name and this rate for one client.
    #[must_use]
    pub fn of_network(name: &'a str, network: LimitedNetwork, rate: RateLimit) -> Self {
        Self {
            name,
            limit: None,
            key: Key::Network(network),
            rate: rate.scaled_by(network.factor),
        }
    }

    pub(crate) fn by_user(function: &'a str, limit: &'a Limit, user: &'a str) -> Self {
        Self::of_limit(function, limit, Key::User(user), 1)
    }

    pub(crate) fn by_text(function: &'a str, limit: &'a Limit, text: &'a str) -> Self {
        Self::of_limit(function, limit, Key::Text(text), 1)
    }

    pub(crate) fn by_network(function: &'a str, limit: &'a Limit, network: LimitedNetwork) -> Self {
        Self::of_limit(function, limit, Key::Network(network), network.factor)
    }

    fn of_limit(function: &'a str, limit: &'a Limit, key: Key<'a>, factor: u32) -> Self {
        Self {
            name: function,
            limit: Some(limit),
            key,
            rate: limit.rate().scaled_by(factor),
        }
    }

    /// Returns the allowance.
    #[must_use]
    pub fn rate(&self) -> RateLimit {
        self.rate
    }

    /// Returns the name of the group to which the count belongs: the name of the limit, or the function
    /// with the text of its limit. An application has a fixed number of groups.
    #[must_use]
    pub fn group(&self) -> String {
        match self.limit {
            Some(limit) => format!("{} {limit}", self.name),
            None => self.name.to_owned(),
        }
    }

    /// Returns the hash of the key within the group, which is the same in every process.
    #[must_use]
    pub fn key_hash(&self) -> KeyHash {
        let mut hasher = Sha256::new();
        match self.key {
            Key::User(user) => {
                hasher.update([0]);
                hasher.update(user);
            }
            Key::Text(text) => {
                hasher.update([1]);
                hasher.update(text);
            }
            Key::Network(network) => {
                hasher.update([2, network.prefix]);
                hasher.update(network.address.to_string());
            }
        }
        KeyHash::from_digest(&hasher.finalize())
    }
}

impl Hash for Counter<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.key.hash(state);
        self.limit.map(Limit::by).hash(state);
        self.rate.burst.hash(state);
        self.rate.interval.hash(state);
    }
}

/// Writes the group, but not the key, which may be personal.
impl fmt::Debug for Counter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Counter")
            .field("group", &self.group())
            .field("rate", &self.rate)
            .finish_non_exhaustive()
    }
}

/// The reply to a request to take one call from counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeReply {
    /// Every count had a call left.
    Taken,
    /// A count was exhausted.
    Exhausted {
        /// The time after which the count has a call left.
        retry_after: Duration,
    },
}
