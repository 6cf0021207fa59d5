//! The connection that listens for notifications, and reads the changed logs.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use sqlx::Row;
use sqlx::postgres::{PgListener, PgRow};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::log_id::LogId;
use super::state::{PostgresState, RESPONSE_TIMEOUT, SyncQueue, SyncResult, signed, unsigned};
use crate::backoff::Backoff;
use crate::broker::error::BrokerError;
use crate::broker::log::{LogState, Message};
use crate::broker::topics::Topic;

/// The interval at which topics are compared with their logs, which finds messages whose notification was lost.
const SYNC_INTERVAL: Duration = Duration::from_secs(2);

/// The maximum number of logs that one statement reads.
const READ_LOGS: usize = 64;

/// The maximum number of logs that are opened concurrently. Each takes a connection of the pool.
const MAX_CONCURRENT_OPENS: usize = 4;

/// Keeps the broker connected. Runs until it is aborted.
pub(super) async fn run_reconnect_loop(state: Arc<PostgresState>) {
    let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
    let mut has_warned = false;
    loop {
        match connect(&state).await {
            Ok(listener) => {
                backoff.reset();
                has_warned = false;
                tracing::info!("listening for notifications of PostgreSQL");
                let error = read_until_broken(&state, listener).await;
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "lost the connection to PostgreSQL; reconnecting"
                );
                state.set_connected(false);
                state.sync.lock().clear();
                state.presence.reconcile();
                for topic in state.topics.all() {
                    topic.notify_unavailable();
                }
            }
            Err(error) if has_warned => tracing::debug!(
                error = &error as &dyn std::error::Error,
                "connecting to PostgreSQL failed"
            ),
            Err(error) => {
                has_warned = true;
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "connecting to PostgreSQL failed; retrying"
                );
            }
        }
        metrics::counter!("mizan_channels_broker_reconnects_total").increment(1);
        backoff.wait().await;
    }
}

/// Connects, and reads the logs of all topics that have subscribers.
async fn connect(state: &PostgresState) -> Result<PgListener, BrokerError> {
    let connecting = timeout(RESPONSE_TIMEOUT, async {
        let mut listener = PgListener::connect_with(&state.pool).await?;
        // This task reconnects, and then compares all logs.
        listener.eager_reconnect(false);
        listener.listen(&state.statements.notifications).await?;
        Ok::<_, sqlx::Error>(listener)
    });
    let connected = connecting.await.map_err(BrokerError::new)?;
    let mut listener = connected.map_err(BrokerError::new)?;
    // The logs of a promoted replica are of another generation, and have to be opened.
    let unopened = read(state, &mut listener, subscribed(state)).await?;
    if !unopened.is_empty() {
        open_all(state, &unopened).await;
        read(state, &mut listener, unopened).await?;
    }
    state.set_connected(true);
    for topic in state.topics.all() {
        topic.notify_available();
    }
    Ok(listener)
}

fn subscribed(state: &PostgresState) -> Vec<Arc<Topic>> {
    let mut topics = state.topics.all();
    topics.retain(|topic| topic.has_subscribers());
    topics
}

/// Reads logs when notifications name them or operations wait for them, and all logs periodically. Returns once the
/// connection is broken.
async fn read_until_broken(state: &Arc<PostgresState>, mut listener: PgListener) -> BrokerError {
    let mut ticks = interval(SYNC_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let read_all = tokio::select! {
            received = receive(state, &mut listener) => match received {
                Ok(()) => false,
                Err(error) => return error,
            },
            () = state.wake.notified() => false,
            _ = ticks.tick() => true,
        };
        if let Err(error) = send_announcements(state, &mut listener).await {
            return error;
        }
        // The notifications of a burst, including those of this server, are read together.
        while let Some(received) = receive(state, &mut listener).now_or_never() {
            if let Err(error) = received {
                return error;
            }
        }
        let queue = std::mem::take(&mut *state.sync.lock());
        let topics = if read_all {
            subscribed(state)
        } else {
            Vec::new()
        };
        match read_queued(state, &mut listener, queue, topics).await {
            Ok(unopened) if unopened.is_empty() => {}
            Ok(unopened) => {
                // A log may be locked by a transaction of the application, for which other logs must not wait.
                let state = Arc::clone(state);
                tokio::spawn(async move {
                    open_all(&state, &unopened).await;
                });
            }
            Err(error) => return error,
        }
    }
}

/// Announces the logs that this server has changed.
async fn send_announcements(
    state: &PostgresState,
    listener: &mut PgListener,
) -> Result<(), BrokerError> {
    let logs = state.take_announcements();
    if logs.is_empty() {
        return Ok(());
    }
    let logs = logs.iter().map(|log| log.as_bytes().to_vec());
    let announcing = sqlx::query(state.statements.announce.sql())
        .bind(logs.collect::<Vec<_>>())
        .execute(listener);
    let announced = timeout(RESPONSE_TIMEOUT, announcing).await;
    announced
        .map_err(BrokerError::new)?
        .map_err(BrokerError::new)?;
    Ok(())
}

/// Waits for a notification, and adds its log to the queue.
async fn receive(state: &PostgresState, listener: &mut PgListener) -> Result<(), BrokerError> {
    match listener.try_recv().await {
        Ok(Some(notification)) => {
            state.handle_notification(notification.payload());
            Ok(())
        }
        Ok(None) => Err(BrokerError::new("the connection was closed")),
        Err(error) => Err(BrokerError::new(error)),
    }
}

