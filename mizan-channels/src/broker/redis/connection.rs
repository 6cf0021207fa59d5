//! The connection to Redis, which is re-established whenever it is lost.

use std::sync::{Arc, Once};
use std::time::Duration;

use redis::{AsyncConnectionConfig, PushInfo, RedisError, Value};
use tokio::time::{MissedTickBehavior, interval};

use super::gap_fill::for_each_topic;
use super::state::{RESPONSE_TIMEOUT, RedisConnection, RedisState, SyncQueue};
use crate::backoff::Backoff;
use crate::broker::error::BrokerError;

/// The interval at which topics are compared with Redis. Without the comparison, a server would not detect the loss
/// of the last message of a burst, because no later message follows.
const SYNC_INTERVAL: Duration = Duration::from_secs(2);

/// Keeps the broker connected. Runs until it is aborted.
pub(super) async fn run_reconnect_loop(state: Arc<RedisState>) {
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    for number in 1.. {
        match connect(&state, number).await {
            Ok(connection) => {
                backoff.reset();
                tracing::info!("connected to Redis");
                let error = sync_until_broken(&state, &connection).await;
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "lost the connection to Redis; reconnecting"
                );
                *state.connection.lock() = None;
                for topic in state.topics.all() {
                    topic.notify_unavailable();
                }
            }
            Err(error) => {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "connecting to Redis failed"
                );
            }
        }
        metrics::counter!("mizan_channels_broker_reconnects_total").increment(1);
        backoff.wait().await;
    }
}

/// Connects, and subscribes to all topics that have subscribers.
async fn connect(state: &Arc<RedisState>, number: u64) -> Result<RedisConnection, BrokerError> {
    let receiver = Arc::downgrade(state);
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(RESPONSE_TIMEOUT))
        .set_response_timeout(Some(RESPONSE_TIMEOUT))
        .set_push_sender(move |info: PushInfo| {
            if let Some(state) = receiver.upgrade() {
                state.handle_push(number, &info);
            }
            Ok::<(), std::convert::Infallible>(())
        });
    let mut commands = state
        .client
        .get_multiplexed_async_connection_with_config(&config)
        .await
        .map_err(BrokerError::new)?;
    let info: String = redis::cmd("INFO")
        .query_async(&mut commands)
        .await
        .map_err(|error: RedisError| BrokerError::new(error))?;
    let field = |name: &str| {
        let mut lines = info.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    };
    if field("role") != Some("master") {
        return Err(BrokerError::new("this Redis is a replica"));
    }
    // The scripts compare this id, and start a new log if the existing one has another id: see `log.lua`.
    if field("master_replid").is_none() {
        return Err(BrokerError::new(
            "this Redis does not report a `master_replid`",
        ));
    }
    warn_if_evicting(field("maxmemory_policy"));
    let connection = RedisConnection { commands, number };
    *state.sync.lock() = SyncQueue::default();
    let mut topics = state.topics.all();
    topics.retain(|topic| topic.has_subscribers());
    let connected = &connection;
    for_each_topic(topics, |topic| async move {
        state.subscribe(connected, &topic).await
    })
    .await?;
    *state.connection.lock() = Some(connection.clone());
    let _ = state.was_connected.set(());
    for topic in state.topics.all() {
        topic.notify_available();
    }
    Ok(connection)
}

/// Warns about an eviction policy other than `noeviction`. All keys of the broker expire, so every other policy may
/// evict them.
fn warn_if_evicting(policy: Option<&str>) {
    static WARNED: Once = Once::new();
    if let Some(policy) = policy.filter(|policy| *policy != "noeviction") {
        WARNED.call_once(|| {
            tracing::warn!(
                policy,
                "this Redis may evict channel logs, presence and the outcomes of messages: set \
                 `maxmemory-policy noeviction`"
            );
        });
    }
}

/// Fills the gaps of topics as they are detected, and compares all topics periodically. Returns once the connection
/// is broken.
async fn sync_until_broken(state: &Arc<RedisState>, connection: &RedisConnection) -> BrokerError {
    let mut ticks = interval(SYNC_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let sync_all = tokio::select! {
            () = state.wake.notified() => false,
            _ = ticks.tick() => true,
        };
        let (queued, broken_connection) = {
            let mut sync = state.sync.lock();
            (std::mem::take(&mut sync.topics), sync.broken_connection)
        };
        if broken_connection == Some(connection.number) {
            return BrokerError::new("the connection was closed");
        }
        let topics = if sync_all {
            let topics = state.topics.all().into_iter();
            topics.filter(|topic| topic.has_subscribers()).collect()
        } else {
            let names = queued.iter();
            names.filter_map(|name| state.topics.get(name)).collect()
        };
        if sync_all && let Err(error) = check_role(state, connection).await {
            return error;
        }
        let synced = for_each_topic(topics, |topic| async move {
            state.sync(connection, &topic).await
        });
        if let Err(error) = synced.await {
            return error;
        }
    }
}

/// Returns an error if Redis does not respond, or has become a replica.
async fn check_role(state: &RedisState, connection: &RedisConnection) -> Result<(), BrokerError> {
    let role: Vec<Value> = redis::cmd("ROLE")
        .query_async(&mut connection.commands.clone())
        .await
        .map_err(|error| state.failed(connection, error))?;
    match role.first() {
        Some(Value::BulkString(role)) if role == b"master" => Ok(()),
        _ => Err(BrokerError::new("this Redis became a replica")),
    }
}
