use std::error::Error as StdError;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use mizan_core::channel::Position;
use mizan_core::{App, Channel, Cx};
use slab::Slab;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::broker::feed::{Mailbox, Signal};
use crate::broker::{Broker, BrokerError, Publication, Retention};
use crate::calls::Calls;
use crate::close::{Close, CloseCode};
use crate::connection::Connection;
use crate::identify::Identify;
use crate::jitter::part_of;
use crate::keeper::{self, CONTROL, Revocation};
use crate::lock::lock;
use crate::once;
use crate::session::{Limits, Settings};
use crate::transport::Transport;

/// The channels of an application at work: publishes, serves connections, ends them. Cloning is cheap.
///
/// It is made before the app, so that it can be among the app's state; then every function publishes
/// with [`cx.channels()`](ChannelsExt::channels).
///
/// ```
/// use mizan_channels::{Channels, ChannelsExt, MemoryBroker};
/// # use mizan_core::{BuildError, Registry};
///
/// let channels = Channels::new(MemoryBroker::new());
/// let app = Registry::new().state(channels).build()?;
/// assert_eq!(app.channels().connections(), 0);
/// # Ok::<(), BuildError>(())
/// ```
#[derive(Clone)]
pub struct Channels(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) limits: Limits,
    pub(crate) calls: Calls,
    settings: OnceLock<Arc<Settings>>,
    connections: Mutex<Slab<Known>>,
    is_draining: AtomicBool,
    left: Notify,
    keeper: Mutex<Option<JoinHandle<()>>>,
}

/// A connection that is open.
struct Known {
    user: Option<Arc<str>>,
    session: Option<Arc<str>>,
    mailbox: Arc<Mailbox>,
}

impl Channels {
    /// Channels on this broker, with the default limits.
    pub fn new(broker: impl Broker) -> Self {
        Self::with_limits(broker, Limits::default())
    }

    /// Channels with other limits.
    pub fn with_limits(broker: impl Broker, limits: Limits) -> Self {
        Self(Arc::new(Shared {
            broker: Arc::new(broker),
            calls: Calls::new(&limits),
            limits,
            settings: OnceLock::new(),
            connections: Mutex::default(),
            is_draining: AtomicBool::new(false),
            left: Notify::new(),
            keeper: Mutex::default(),
        }))
    }

    /// The limits of each connection.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// How many connections this server has.
    #[must_use]
    pub fn connections(&self) -> usize {
        lock(&self.0.connections).len()
    }

    /// Publishes to all who have subscribed to the group that `params` name, on every server. Answers
    /// with the message's position, once the broker has it.
    ///
    /// # Errors
    ///
    /// The broker cannot be reached, or the message has no JSON. Where it is not known whether the message was
    /// published, [`PublishError::may_have_happened`] says so; [`publish_once`](Self::publish_once) can be
    /// tried again.
    pub async fn publish<C: Channel>(
        &self,
        params: &C::Params,
        message: C::ServerMessage,
    ) -> Result<Position, PublishError> {
        self.add::<C>(params, &message, None).await
    }

    /// Publishes, unless that was done with the same `key` in the last 5 minutes: then it answers with the
    /// position of that message.
    ///
    /// # Errors
    ///
    /// As for [`publish`](Self::publish).
    pub async fn publish_once<C: Channel>(
        &self,
        key: impl Into<String>,
        params: &C::Params,
        message: C::ServerMessage,
    ) -> Result<Position, PublishError> {
        self.add::<C>(params, &message, Some(key.into())).await
    }

    async fn add<C: Channel>(
        &self,
        params: &C::Params,
        message: &C::ServerMessage,
        key: Option<String>,
    ) -> Result<Position, PublishError> {
        let data = Bytes::from(serde_json::to_vec(message).map_err(PublishError::new)?);
        let publication = Publication {
            data,
            key,
            retention: Retention {
                messages: C::HISTORY_LEN,
                age: C::HISTORY_AGE,
            },
        };
        let group = group(C::NAME, &C::group(params));
        let position = self.0.broker.publish(&group, publication).await;
        metrics::counter!("mizan_channels_published_total", "channel" => C::NAME).increment(1);
        if !matches!(&position, Err(error) if error.is_unsent()) {
            once::note_publication();
        }
        position.map_err(PublishError::of_broker)
    }

    /// Closes every connection that came with the session of this id, at once here and within a moment
    /// on other servers. Sessions are what [`Identity::in_session`](mizan_core::Identity::in_session) says.
    ///
    /// # Errors
    ///
    /// The broker cannot be reached: connections of this server are closed, those of others may not be
    /// before they are authorized again.
    pub async fn revoke_session(&self, id: &str) -> Result<(), PublishError> {
        self.revoke(Revocation::Session(id.to_owned())).await
    }

    /// Closes every connection of a user, as [`revoke_session`](Self::revoke_session) does.
    ///
    /// # Errors
    ///
    /// As for [`revoke_session`](Self::revoke_session).
    pub async fn revoke_user(&self, id: &str) -> Result<(), PublishError> {
        self.revoke(Revocation::User(id.to_owned())).await
    }

    async fn revoke(&self, revocation: Revocation) -> Result<(), PublishError> {
        self.0.end(&revocation);
        let data = serde_json::to_vec(&revocation).map_err(PublishError::new)?;
        let publication = Publication {
            data: data.into(),
            key: None,
            retention: Retention::default(),
        };
        let told = self.0.broker.publish(CONTROL, publication).await;
        told.map(|_| ()).map_err(PublishError::of_broker)
    }

