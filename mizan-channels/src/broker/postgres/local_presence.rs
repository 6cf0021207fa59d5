//! The connections of this server that are present.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::time::Duration;

use bytes::Bytes;
use foldhash::fast::RandomState;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::log_id::{LogId, hash};
use crate::broker::presence::presence_log;
use crate::random_id::random_id;

/// The time after an error during which the connections in the database are compared with those in memory. A statement
/// with an unknown outcome may still run during its timeout.
const RECONCILE_TIME: Duration = Duration::from_secs(30);

/// The number of locks that connections share.
const LOCKS: usize = 64;

/// The connections of this server that are present.
pub(super) struct LocalPresence {
    server: Vec<u8>,
    connections: Mutex<HashMap<PresenceKey, LocalConnection>>,
    hasher: RandomState,
    locks: Vec<tokio::sync::Mutex<()>>,
    reconcile_until: Mutex<Option<Instant>>,
}

/// A connection in a presence log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PresenceKey {
    pub(super) log: LogId,
    pub(super) connection: Vec<u8>,
}

impl PresenceKey {
    pub(super) fn new(group: &str, connection: &str) -> Self {
        Self {
            log: LogId::of(&presence_log(group)),
            connection: connection.as_bytes().to_vec(),
        }
    }
}

/// The member that a connection belongs to, with its info as JSON.
#[derive(Clone)]
pub(super) struct LocalConnection {
    pub(super) member: String,
    pub(super) info: Bytes,
}

impl LocalPresence {
    pub(super) fn new() -> Self {
        Self {
            server: hash(random_id().as_bytes()).to_vec(),
            connections: Mutex::default(),
            hasher: RandomState::default(),
            locks: (0..LOCKS).map(|_| tokio::sync::Mutex::default()).collect(),
            reconcile_until: Mutex::default(),
        }
    }

    /// Returns the id of this server.
    pub(super) fn server(&self) -> &[u8] {
        &self.server
    }

    pub(super) fn get(&self, key: &PresenceKey) -> Option<LocalConnection> {
        self.connections.lock().get(key).cloned()
    }

    pub(super) fn keys(&self) -> HashSet<PresenceKey> {
        self.connections.lock().keys().cloned().collect()
    }

    pub(super) fn insert(&self, key: PresenceKey, member: &str, info: Bytes) {
        let member = member.to_owned();
        let connection = LocalConnection { member, info };
        self.connections.lock().insert(key, connection);
    }

    /// Returns whether the connection was present.
    pub(super) fn remove(&self, key: &PresenceKey) -> bool {
        self.connections.lock().remove(key).is_some()
    }

    /// Compares the connections in the database with those in memory from the next maintenance on, for a while.
    pub(super) fn reconcile(&self) {
        *self.reconcile_until.lock() = Some(Instant::now() + RECONCILE_TIME);
    }

    /// Returns whether [`reconcile`](Self::reconcile) was called recently.
    pub(super) fn is_reconcile_due(&self) -> bool {
        let mut until = self.reconcile_until.lock();
        let is_due = until.is_some();
        until.take_if(|until| *until < Instant::now());
        is_due
    }

    /// Returns the lock of the changes of a connection.
    pub(super) fn lock(&self, key: &PresenceKey) -> &tokio::sync::Mutex<()> {
        let hash = self.hasher.hash_one(key);
        &self.locks[usize::try_from(hash % LOCKS as u64).unwrap_or(0)]
    }
}
