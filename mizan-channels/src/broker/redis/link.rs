//! The connection to Redis: made, watched, and made again.

use std::sync::{Arc, Once};
use std::time::Duration;

use redis::{AsyncConnectionConfig, PushInfo, RedisError, Value};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::{ANSWER, CHECK, Link, Shared, Torn};
use crate::broker::BrokerError;
use crate::jitter::full_jitter;
use crate::lock::lock;
use crate::session::BrokerEvent;

const BASE: Duration = Duration::from_millis(100);
const CAP: Duration = Duration::from_secs(5);

/// Keeps the broker connected, for good.
pub(super) async fn keep(shared: Arc<Shared>) {
    let mut attempt = 0;
    for number in 1.. {
        match connect(&shared, number).await {
            Ok(link) => {
                attempt = 0;
                tracing::info!("connected to Redis");
                let error = watch(&shared, &link).await;
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the connection to Redis was lost"
                );
                *lock(&shared.link) = None;
                shared.tell_all(BrokerEvent::Away);
            }
            Err(error) => {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "no connection to Redis"
                );
            }
        }
        metrics::counter!("mizan_channels_broker_reconnects_total").increment(1);
        sleep(full_jitter(attempt, BASE, CAP)).await;
        attempt += 1;
    }
}

/// Every key here has a time to live, so that each policy but one may evict any of them.
fn warn_of_eviction(policy: Option<&str>) {
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

/// A link on which every topic is subscribed to and up to date.
async fn connect(shared: &Arc<Shared>, number: u64) -> Result<Link, BrokerError> {
    let watcher = Arc::downgrade(shared);
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(ANSWER))
        .set_response_timeout(Some(ANSWER))
        .set_push_sender(move |info: PushInfo| {
            if let Some(shared) = watcher.upgrade() {
                shared.pushed(number, &info);
            }
            Ok::<(), std::convert::Infallible>(())
        });
    let mut connection = shared
        .client
        .get_multiplexed_async_connection_with_config(&config)
        .await
        .map_err(BrokerError::new)?;
    let info: String = redis::cmd("INFO")
        .query_async(&mut connection)
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
            "this Redis does not tell its replication id",
        ));
    }
    warn_of_eviction(field("maxmemory_policy"));
    let link = Link { connection, number };
    *lock(&shared.torn) = Torn::default();
    let topics = shared.topics.all();
    let joined: Vec<_> = topics
        .into_iter()
        .filter(|topic| topic.has_listeners())
        .collect();
    shared.sync_all(&link, joined, true).await?;
    *lock(&shared.link) = Some(link.clone());
    let _ = shared.was_connected.set(());
    shared.tell_all(BrokerEvent::Back);
    Ok(link)
}

/// Fills holes as they show, and looks for lost tails, until the link breaks.
async fn watch(shared: &Arc<Shared>, link: &Link) -> BrokerError {
    let mut check = interval(CHECK);
    check.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let all = tokio::select! {
            () = shared.wake.notified() => false,
            _ = check.tick() => true,
        };
        let (torn, broken) = {
            let mut torn = lock(&shared.torn);
            (std::mem::take(&mut torn.topics), torn.broken)
        };
        if broken == Some(link.number) {
            return BrokerError::new("the connection was closed");
        }
        let topics = if all {
            let topics = shared.topics.all().into_iter();
            topics.filter(|topic| topic.has_listeners()).collect()
        } else {
            let names = torn.iter();
            names.filter_map(|name| shared.topics.get(name)).collect()
        };
        if all && let Err(error) = check_role(shared, link).await {
            return error;
        }
        if let Err(error) = shared.sync_all(link, topics, false).await {
            return error;
        }
    }
}

/// Whether the server is there, and not a replica by now.
async fn check_role(shared: &Shared, link: &Link) -> Result<(), BrokerError> {
    let role: Vec<Value> = redis::cmd("ROLE")
        .query_async(&mut link.connection.clone())
        .await
        .map_err(|error| shared.failed(link, error))?;
    match role.first() {
        Some(Value::BulkString(role)) if role == b"master" => Ok(()),
        _ => Err(BrokerError::new("this Redis became a replica")),
    }
}