    /// Whether another connection can be taken; why not, where it cannot.
    ///
    /// # Errors
    ///
    /// The server stops, or has as many connections as it takes.
    pub fn admit(&self) -> Result<(), Close> {
        if self.0.is_draining.load(Ordering::Relaxed) {
            let reason = "the server stops; connect anew";
            return Err(Close::new(CloseCode::Restart, reason));
        }
        if self.connections() >= self.0.limits.connections {
            return Err(Close::new(CloseCode::Busy, "too many connections"));
        }
        Ok(())
    }

    /// Serves a connection to its end. `app` is what has the channels, and `client` who is at the other
    /// end. Spawn what it returns as a task of its own.
    pub fn serve<T: Transport, I: Identify>(
        &self,
        app: &App,
        transport: T,
        client: I,
    ) -> impl Future<Output = ()> + Send + use<T, I> {
        keeper::start(&self.0, &mut lock(&self.0.keeper));
        Connection::new(
            Arc::clone(&self.0),
            self.settings(app),
            app.clone(),
            transport,
            Arc::new(client),
        )
    }

    /// What sessions are told: shared by all of an app.
    fn settings(&self, app: &App) -> Arc<Settings> {
        let contract = app.manifest().contract();
        let new = || {
            Arc::new(Settings {
                limits: self.0.limits.clone(),
                contract: contract.to_owned(),
            })
        };
        let settings = self.0.settings.get_or_init(new);
        if settings.contract == contract {
            Arc::clone(settings)
        } else {
            new()
        }
    }

    /// Sends the clients to other servers, spread over `window`, and waits until they are gone: before the
    /// program ends, so that a deploy is not a stampede. New connections are refused meanwhile.
    pub async fn drain(&self, window: Duration) {
        self.0.is_draining.store(true, Ordering::Relaxed);
        let mailboxes = self.0.mailboxes();
        for mailbox in mailboxes {
            mailbox.signal(Signal::Drain(part_of(window)));
        }
        let emptied = async {
            loop {
                let left = self.0.left.notified();
                if self.connections() == 0 {
                    return;
                }
                left.await;
            }
        };
        // A closing handshake may take its time as well.
        let grace = Duration::from_secs(6);
        if tokio::time::timeout(window + grace, emptied).await.is_err() {
            tracing::warn!(
                connections = self.connections(),
                "clients did not leave in time"
            );
        }
    }
}

impl Shared {
    pub(crate) fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Relaxed)
    }

    /// Notes a connection that begins.
    pub(crate) fn enter(&self, mailbox: Arc<Mailbox>) -> usize {
        metrics::gauge!("mizan_channels_connections").increment(1.0);
        // One that was accepted just before the server began to stop.
        if self.is_draining.load(Ordering::Relaxed) {
            mailbox.signal(Signal::Drain(Duration::ZERO));
        }
        lock(&self.connections).insert(Known {
            user: None,
            session: None,
            mailbox,
        })
    }

    pub(crate) fn know(&self, place: usize, user: Option<Arc<str>>, session: Option<Arc<str>>) {
        if let Some(known) = lock(&self.connections).get_mut(place) {
            known.user = user;
            known.session = session;
        }
    }

    pub(crate) fn leave(&self, place: usize) {
        metrics::gauge!("mizan_channels_connections").decrement(1.0);
        let mut connections = lock(&self.connections);
        connections.try_remove(place);
        if connections.is_empty() {
            connections.shrink_to_fit();
            self.left.notify_waiters();
        }
    }

    pub(crate) fn mailboxes(&self) -> Vec<Arc<Mailbox>> {
        let connections = lock(&self.connections);
        let known = connections.iter();
        known.map(|(_, known)| Arc::clone(&known.mailbox)).collect()
    }

    /// Ends the connections of this server that a revocation means.
    pub(crate) fn end(&self, revocation: &Revocation) {
        for (_, known) in &*lock(&self.connections) {
            let (theirs, id) = match revocation {
                Revocation::Session(id) => (&known.session, id),
                Revocation::User(id) => (&known.user, id),
            };
            if theirs.as_deref() == Some(id) {
                known.mailbox.signal(Signal::Revoked);
            }
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(keeper) = lock(&self.keeper).take() {
            keeper.abort();
        }
    }
}

impl fmt::Debug for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channels")
            .field("connections", &self.connections())
            .finish_non_exhaustive()
    }
}

/// The name under which the broker knows a group of a channel.
pub(crate) fn group(channel: &str, group: &str) -> String {
    format!("{channel}:{group}")
}

/// Finds the [`Channels`] among an app's state.
pub trait ChannelsExt {
    /// The channels of the application.
    ///
    /// # Panics
    ///
    /// Where the registry was not given them: `.state(channels)`.
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

/// The error of a message that was not published, as far as is known.
#[derive(Debug)]
pub struct PublishError {
    source: Box<dyn StdError + Send + Sync>,
    may_have_happened: bool,
}

impl PublishError {
    /// The message has no JSON.
    fn new(source: serde_json::Error) -> Self {
        Self {
            source: Box::new(source),
            may_have_happened: false,
        }
    }

    fn of_broker(source: BrokerError) -> Self {
        Self {
            may_have_happened: !source.is_unsent(),
            source: Box::new(source),
        }
    }

    /// Returns whether the message may have been published all the same.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        self.may_have_happened
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the message was not published, as far as is known")
    }
}

impl StdError for PublishError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
