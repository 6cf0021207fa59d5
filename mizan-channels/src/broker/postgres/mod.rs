//! The broker of several servers that share a PostgreSQL.

mod listener;
mod local_presence;
mod log_id;
mod presence;
mod publish;
mod state;
mod statements;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use mizan_core::Channel;
use mizan_core::channel::Position;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::task::JoinHandle;

use self::local_presence::PresenceKey;
use self::log_id::LogId;
use self::state::{PostgresState, signed};
use self::statements::Statements;
use crate::broker::Broker;
use crate::broker::error::BrokerError;
use crate::broker::log::Cursor;
use crate::broker::notification::Notifier;
use crate::broker::publication::{Publication, Retention};
use crate::broker::reader::LogReader;
use crate::dedup;
use crate::error::PublishError;
use crate::server::channel_publication;

/// The time after which an empty log without subscribers is removed from memory. PostgreSQL keeps its epoch.
const IDLE_LOG_TTL: Duration = Duration::from_secs(60);

/// The maximum time that an operation waits for a connection of the broker's own pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// The maximum number of connections of the broker's own pool, one of which listens for notifications.
const MAX_CONNECTIONS: u32 = 10;

/// A connection that was idle for this time is tested before it is used, because PostgreSQL may have closed it.
const TEST_AFTER_IDLE: Duration = Duration::from_secs(1);

/// The maximum number of rows of each kind that one statement of the maintenance changes.
const MAINTENANCE_BATCH: usize = 1_000;

/// The maximum number of statements of one maintenance that remove expired rows.
const MAX_PURGES: usize = 20;

/// A broker for several servers that share a PostgreSQL 14 or newer. Cloning is cheap.
///
/// Tables keep the messages, and `NOTIFY` wakes the servers, which read the new messages of all changed logs with one
/// statement. Every 2 seconds, a server compares its logs with the tables, so that a lost notification delays a message
/// but does not lose it. While PostgreSQL is unavailable, subscribers stay connected, and are notified.
///
/// A restart of PostgreSQL loses nothing. When a replica is promoted, or a dump is restored, logs start a new epoch, and
/// clients get a gap.
///
/// [`publish_in`](Self::publish_in) publishes a message in a transaction of the application.
///
/// The names of tables and functions begin with `mizan_channels_`. The broker needs a direct connection, or a pooler that
/// keeps a session for each connection, because others do not support `LISTEN`.
///
/// ```no_run
/// use mizan_channels::Channels;
/// use mizan_channels::broker::PostgresBroker;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), mizan_channels::broker::BrokerError> {
/// let broker = PostgresBroker::connect("postgres://user:password@localhost/app").await?;
/// let channels = Channels::new(broker.clone());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresBroker(Arc<BrokerInner>);

struct BrokerInner {
    state: Arc<PostgresState>,
    listener_task: JoinHandle<()>,
}

