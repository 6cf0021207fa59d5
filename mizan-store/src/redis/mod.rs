//! The shared store in Redis.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use mizan_core::shared_store::{
    Counter, LeaseReply, MAX_OWNER_BYTES, MAX_OWNER_OPERATIONS, OUTCOME_TTL, Operation,
    SharedStore, SharedStoreError, TakeReply,
};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{FromRedisValue, RedisError, Script, ScriptInvocation};
use tokio::time::timeout;

/// The maximum time of a request. A call waits for it, and fails or runs without its limit afterwards.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);

/// The maximum number of keys of one limit.
const MAX_KEYS: usize = 100_000;

/// Keeps the shared state in Redis 7 or Valkey.
///
/// Each limit is a sorted set, each operation a string, and each owner has the sizes and times of its
/// operations. All of them expire. A Lua script makes each operation atomic, and the clock of Redis decides. A
/// cluster is not supported.
///
/// Set `maxmemory-policy noeviction`: with another policy, Redis may forget outcomes, and operations
/// would run again.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use mizan_core::Registry;
/// use mizan_store::RedisSharedStore;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = RedisSharedStore::new("redis://127.0.0.1")?;
/// let app = Registry::new().shared_store(Arc::new(store)).build()?;
/// # let _ = app;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisSharedStore {
    connection: ConnectionManager,
    prefix: String,
    take: Script,
    operation: Script,
}

impl RedisSharedStore {
    /// Creates a store on the server at `url`, such as `redis://127.0.0.1`, with the key prefix `mizan:`.
    ///
    /// It connects when it is first used, and connects again whenever the connection is lost. Until then,
    /// requests fail after two seconds. `rediss://` requires one of the TLS features of `redis` in the
    /// application.
    ///
    /// # Errors
    ///
    /// Returns an error if the URL is invalid.
    pub fn new(url: &str) -> Result<Self, SharedStoreError> {
        let client = redis::Client::open(url).map_err(SharedStoreError::unsent)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(RESPONSE_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_max_delay(Duration::from_secs(1))
            .set_number_of_retries(1);
        let connection = ConnectionManager::new_lazy_with_config(client, config);
        Ok(Self {
            connection: connection.map_err(SharedStoreError::unsent)?,
            prefix: "mizan:".to_owned(),
            take: Script::new(include_str!("take.lua")),
            operation: Script::new(include_str!("operation.lua")),
        })
    }

    /// Sets the prefix of keys, for example if several applications use one server.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    async fn run<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, SharedStoreError> {
        let mut connection = self.connection.clone();
        match timeout(RESPONSE_TIMEOUT, script.invoke_async(&mut connection)).await {
            Ok(reply) => reply.map_err(store_error),
            Err(elapsed) => Err(SharedStoreError::new(elapsed)),
        }
    }

    async fn run_operation(
        &self,
        name: &str,
        operation: &Operation,
        argument: &[u8],
    ) -> Result<Vec<u8>, SharedStoreError> {
        let (prefix, owner) = (&self.prefix, operation.owner);
        let mut script = self.operation.prepare_invoke();
        script
            .key(format!("{prefix}operation:{}", operation.key))
            .key(format!("{prefix}operation_sizes:{owner}"))
            .key(format!("{prefix}operation_times:{owner}"))
            .arg(name)
            .arg(format!("{prefix}operation:"))
            .arg(operation.key.to_string())
            .arg(operation.run.to_string())
            .arg(operation.payload.to_string())
            .arg(millis(OUTCOME_TTL))
            .arg(MAX_OWNER_OPERATIONS)
            .arg(MAX_OWNER_BYTES)
            .arg(argument);
        self.run(&script).await
    }
}

#[async_trait]
impl SharedStore for RedisSharedStore {
    async fn take(&self, counters: &[Counter<'_>]) -> Result<TakeReply, SharedStoreError> {
        let mut script = self.take.prepare_invoke();
        script.arg(MAX_KEYS);
        for counter in counters {
            let rate = counter.rate();
            script
                .key(format!("{}limit:{}", self.prefix, counter.group()))
                .arg(counter.key_hash().as_bytes())
                .arg(rate.interval_micros())
                .arg(rate.tolerance_micros());
        }
        Ok(match self.run(&script).await? {
            0 => TakeReply::Taken,
            micros => TakeReply::Exhausted {
                retry_after: Duration::from_micros(micros),
            },
        })
    }

    async fn acquire(
        &self,
        operation: &Operation,
        duration: Duration,
    ) -> Result<LeaseReply, SharedStoreError> {
        let duration = millis(duration).to_string();
        let reply = self.run_operation("acquire", operation, duration.as_bytes());
        let reply = reply.await?;
        Ok(match reply.split_first() {
            Some((b's', outcome)) => LeaseReply::Completed(Bytes::copy_from_slice(outcome)),
            Some((b'g', _)) => LeaseReply::Granted,
            Some((b'r', _)) => LeaseReply::Running,
            Some((b'm', _)) => LeaseReply::PayloadMismatch,
            Some((b'f', _)) => LeaseReply::QuotaExceeded,
            _ => LeaseReply::Expired,
        })
    }

    async fn complete(
        &self,
        operation: &Operation,
        outcome: Bytes,
    ) -> Result<(), SharedStoreError> {
        let completed = self.run_operation("complete", operation, &outcome);
        completed.await.map(drop)
    }

    async fn release(&self, operation: &Operation) -> Result<(), SharedStoreError> {
        let released = self.run_operation("release", operation, b"");
        released.await.map(drop)
    }

    async fn cancel(&self, operation: &Operation) -> Result<(), SharedStoreError> {
        let released = self.run_operation("release", operation, b"1");
        released.await.map(drop)
    }

    async fn contains(&self, operation: &Operation) -> Result<bool, SharedStoreError> {
        let found = self.run_operation("contains", operation, b"").await?;
        Ok(!found.is_empty())
    }
}

impl fmt::Debug for RedisSharedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSharedStore")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

fn store_error(error: RedisError) -> SharedStoreError {
    if error.is_connection_refusal() {
        SharedStoreError::unsent(error)
    } else {
        SharedStoreError::new(error)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
