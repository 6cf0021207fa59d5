//! The channels of an application.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mizan_core::adapter::{InvalidationPublisher, Published, encode_json};
use mizan_core::channel::Position;
use mizan_core::{App, Channel, Cx, Invalidation};

use tracing::Instrument as _;

use crate::backoff::random_up_to;
use crate::broker::{Broker, BrokerError, Notification, Publication};
use crate::connection::Connection;
use crate::control::{self, CONTROL_GROUP};
use crate::dedup;
use crate::error::PublishError;
use crate::limits::ConnectionLimits;
use crate::live;
use crate::server::{ControlMessage, ServerState, channel_publication};
use crate::transport::{AuthenticateConnection, Close, CloseCode, Transport};

/// The time after the drain window in which connections have to close, including their closing handshake.
const DRAIN_GRACE: Duration = Duration::from_secs(6);

/// The channels of an application: publishes messages, and serves connections. Cloning is cheap.
///
/// Create it before the app, and add it to the app's state. Functions then publish with
/// [`cx.channels()`](ChannelsExt::channels).
///
/// ```
/// use mizan_channels::broker::MemoryBroker;
/// use mizan_channels::{Channels, ChannelsExt};
/// use mizan_core::Registry;
///
/// # fn main() -> Result<(), mizan_core::BuildError> {
/// let channels = Channels::new(MemoryBroker::new());
/// let app = Registry::new().state(channels).build()?;
/// assert_eq!(app.channels().connection_count(), 0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Channels(Arc<ServerState>);

impl Channels {
    /// Creates channels on a broker, with the default limits.
    pub fn new(broker: impl Broker) -> Self {
        Self::with_limits(broker, ConnectionLimits::default())
    }

    /// Creates channels with other limits.
    pub fn with_limits(broker: impl Broker, limits: ConnectionLimits) -> Self {
        Self(Arc::new(ServerState::new(broker, limits)))
    }

    /// Returns the limits of connections.
    #[must_use]
    pub fn limits(&self) -> &ConnectionLimits {
        &self.0.limits
    }

    /// Returns the broker, for logs other than those of channels, such as those of resumable streams.
    ///
    /// The server maintains it from then on. Names of groups begin with the name of their owner and `:`.
    #[must_use]
    pub fn broker(&self) -> Arc<dyn Broker> {
        control::start(&self.0);
        Arc::clone(&self.0.broker)
    }

    /// Returns the number of open connections of this server.
    #[must_use]
    pub fn connection_count(&self) -> usize {
        self.0.connection_count()
    }

    /// Publishes a message to the subscribers of the group that `params` identify, on all servers. Returns the position
    /// of the message once the broker has stored it.
    ///
    /// ```
    /// # use mizan_channels::Channels;
    /// # use mizan_channels::broker::MemoryBroker;
    /// # use mizan_core::{Channel, Cx, Decision, channel};
    /// # #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// # struct Ticker {
    /// #     symbol: String,
    /// # }
    /// # struct Prices;
    /// # #[channel]
    /// # impl Channel for Prices {
    /// #     type Params = Ticker;
    /// #     type ServerMessage = f64;
    /// #     const NAME: &'static str = "prices";
    /// #     async fn authorize(_: &Cx, _: &Ticker) -> Decision {
    /// #         Decision::Allow
    /// #     }
    /// #     fn group(params: &Ticker) -> String {
    /// #         params.symbol.clone()
    /// #     }
    /// # }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let channels = Channels::new(MemoryBroker::new());
    /// let ticker = Ticker { symbol: "ACME".to_owned() };
    /// let first = channels.publish::<Prices>(&ticker, 17.25).await?;
    /// let second = channels.publish::<Prices>(&ticker, 17.5).await?;
    /// assert!(first.offset < second.offset);
    /// # Ok::<(), mizan_channels::PublishError>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the broker is unavailable, or if the message cannot be encoded as JSON. If
    /// [`PublishError::may_have_happened`] is true, the message may still have been published; use
    /// [`publish_once`](Self::publish_once) for messages that you retry.
    pub async fn publish<C: Channel>(
        &self,
        params: &C::Params,
        message: C::ServerMessage,
    ) -> Result<Position, PublishError> {
        self.publish_with::<C>(params, &message, None).await
    }

