//! The state of the broker: its pool, topics and statements.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mizan_core::channel::Position;
use parking_lot::Mutex;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::query::Query;
use sqlx::{PgPool, Postgres};
use tokio::sync::{Notify, SetOnce, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::local_presence::LocalPresence;
use super::log_id::LogId;
use super::statements::Statements;
use crate::broker::error::BrokerError;
use crate::broker::log::LogState;
use crate::broker::topics::{Topic, Topics};
use crate::random_id::random_id;

/// The timeout of a statement. Functions wait for the lock of a log for two seconds.
pub(super) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The time during which operations wait for the first connection.
const CONNECT_WAIT: Duration = Duration::from_secs(3);

/// The maximum number of attempts to synchronize a topic whose log has to be opened.
const SYNC_ATTEMPTS: usize = 3;

pub(super) struct PostgresState {
    pub(super) pool: PgPool,
    pub(super) statements: Statements,
    pub(super) topics: Topics,
    /// The groups of topics by the ids of their logs.
    groups: Mutex<HashMap<LogId, Arc<str>>>,
    /// True while a connection listens for notifications.
    is_connected: AtomicBool,
    /// Topics to read, with the operations that wait for it.
    pub(super) sync: Mutex<SyncQueue>,
    /// Logs whose changes have to be announced to the servers.
    announcements: Mutex<HashSet<LogId>>,
    /// Wakes the task that processes the sync queue and the announcements.
    pub(super) wake: Notify,
    was_connected: SetOnce<()>,
    pub(super) presence: LocalPresence,
    started: Instant,
}

pub(super) type SyncQueue = HashMap<Arc<str>, Vec<oneshot::Sender<SyncResult>>>;

/// The result of reading the log of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SyncResult {
    Synced,
    /// The log is missing or outdated, and has to be opened.
    Unopened,
}

pub(super) type PostgresQuery = Query<'static, Postgres, sqlx::postgres::PgArguments>;

impl PostgresState {
    pub(super) fn new(pool: PgPool, statements: Statements) -> Self {
        Self {
            pool,
            statements,
            topics: Topics::new(),
            groups: Mutex::default(),
            is_connected: AtomicBool::new(false),
            sync: Mutex::default(),
            announcements: Mutex::default(),
            wake: Notify::new(),
            was_connected: SetOnce::new(),
            presence: LocalPresence::new(),
            started: Instant::now(),
        }
    }

