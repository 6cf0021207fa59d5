//! A registered channel, whatever its types: JSON in, JSON out.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, Location};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use schemars::{Schema, SchemaGenerator};

use crate::channel::{is_something, schema_of};
use crate::{Channel, Cx, Error, Position, SlowConsumer, Source, json};

type MaybeSchema = fn(&mut SchemaGenerator) -> Option<Schema>;
type Join = fn(&[u8]) -> Result<Arc<dyn Joined>, Error>;

/// A registered channel, whatever its types.
#[derive(Clone)]
pub struct ChannelEntry {
    pub(crate) name: &'static str,
    pub(crate) docs: &'static str,
    pub(crate) source: Option<Source>,
    pub(crate) registered_at: &'static Location<'static>,
    pub(crate) params: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) client_message: MaybeSchema,
    pub(crate) outputs: [(&'static str, MaybeSchema); 4],
    has_snapshot: bool,
    has_presence: bool,
    history: usize,
    history_age: Duration,
    slow_consumer: SlowConsumer,
    reauthorize: Duration,
    join: Join,
}

impl ChannelEntry {
    pub(crate) fn of<C: Channel>(registered_at: &'static Location<'static>) -> Self {
        Self {
            name: C::NAME,
            docs: C::DOCS,
            source: C::SOURCE,
            registered_at,
            params: <C::Params as schemars::JsonSchema>::json_schema,
            client_message: schema_of::<C::ClientMessage>,
            outputs: [
                ("server_message", schema_of::<C::ServerMessage>),
                ("reply", schema_of::<C::Reply>),
                ("snapshot", schema_of::<C::Snapshot>),
                ("member", schema_of::<C::Member>),
            ],
            has_snapshot: is_something::<C::Snapshot>(),
            has_presence: is_something::<C::Member>(),
            history: C::HISTORY,
            history_age: C::HISTORY_AGE,
            slow_consumer: C::SLOW_CONSUMER,
            reauthorize: C::REAUTHORIZE,
            join: |params| {
                let params = json::decode::<C::Params>(params)?;
                Ok(Arc::new(Subscriber::<C>(params)))
            },
        }
    }

    /// What clients call the channel.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether subscribers may begin with a snapshot.
    #[must_use]
    pub fn has_snapshot(&self) -> bool {
        self.has_snapshot
    }

    /// Whether subscribers may see who is there.
    #[must_use]
    pub fn has_presence(&self) -> bool {
        self.has_presence
    }

    /// How many messages of a group are kept.
    #[must_use]
    pub fn history(&self) -> usize {
        self.history
    }

    /// How long messages are kept.
    #[must_use]
    pub fn history_age(&self) -> Duration {
        self.history_age
    }

    /// What a slow subscriber gets.
    #[must_use]
    pub fn slow_consumer(&self) -> SlowConsumer {
        self.slow_consumer
    }

    /// How often subscribers are authorized again.
    #[must_use]
    pub fn reauthorize(&self) -> Duration {
        self.reauthorize
    }

    /// Takes a client's params; no bytes at all stand for none. Nothing is allowed yet.
    ///
    /// # Errors
    ///
    /// Params that are malformed or refused, with their fields.
    pub fn join(&self, params: &[u8]) -> Result<Arc<dyn Joined>, Error> {
        (self.join)(params)
    }

    /// Where the channel is written, or else where it was registered.
    pub(crate) fn place(&self) -> String {
        match self.source {
            Some(source) => source.to_string(),
            None => self.registered_at.to_string(),
        }
    }
}

impl fmt::Debug for ChannelEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChannelEntry({}, {})", self.name, self.place())
    }
}

/// A channel with the params of one subscriber. What the channel's code does runs to an answer:
/// panics are caught, and internal errors logged.
pub trait Joined: Send + Sync {
    /// The group that the params name.
    fn group(&self) -> String;

    /// Asks whether the subscriber may be here.
    fn authorize(self: Arc<Self>, cx: Cx) -> BoxFuture<'static, Result<(), Error>>;

    /// The state of things as JSON, and its position where the channel knows it.
    fn snapshot(self: Arc<Self>, cx: Cx) -> BoxFuture<'static, SnapshotReply>;

    /// The subscriber's id, and as JSON what the others see.
    fn member(
        self: Arc<Self>,
        cx: Cx,
    ) -> BoxFuture<'static, Result<Option<(String, Bytes)>, Error>>;

    /// Hands a client's message over; the reply as JSON.
    fn receive(self: Arc<Self>, cx: Cx, message: Bytes)
    -> BoxFuture<'static, Result<Bytes, Error>>;
}

/// A snapshot as JSON, with its position where the channel knows it.
pub type SnapshotReply = Result<Option<(Bytes, Option<Position>)>, Error>;

struct Subscriber<C: Channel>(C::Params);

impl<C: Channel> Joined for Subscriber<C> {
    fn group(&self) -> String {
        C::group(&self.0)
    }

    fn authorize(self: Arc<Self>, cx: Cx) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(answer::<C, _>(async move {
            let decision = C::authorize(&cx, &self.0).await;
            decision.enforce(cx.principal())
        }))
    }

    fn snapshot(self: Arc<Self>, cx: Cx) -> BoxFuture<'static, SnapshotReply> {
        Box::pin(answer::<C, _>(async move {
            let Some(snapshot) = C::snapshot(&cx, &self.0).await? else {
                return Ok(None);
            };
            Ok(Some((encode(&snapshot.data)?, snapshot.position)))
        }))
    }

    fn member(
        self: Arc<Self>,
        cx: Cx,
    ) -> BoxFuture<'static, Result<Option<(String, Bytes)>, Error>> {
        Box::pin(answer::<C, _>(async move {
            let Some(member) = C::member(&cx, &self.0).await? else {
                return Ok(None);
            };
            Ok(Some((member.id.into_owned(), encode(&member.info)?)))
        }))
    }

    fn receive(
        self: Arc<Self>,
        cx: Cx,
        message: Bytes,
    ) -> BoxFuture<'static, Result<Bytes, Error>> {
        Box::pin(answer::<C, _>(async move {
            let message = json::decode_any(&message)?;
            encode(&C::receive(&cx, &self.0, message).await?)
        }))
    }
}

fn encode<T: serde::Serialize>(value: &T) -> Result<Bytes, Error> {
    Ok(Bytes::from(serde_json::to_vec(value)?))
}

async fn answer<C: Channel, T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let outcome = AssertUnwindSafe(work).catch_unwind().await;
    let result = outcome.unwrap_or_else(|panic| Err(crate::dispatch::panicked(&*panic)));
    result.map_err(|error| error.logged(C::NAME))
}