    /// Publishes a message, unless one with the same `key` was published in the last 5 minutes. Returns the position
    /// of the message that was published with the key.
    ///
    /// # Errors
    ///
    /// Returns an error in the same cases as [`publish`](Self::publish).
    pub async fn publish_once<C: Channel>(
        &self,
        key: impl Into<String>,
        params: &C::Params,
        message: C::ServerMessage,
    ) -> Result<Position, PublishError> {
        self.publish_with::<C>(params, &message, Some(key.into()))
            .await
    }

    async fn publish_with<C: Channel>(
        &self,
        params: &C::Params,
        message: &C::ServerMessage,
        key: Option<String>,
    ) -> Result<Position, PublishError> {
        let (group, publication) = channel_publication::<C>(params, message, key)?;
        let span = tracing::info_span!(
            target: "mizan::channel",
            "mizan.publish",
            otel.kind = "producer",
            messaging.system = "mizan",
            messaging.destination.name = C::NAME,
        );
        let publishing = self.0.broker.publish(&group, publication);
        let position = publishing.instrument(span).await;
        metrics::counter!("mizan_channels_published_total", "channel" => C::NAME).increment(1);
        if !matches!(&position, Err(error) if error.is_unsent()) {
            dedup::note_publication();
        }
        position.map_err(PublishError::broker)
    }

    /// Returns the position in the log of invalidations up to which a query that starts now sees all changes.
    ///
    /// A client that subscribes to a live query with it misses no change of the result. `None` shortly after the
    /// start of the process, and while the broker is unavailable.
    #[must_use]
    pub fn live_position(&self) -> Option<Position> {
        live::position(&self.0.live)
    }

    /// Closes all connections of a login session: on this server at once, and on other servers within moments.
    /// [`Identity::in_session`](mizan_core::Identity::in_session) sets the session of a connection.
    ///
    /// # Errors
    ///
    /// Returns an error if the broker is unavailable. The connections of this server are closed even then; those of
    /// other servers may stay open until they are authorized again.
    pub async fn revoke_session(&self, id: &str) -> Result<(), PublishError> {
        self.notify_servers(ControlMessage::SessionRevoked(id.to_owned()))
            .await
    }

    /// Closes all connections of a user, in the same way as [`revoke_session`](Self::revoke_session).
    ///
    /// # Errors
    ///
    /// Returns an error in the same cases as [`revoke_session`](Self::revoke_session).
    pub async fn revoke_user(&self, id: &str) -> Result<(), PublishError> {
        self.notify_servers(ControlMessage::UserRevoked(id.to_owned()))
            .await
    }

    /// Reports that the groups or permissions of a user have changed, on all servers.
    ///
    /// The connections of the user are authenticated again, with their new permissions. Subscriptions that the user
    /// may no longer have end, and the client requests those again that were refused.
    ///
    /// Call it after each change that is not made by the user, for example in a function with which staff adds members
    /// to a room. After a mutation of the user with `affects`, the generated client requests refused channels again by
    /// itself.
    ///
    /// ```
    /// use mizan_channels::ChannelsExt;
    /// use mizan_core::{Cx, Error, client};
    ///
    /// # async fn insert_member(_: &str, _: &str) -> Result<(), Error> { Ok(()) }
    /// #[client(auth = "staff")]
    /// async fn add_member(cx: &Cx, room: String, user: String) -> Result<(), Error> {
    ///     insert_member(&room, &user).await?;
    ///     cx.channels().permissions_changed(&user).await?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the broker is unavailable. The connections of this server are notified even then; those of
    /// other servers notice the change when they are authorized again.
    pub async fn permissions_changed(&self, user_id: &str) -> Result<(), PublishError> {
        self.notify_servers(ControlMessage::PermissionsChanged(user_id.to_owned()))
            .await
    }