impl PostgresBroker {
    /// Connects to the database at `url` with a pool of at most 10 connections, and runs the migrations.
    ///
    /// To connect to another machine, enable one of the `tls-` features of `sqlx` in the application and add
    /// `?sslmode=verify-full` to the URL.
    ///
    /// # Errors
    ///
    /// Returns an error if the database cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, BrokerError> {
        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // A connection that is in use needs no round trip for a test.
            .test_before_acquire(false)
            .before_acquire(|connection, metadata| {
                Box::pin(async move {
                    if metadata.idle_for > TEST_AFTER_IDLE {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            });
        let pool = pool.connect(url).await.map_err(BrokerError::unsent)?;
        let broker = Self::new(pool);
        broker.migrate().await?;
        Ok(broker)
    }

    /// Creates a broker that uses an existing pool. Call [`migrate`](Self::migrate) to create the tables.
    ///
    /// The broker takes one connection of the pool to listen for notifications, and reconnects when it loses it.
    /// Operations wait for that connection during the first 3 seconds; after that, they fail while there is no connection.
    /// Set a short `acquire_timeout` of the pool. Call this within a tokio runtime.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        let statements = Statements::new("mizan_channels_");
        Self::start(pool, statements.expect("the default prefix is valid"))
    }

    /// Creates a broker whose tables and functions begin with `prefix` instead of `mizan_channels_`.
    ///
    /// # Errors
    ///
    /// Returns an error if the prefix does not begin with a lower-case letter, has characters other than lower-case
    /// letters, digits and `_`, or is longer than 32 bytes.
    pub fn with_prefix(pool: PgPool, prefix: &str) -> Result<Self, BrokerError> {
        let statements = Statements::new(prefix)
            .ok_or_else(|| BrokerError::unsent("invalid prefix for the names of tables"))?;
        Ok(Self::start(pool, statements))
    }

    fn start(pool: PgPool, statements: Statements) -> Self {
        let state = Arc::new(PostgresState::new(pool, statements));
        let listener_task = tokio::spawn(listener::run_reconnect_loop(Arc::clone(&state)));
        Self(Arc::new(BrokerInner {
            state,
            listener_task,
        }))
    }

    /// Creates or migrates the tables and functions, in the first schema of the search path. Several processes can call it
    /// concurrently.
    ///
    /// The migrations are recorded in the table `mizan_channels_migrations`.
    ///
    /// # Errors
    ///
    /// Returns an error if the database cannot be reached, or if a newer version created the tables.
    pub async fn migrate(&self) -> Result<(), BrokerError> {
        let state = &self.0.state;
        let migrated = state.statements.migrator().run(&state.pool).await;
        migrated.map_err(BrokerError::new)
    }

    /// Publishes a message to the subscribers of the group that `params` identify, in the transaction of `connection`.
    /// Subscribers receive it once the transaction is committed, and never if it is rolled back. The returned position is
    /// valid then.
    ///
    /// The connection has to be to the database of the broker, with its tables in the search path. Publish at the end of the
    /// transaction: other publishers of the group wait until it ends, and transactions that publish to several groups in
    /// different orders can deadlock, in which case PostgreSQL aborts one of them.
    ///
    /// ```no_run
    /// # use mizan_core::{Channel, Cx, Decision, channel};
    /// # #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// # struct Room {
    /// #     room: String,
    /// # }
    /// # struct Chat;
    /// # #[channel]
    /// # impl Channel for Chat {
    /// #     type Params = Room;
    /// #     type ServerMessage = String;
    /// #     const NAME: &'static str = "chat";
    /// #     async fn authorize(_: &Cx, _: &Room) -> Decision {
    /// #         Decision::Allow
    /// #     }
    /// #     fn group(params: &Room) -> String {
    /// #         params.room.clone()
    /// #     }
    /// # }
    /// use mizan_channels::broker::PostgresBroker;
    /// use sqlx::PgPool;
    ///
    /// async fn post(
    ///     pool: &PgPool,
    ///     broker: &PostgresBroker,
    ///     room: Room,
    ///     text: String,
    /// ) -> Result<(), Box<dyn std::error::Error>> {
    ///     let mut transaction = pool.begin().await?;
    ///     sqlx::query("INSERT INTO posts (room, text) VALUES ($1, $2)")
    ///         .bind(&room.room)
    ///         .bind(&text)
    ///         .execute(&mut *transaction)
    ///         .await?;
    ///     broker.publish_in::<Chat>(&mut transaction, &room, text).await?;
    ///     transaction.commit().await?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if PostgreSQL returns one, which aborts the transaction, or if the message cannot be encoded as JSON.
    pub async fn publish_in<C: Channel>(
        &self,
        connection: &mut PgConnection,
        params: &C::Params,
        message: C::ServerMessage,
    ) -> Result<Position, PublishError> {
        let (group, publication) = channel_publication::<C>(params, &message, None)?;
        let published = self.append_in(connection, &group, publication).await;
        metrics::counter!("mizan_channels_published_total", "channel" => C::NAME).increment(1);
        if !matches!(&published, Err(error) if error.is_unsent()) {
            dedup::note_publication();
        }
        published.map_err(PublishError::broker)
    }

    /// Appends a message to the log of `group`, in the transaction of `connection`, as
    /// [`publish_in`](Self::publish_in) does for a channel. An idempotency key of the publication commits with the
    /// transaction as well.
    ///
    /// # Errors
    ///
    /// Returns an error if PostgreSQL returns one, which aborts the transaction.
    pub async fn append_in(
        &self,
        connection: &mut PgConnection,
        group: &str,
        publication: Publication,
    ) -> Result<Position, BrokerError> {
        let state = &self.0.state;
        state.publish_in(connection, group, &publication).await
    }
}

impl Drop for BrokerInner {
    fn drop(&mut self) {
        self.listener_task.abort();
    }
}

impl fmt::Debug for PostgresBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresBroker")
            .field("notifications", &self.0.state.statements.notifications)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Broker for PostgresBroker {
    async fn publish(
        &self,
        group: &str,
        publication: Publication,
    ) -> Result<Position, BrokerError> {
        self.0.state.publish(group, &publication).await
    }

    async fn attach(
        &self,
        group: &str,
        retention: Retention,
        _: Option<&Position>,
        notifier: Notifier,
    ) -> Result<Box<dyn LogReader>, BrokerError> {
        let state = &self.0.state;
        state.check_connected().await?;
        let topic = state.topics.open(group, retention);
        state.register(&topic);
        let reader = topic.attach(retention, notifier);
        // The messages that were published before, by this server or another one, are in the log then.
        state.sync(&topic).await?;
        Ok(reader)
    }

    async fn enter(
        &self,
        group: &str,
        connection: &str,
        id: &str,
        info: Bytes,
    ) -> Result<(), BrokerError> {
        let key = PresenceKey::new(group, connection);
        self.0.state.presence.insert(key.clone(), id, info);
        self.sync_presence(key).await
    }

    async fn leave(&self, group: &str, connection: &str) -> Result<(), BrokerError> {
        let key = PresenceKey::new(group, connection);
        if self.0.state.presence.remove(&key) {
            self.sync_presence(key).await
        } else {
            Ok(())
        }
    }

    async fn members(&self, group: &str) -> Result<(Cursor, Bytes), BrokerError> {
        self.0.state.members(group).await
    }

    async fn maintain(&self) {
        let state = &self.0.state;
        let removed = state.topics.remove_idle(IDLE_LOG_TTL);
        state.unregister(&removed);
        if !state.is_connected() {
            return;
        }
        if let Err(error) = self.maintain_tables().await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "the maintenance of channels failed; it is repeated later"
            );
        }
    }
}

