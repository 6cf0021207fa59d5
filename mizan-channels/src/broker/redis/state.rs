//! The state of the broker: its connection, topics and scripts.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use redis::aio::MultiplexedConnection;
use redis::{Client, ErrorKind, FromRedisValue, RedisError, ScriptInvocation, ServerErrorKind};
use tokio::sync::{MutexGuard, Notify, SetOnce};
use tokio::time::{Instant, sleep, timeout_at};

use super::scripts::Scripts;
use crate::broker::error::BrokerError;
use crate::broker::topics::Topics;

/// The timeout of a command.
pub(super) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(3);

/// The maximum number of scripts that run concurrently in a bulk operation.
pub(super) const MAX_CONCURRENT_SCRIPTS: usize = 64;

/// The time that a publication with an unknown outcome waits for a new connection.
const RECONNECT_WAIT: Duration = Duration::from_secs(6);

/// The number of locks that topics share.
const TOPIC_LOCKS: usize = 64;

pub(super) struct RedisState {
    pub(super) client: Client,
    pub(super) prefix: String,
    pub(super) topics: Topics,
    pub(super) scripts: Scripts,
    pub(super) connection: Mutex<Option<RedisConnection>>,
    pub(super) sync: Mutex<SyncQueue>,
    /// Wakes the task that processes the sync queue.
    pub(super) wake: Notify,
    pub(super) was_connected: SetOnce<()>,
    /// The connections of this server that are present, by group and connection: the member's id and info.
    pub(super) presence: Mutex<HashMap<(String, String), (String, Bytes)>>,
    started: Instant,
    topic_locks: Vec<tokio::sync::Mutex<()>>,
}

/// A connection to Redis.
#[derive(Clone)]
pub(super) struct RedisConnection {
    pub(super) commands: MultiplexedConnection,
    pub(super) number: u64,
}

/// Topics with a hole, and the last connection that broke.
#[derive(Default)]
pub(super) struct SyncQueue {
    pub(super) topics: HashSet<Arc<str>>,
    pub(super) broken_connection: Option<u64>,
}

impl RedisState {
    pub(super) fn new(client: Client, prefix: String) -> Self {
        Self {
            client,
            prefix,
            topics: Topics::new(),
            scripts: Scripts::new(),
            connection: Mutex::default(),
            sync: Mutex::default(),
            wake: Notify::new(),
            was_connected: SetOnce::new(),
            presence: Mutex::default(),
            started: Instant::now(),
            topic_locks: (0..TOPIC_LOCKS)
                .map(|_| tokio::sync::Mutex::default())
                .collect(),
        }
    }

    /// Returns the connection. Waits for the first one during the first seconds after the start.
    pub(super) async fn connection(&self) -> Result<RedisConnection, BrokerError> {
        if !self.was_connected.initialized() {
            let deadline = self.started + RESPONSE_TIMEOUT;
            let _ = timeout_at(deadline, self.was_connected.wait()).await;
        }
        self.connection
            .lock()
            .clone()
            .ok_or_else(|| BrokerError::unsent("not connected to Redis"))
    }

    /// Waits for a connection that replaces the one with this number, if that is broken.
    pub(super) async fn connection_after(
        &self,
        number: u64,
    ) -> Result<RedisConnection, BrokerError> {
        let deadline = Instant::now() + RECONNECT_WAIT;
        loop {
            match self.connection().await {
                Ok(connection) if connection.number != number || !self.is_broken(number) => {
                    return Ok(connection);
                }
                _ if Instant::now() < deadline => sleep(Duration::from_millis(50)).await,
                Ok(_) => return Err(BrokerError::new("the connection to Redis was lost")),
                Err(error) => return Err(error),
            }
        }
    }

    fn is_broken(&self, number: u64) -> bool {
        self.sync.lock().broken_connection == Some(number)
    }

    /// Reports that a connection is broken. It is replaced if it is still in use.
    pub(super) fn report_broken(&self, number: u64) {
        self.sync.lock().broken_connection = Some(number);
        self.wake.notify_one();
    }

    /// Synchronizes a topic that has a hole.
    pub(super) fn request_sync(&self, topic: Arc<str>) {
        self.sync.lock().topics.insert(topic);
        self.wake.notify_one();
    }

    /// Returns a key of `group`. The group is the hash tag, so that all keys of a group and of its presence are in
    /// one slot.
    pub(super) fn key(&self, kind: &str, group: &str) -> String {
        let Self { prefix, .. } = self;
        match group.strip_prefix('+') {
            Some(group) => format!("{prefix}{kind}+:{{{group}}}"),
            None => format!("{prefix}{kind}:{{{group}}}"),
        }
    }

    /// Returns the name of the Pub/Sub channel of `group`.
    pub(super) fn pubsub_channel(&self, group: &str) -> String {
        format!("{}{group}", self.prefix)
    }

    /// Locks the subscription and the log of a topic, so that an older reply of Redis is not applied after a newer
    /// one.
    pub(super) async fn topic_lock(&self, name: &str) -> MutexGuard<'_, ()> {
        let hash = name.bytes().fold(0_usize, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(usize::from(byte))
        });
        self.topic_locks[hash % TOPIC_LOCKS].lock().await
    }

    pub(super) async fn run<T: FromRedisValue>(
        &self,
        connection: &RedisConnection,
        invocation: &ScriptInvocation<'_>,
    ) -> Result<T, BrokerError> {
        let result = invocation
            .invoke_async(&mut connection.commands.clone())
            .await;
        result.map_err(|error| self.failed(connection, error))
    }

    /// Converts an error, and reports the connection as broken if it cannot be used any more.
    pub(super) fn failed(&self, connection: &RedisConnection, error: RedisError) -> BrokerError {
        // Redis returns these before a script has changed anything.
        let is_not_master = matches!(
            error.kind(),
            ErrorKind::Server(
                ServerErrorKind::ReadOnly
                    | ServerErrorKind::BusyLoading
                    | ServerErrorKind::MasterDown
            )
        );
        // This includes timeouts: a late response cannot be distinguished from the next one.
        if error.is_io_error()
            || error.is_connection_dropped()
            || error.is_unrecoverable_error()
            || is_not_master
        {
            self.report_broken(connection.number);
        }
        if is_not_master {
            BrokerError::unsent(error)
        } else {
            BrokerError::new(error)
        }
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