    pub(super) fn set_connected(&self, is_connected: bool) {
        self.is_connected.store(is_connected, Ordering::Relaxed);
        if is_connected {
            let _ = self.was_connected.set(());
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.is_connected.load(Ordering::Relaxed)
    }

    /// Returns an error if no connection listens. Waits for the first one during the first seconds after the start.
    pub(super) async fn check_connected(&self) -> Result<(), BrokerError> {
        if !self.was_connected.initialized() {
            let deadline = self.started + CONNECT_WAIT;
            let _ = timeout_at(deadline, self.was_connected.wait()).await;
        }
        if self.is_connected() {
            Ok(())
        } else {
            Err(BrokerError::unsent("not connected to PostgreSQL"))
        }
    }

    /// Finds the topic from then on when its log is named by a notification.
    pub(super) fn register(&self, topic: &Topic) {
        let id = LogId::of(topic.name());
        self.groups.lock().insert(id, Arc::clone(topic.name()));
    }

    /// Forgets removed topics, unless they were created again meanwhile.
    pub(super) fn unregister(&self, removed: &[Arc<str>]) {
        let mut groups = self.groups.lock();
        for name in removed {
            if self.topics.get(name).is_none() {
                groups.remove(&LogId::of(name));
            }
        }
    }

    /// Reads the log that a notification names, if this server has a topic for it.
    pub(super) fn handle_notification(&self, payload: &str) {
        let group = LogId::from_hex(payload).and_then(|id| self.groups.lock().get(&id).cloned());
        if let Some(group) = group {
            self.sync.lock().entry(group).or_default();
        }
    }

    /// Announces the change of a log to all servers, including this one.
    pub(super) fn announce(&self, log: LogId) {
        self.announcements.lock().insert(log);
        self.wake.notify_one();
    }

    pub(super) fn take_announcements(&self) -> HashSet<LogId> {
        std::mem::take(&mut *self.announcements.lock())
    }

    pub(super) fn request_sync(&self, topic: Arc<str>) {
        self.sync.lock().entry(topic).or_default();
        self.wake.notify_one();
    }

    fn enqueue(&self, topic: &Topic, waiter: oneshot::Sender<SyncResult>) {
        let mut sync = self.sync.lock();
        let waiters = sync.entry(Arc::clone(topic.name())).or_default();
        waiters.push(waiter);
        drop(sync);
        self.wake.notify_one();
    }

    /// Reads the new messages of a topic, and opens its log if necessary.
    pub(super) async fn sync(&self, topic: &Topic) -> Result<(), BrokerError> {
        for _ in 0..SYNC_ATTEMPTS {
            let (sender, result) = oneshot::channel();
            self.enqueue(topic, sender);
            match timeout(2 * RESPONSE_TIMEOUT, result).await {
                Ok(Ok(SyncResult::Synced)) => return Ok(()),
                Ok(Ok(SyncResult::Unopened)) => self.open(topic).await?,
                Ok(Err(_)) => {
                    return Err(BrokerError::new("the connection to PostgreSQL was lost"));
                }
                Err(timeout) => return Err(BrokerError::new(timeout)),
            }
        }
        Err(BrokerError::new("the log was removed repeatedly"))
    }

    /// Opens the log of a topic. It starts a new epoch if the log is missing, is of another generation, or has lost
    /// messages that this server has read.
    pub(super) async fn open(&self, topic: &Topic) -> Result<(), BrokerError> {
        let (LogState { epoch, top, .. }, _) = topic.state(0);
        let opening = sqlx::query(self.statements.open.sql())
            .bind(LogId::of(topic.name()).as_bytes().to_vec())
            .bind(random_id())
            .bind(epoch.to_string())
            .bind(signed(top));
        self.run(opening).await.map(drop)
    }

    /// Returns a connection of the pool.
    pub(super) async fn acquire(&self) -> Result<PoolConnection<Postgres>, BrokerError> {
        let acquired = timeout(RESPONSE_TIMEOUT, self.pool.acquire()).await;
        let acquired = acquired.map_err(BrokerError::unsent)?;
        acquired.map_err(BrokerError::unsent)
    }

    /// Runs a statement on a connection of the pool, and returns its rows.
    pub(super) async fn run(&self, query: PostgresQuery) -> Result<Vec<PgRow>, BrokerError> {
        let mut connection = self.acquire().await?;
        run_on(&mut connection, query).await
    }
}

/// Runs a statement, and returns its rows once the transaction is committed.
pub(super) async fn run_on(
    connection: &mut PoolConnection<Postgres>,
    query: PostgresQuery,
) -> Result<Vec<PgRow>, BrokerError> {
    match timeout(RESPONSE_TIMEOUT, query.fetch_all(&mut **connection)).await {
        Ok(rows) => rows.map_err(statement_error),
        Err(timeout) => {
            // A late response cannot be distinguished from the next one.
            connection.close_on_drop();
            Err(BrokerError::new(timeout))
        }
    }
}

/// Converts the error of a statement that was sent.
pub(super) fn statement_error(error: sqlx::Error) -> BrokerError {
    let is_refused = error.as_database_error().is_some_and(|error| {
        // PostgreSQL may have committed before it was shut down (class 57P) or lost the connection (class 08). After all
        // other errors, it has rolled back.
        let code = error.code().unwrap_or_default();
        !code.starts_with("57P") && !code.starts_with("08") && code != "40003"
    });
    if is_refused {
        BrokerError::unsent(error)
    } else {
        BrokerError::new(error)
    }
}

/// Converts the error of a value that a statement returned.
pub(super) fn decode_error(error: sqlx::Error) -> BrokerError {
    BrokerError::new(error)
}

/// Returns the position in a row of an epoch and an offset.
pub(super) fn position(row: &PgRow) -> Result<Position, BrokerError> {
    use sqlx::Row as _;
    let epoch = row.try_get(0).map_err(decode_error)?;
    let offset: i64 = row.try_get(1).map_err(decode_error)?;
    let offset = unsigned(offset);
    Ok(Position { epoch, offset })
}

pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Converts a duration to milliseconds, at most those of a century, which PostgreSQL can subtract from the time.
pub(super) fn millis(duration: Duration) -> i64 {
    const CENTURY_MILLIS: i64 = 100 * 366 * 86_400_000;
    let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    millis.clamp(1, CENTURY_MILLIS)
}