impl PostgresBroker {
    /// Makes the database equal to the presence in memory. The future may be dropped, but the change is made.
    async fn sync_presence(&self, key: PresenceKey) -> Result<(), BrokerError> {
        let state = Arc::clone(&self.0.state);
        let syncing = tokio::spawn(async move {
            state.check_connected().await?;
            state.sync_presence(&key).await
        });
        syncing.await.map_err(BrokerError::new)?
    }

    async fn maintain_tables(&self) -> Result<(), BrokerError> {
        let state = &self.0.state;
        state.maintain_presence().await?;
        let topics = state.topics.all().into_iter();
        let subscribed = topics.filter(|topic| topic.has_subscribers());
        let ids: Vec<_> = subscribed
            .map(|topic| LogId::of(topic.name()).as_bytes().to_vec())
            .collect();
        for ids in ids.chunks(MAINTENANCE_BATCH) {
            let keep = sqlx::query(state.statements.keep.sql());
            state.run(keep.bind(ids.to_vec())).await?;
        }
        for _ in 0..MAX_PURGES {
            let purge = sqlx::query(state.statements.purge.sql());
            let rows = state
                .run(purge.bind(signed(MAINTENANCE_BATCH as u64)))
                .await?;
            let has_more = rows
                .first()
                .is_some_and(|row| sqlx::Row::try_get(row, 0).unwrap_or(false));
            if !has_more {
                break;
            }
        }
        Ok(())
    }
}