    async fn notify_servers(&self, message: ControlMessage) -> Result<(), PublishError> {
        self.0.apply(&message);
        let message = encode_json(&message).map_err(PublishError::encoding)?;
        let publication = Publication::new(message);
        let published = self.0.broker.publish(CONTROL_GROUP, publication).await;
        published.map(|_| ()).map_err(PublishError::broker)
    }

    /// Checks whether the server accepts another connection. Call it before [`serve`](Self::serve).
    ///
    /// # Errors
    ///
    /// Returns the close code and reason if the server is shutting down, or has reached its connection limit.
    pub fn admit(&self) -> Result<(), Close> {
        if self.0.is_draining() {
            let reason = "the server is shutting down; reconnect";
            return Err(Close::new(CloseCode::ServiceRestart, reason));
        }
        if self.connection_count() >= self.0.limits.max_connections {
            return Err(Close::new(
                CloseCode::TooManyConnections,
                "too many connections",
            ));
        }
        Ok(())
    }

    /// Serves a connection until it ends. Spawn the returned future as a task.
    ///
    /// `app` contains the channels, and `authenticate` authenticates the client.
    pub fn serve<T: Transport, A: AuthenticateConnection>(
        &self,
        app: &App,
        transport: T,
        authenticate: A,
    ) -> impl Future<Output = ()> + Send + use<T, A> {
        control::start(&self.0);
        Connection::new(
            Arc::clone(&self.0),
            Arc::clone(&self.0.settings),
            app.clone(),
            transport,
            Arc::new(authenticate),
        )
    }

    /// Checks that the broker is available. Use it in a readiness probe.
    ///
    /// # Errors
    ///
    /// Returns the error of the broker.
    pub async fn check(&self) -> Result<(), BrokerError> {
        self.0.broker.members(CONTROL_GROUP).await.map(drop)
    }

    /// Asks all clients to reconnect to another server, each at a random time within `window`, and waits until they
    /// have disconnected. New connections are refused meanwhile.
    ///
    /// Call it before the program exits, so that the clients of a deployment do not reconnect all at once.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use mizan_channels::Channels;
    /// use mizan_channels::broker::MemoryBroker;
    ///
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let channels = Channels::new(MemoryBroker::new());
    /// channels.drain(Duration::from_secs(30)).await;
    /// assert!(channels.admit().is_err());
    /// # });
    /// ```
    pub async fn drain(&self, window: Duration) {
        self.0.start_draining();
        self.0
            .notify_all(|| Notification::Drain(random_up_to(window)));
        let disconnected = self.0.wait_until_disconnected();
        if tokio::time::timeout(window + DRAIN_GRACE, disconnected)
            .await
            .is_err()
        {
            tracing::warn!(
                connections = self.connection_count(),
                "draining timed out; some clients are still connected"
            );
        }
    }
}

impl InvalidationPublisher for Channels {
    fn publish(&self, invalidations: Vec<Invalidation>) -> Published {
        control::start(&self.0);
        self.0.live.publish(&invalidations)
    }
}

impl fmt::Debug for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channels")
            .field("connections", &self.connection_count())
            .finish_non_exhaustive()
    }
}

/// Access to the [`Channels`] in an app's state.
pub trait ChannelsExt {
    /// Returns the channels of the application.
    ///
    /// # Panics
    ///
    /// Panics if the registry was not given the channels with `.state(channels)`.
    fn channels(&self) -> &Channels;
}

impl ChannelsExt for App {
    fn channels(&self) -> &Channels {
        let channels = self.state();
        channels.expect("the registry was given its channels with `.state(channels)`")
    }
}

impl ChannelsExt for Cx {
    fn channels(&self) -> &Channels {
        self.state()
    }
}