/// Reads the logs in the queue and those of `topics`, and replies to the operations that wait. Returns the topics whose
/// logs have to be opened, and for which no operation waits.
async fn read_queued(
    state: &PostgresState,
    listener: &mut PgListener,
    mut queue: SyncQueue,
    mut topics: Vec<Arc<Topic>>,
) -> Result<Vec<Arc<Topic>>, BrokerError> {
    let known: HashSet<_> = topics
        .iter()
        .map(|topic| Arc::clone(topic.name()))
        .collect();
    let queued = queue.keys().filter(|name| !known.contains(*name));
    topics.extend(queued.filter_map(|name| state.topics.get(name)));
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let mut unopened = Vec::new();
    for chunk in topics.chunks(READ_LOGS) {
        let chunk_unopened = read(state, listener, chunk.to_vec()).await?;
        let names: HashSet<_> = chunk_unopened.iter().map(|topic| topic.name()).collect();
        let mut has_waiters = HashSet::new();
        for topic in chunk {
            let result = if names.contains(topic.name()) {
                SyncResult::Unopened
            } else {
                SyncResult::Synced
            };
            for waiter in queue.remove(topic.name()).unwrap_or_default() {
                has_waiters.insert(Arc::clone(topic.name()));
                let _ = waiter.send(result);
            }
        }
        let without_waiters = chunk_unopened.iter();
        let without_waiters = without_waiters.filter(|topic| !has_waiters.contains(topic.name()));
        unopened.extend(without_waiters.cloned());
    }
    Ok(unopened)
}

/// Opens the logs of topics, and reads them.
async fn open_all(state: &PostgresState, topics: &[Arc<Topic>]) {
    stream::iter(topics)
        .for_each_concurrent(MAX_CONCURRENT_OPENS, |topic| async move {
            match state.open(topic).await {
                Ok(()) => state.request_sync(Arc::clone(topic.name())),
                // The next comparison finds it again.
                Err(error) => tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    group = %topic.name(),
                    "opening a log failed"
                ),
            }
        })
        .await;
}

/// Reads the messages that topics lack. Returns the topics whose logs have to be opened.
async fn read(
    state: &PostgresState,
    listener: &mut PgListener,
    topics: Vec<Arc<Topic>>,
) -> Result<Vec<Arc<Topic>>, BrokerError> {
    let mut unopened = Vec::new();
    for chunk in topics.chunks(READ_LOGS) {
        let known: Vec<_> = chunk.iter().map(|topic| topic.state(0).0).collect();
        let mut readings: Vec<_> = known.iter().map(LogReading::new).collect();
        let ids = chunk.iter().map(|topic| LogId::of(topic.name()));
        let query = sqlx::query(state.statements.read.sql())
            .bind(ids.map(|id| id.as_bytes().to_vec()).collect::<Vec<_>>())
            .bind(
                known
                    .iter()
                    .map(|log| log.epoch.to_string())
                    .collect::<Vec<_>>(),
            )
            .bind(known.iter().map(|log| signed(log.top)).collect::<Vec<_>>());
        let mut rows = query.fetch(&mut *listener);
        while let Some(row) = timeout(RESPONSE_TIMEOUT, rows.try_next())
            .await
            .map_err(BrokerError::new)?
            .map_err(BrokerError::new)?
        {
            let row = LogRow::from_row(&row).map_err(BrokerError::new)?;
            let topic = chunk.get(row.index).zip(readings.get_mut(row.index));
            let Some((topic, reading)) = topic else {
                continue;
            };
            reading.apply(topic, row);
        }
        drop(rows);
        for (topic, reading) in chunk.iter().zip(readings) {
            if reading.is_unopened {
                unopened.push(Arc::clone(topic));
            }
        }
    }
    Ok(unopened)
}

/// A row of the statement that reads logs.
struct LogRow {
    index: usize,
    position: Option<(String, u64)>,
    message: Option<(Message, Duration)>,
}

impl LogRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let number: i64 = row.try_get(0)?;
        let epoch: Option<String> = row.try_get(1)?;
        let top: Option<i64> = row.try_get(2)?;
        let offset: Option<i64> = row.try_get(3)?;
        let message = match offset {
            Some(offset) => {
                let offset = unsigned(offset);
                let age = Duration::from_millis(unsigned(row.try_get(4)?));
                let data: Vec<u8> = row.try_get(5)?;
                let message = Message::new(offset, offset.saturating_sub(1), data.into());
                Some((message, age))
            }
            None => None,
        };
        Ok(Self {
            index: usize::try_from(number - 1).unwrap_or(usize::MAX),
            position: epoch.zip(top.map(unsigned)),
            message,
        })
    }
}

/// Applies the rows of one log to its topic.
struct LogReading<'a> {
    known: &'a LogState,
    has_started: bool,
    is_unopened: bool,
}

impl<'a> LogReading<'a> {
    fn new(known: &'a LogState) -> Self {
        Self {
            known,
            has_started: false,
            is_unopened: false,
        }
    }

    /// Adds the message of a row. Restarts the topic before the first one if the log has another epoch, or no longer keeps
    /// all messages that the topic lacks.
    fn apply(&mut self, topic: &Topic, row: LogRow) {
        let Some((epoch, top)) = row.position else {
            self.is_unopened = true;
            return;
        };
        if !self.has_started {
            self.has_started = true;
            let first = row.message.as_ref();
            let floor = first.map_or(top, |(message, _)| message.prev);
            let has_same_epoch = *epoch == *self.known.epoch;
            if has_same_epoch && floor > self.known.top {
                tracing::warn!(
                    group = %topic.name(),
                    "messages were removed from PostgreSQL before this server read them; subscribers get a gap"
                );
            }
            if !has_same_epoch || floor > self.known.top {
                topic.restart(&epoch, floor);
            }
        }
        if let Some((message, age)) = row.message {
            topic.add_remote(&epoch, message, age);
        }
    }
}
