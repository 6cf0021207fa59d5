//! Type-erased channels.

use std::any::TypeId;
use std::fmt;
use std::future::{Future, ready};
use std::panic::{AssertUnwindSafe, Location};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use tracing::Instrument;

use super::Channel;
use super::types::{Never, Position, SlowConsumer};
use crate::cx::Cx;
use crate::error::Error;
use crate::function::{CallLimiter, Source};
use crate::invalidation::InvalidationObservers;
use crate::json;
use crate::limits::Limit;
use crate::manifest::{Decode, decode_error};
use crate::policy::IntoDecision;
use crate::state::StateKey;

type OptionalSchema = fn(&mut SchemaGenerator) -> Option<Schema>;
type DecodeSubscription = fn(&[u8]) -> Result<Arc<dyn DynSubscription>, Error>;

/// A registered channel, type-erased: its messages are JSON.
///
/// [`App::channel`](crate::App::channel) finds it by name.
#[derive(Clone)]
pub struct ChannelEntry {
    pub(crate) name: &'static str,
    /// The contract, empty until the registry has described the channel.
    pub(crate) contract: String,
    pub(crate) docs: &'static str,
    pub(crate) source: Option<Source>,
    pub(crate) registered_at: &'static Location<'static>,
    pub(crate) params: fn(&mut SchemaGenerator) -> Schema,
    pub(crate) client_message: OptionalSchema,
    pub(crate) outputs: [(&'static str, OptionalSchema); 4],
    /// Decode the params and a client's message, to find the keys of maps.
    pub(crate) decode_params: Decode,
    pub(crate) decode_client_message: Decode,
    has_snapshot: bool,
    has_presence: bool,
    history_len: usize,
    history_age: Duration,
    slow_consumer: SlowConsumer,
    reauthorize_interval: Duration,
    pub(crate) limits: &'static [Limit],
    pub(crate) required_state: fn() -> Vec<StateKey>,
    decode_subscription: DecodeSubscription,
}

impl ChannelEntry {
    pub(crate) fn of<C: Channel>(registered_at: &'static Location<'static>) -> Self {
        Self {
            name: C::NAME,
            contract: String::new(),
            docs: C::DOCS,
            source: C::SOURCE,
            registered_at,
            params: <C::Params as JsonSchema>::json_schema,
            client_message: schema_unless_never::<C::ClientMessage>,
            outputs: [
                ("server_message", schema_unless_never::<C::ServerMessage>),
                ("reply", schema_unless_never::<C::Reply>),
                ("snapshot", schema_unless_never::<C::Snapshot>),
                ("member", schema_unless_never::<C::Member>),
            ],
            decode_params: decode_error::<C::Params>,
            decode_client_message: decode_error::<C::ClientMessage>,
            has_snapshot: !is_never::<C::Snapshot>(),
            has_presence: !is_never::<C::Member>(),
            history_len: C::HISTORY_LEN,
            history_age: C::HISTORY_AGE,
            slow_consumer: C::SLOW_CONSUMER,
            reauthorize_interval: C::REAUTHORIZE_INTERVAL,
            limits: C::LIMITS,
            required_state: C::required_state,
            decode_subscription: |params| {
                let params = json::decode_input::<C::Params>(params)?;
                Ok(Arc::new(Subscription::<C>(params)))
            },
        }
    }

    /// Returns the name that clients subscribe to.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns `true` if the channel has snapshots.
    #[must_use]
    pub fn has_snapshot(&self) -> bool {
        self.has_snapshot
    }

    /// Returns `true` if the channel has presence: subscribers can see the members of their group.
    #[must_use]
    pub fn has_presence(&self) -> bool {
        self.has_presence
    }

    /// Returns the maximum number of messages in the log of a group.
    #[must_use]
    pub fn history_len(&self) -> usize {
        self.history_len
    }

    /// Returns the time after which messages expire from the log of a group.
    #[must_use]
    pub fn history_age(&self) -> Duration {
        self.history_age
    }

    /// Returns the reaction to a subscriber that reads too slowly.
    #[must_use]
    pub fn slow_consumer(&self) -> SlowConsumer {
        self.slow_consumer
    }

    /// Returns the interval at which subscribers are authorized again.
    #[must_use]
    pub fn reauthorize_interval(&self) -> Duration {
        self.reauthorize_interval
    }

    /// Decodes the params of a subscription. Empty bytes mean no params.
    ///
    /// This does not authorize the subscription; see [`DynSubscription::authorize`].
    ///
    /// # Errors
    ///
    /// Returns an error if the params are malformed or invalid.
    pub fn subscription(&self, params: &[u8]) -> Result<Arc<dyn DynSubscription>, Error> {
        (self.decode_subscription)(params)
    }

    /// Returns the source location of the channel, or of its registration.
    pub(crate) fn location(&self) -> String {
        match self.source {
            Some(source) => source.to_string(),
            None => self.registered_at.to_string(),
        }
    }
}

impl fmt::Debug for ChannelEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChannelEntry({}, {})", self.name, self.location())
    }
}

/// A type-erased channel with the params of one subscriber.
///
/// Panics in the channel's code are caught, and internal errors are logged.
pub trait DynSubscription: Send + Sync {
    /// Returns the name of the subscriber's group.
    fn group(&self) -> String;

    /// Checks whether the subscriber is authorized.
    fn authorize(self: Arc<Self>, cx: Cx) -> BoxFuture<'static, Result<(), Error>>;

    /// Returns the snapshot as JSON, and its position if the channel knows it.
    fn snapshot(self: Arc<Self>, cx: Cx) -> BoxFuture<'static, SnapshotReply>;

    /// Returns the member's id, and, as JSON, the information that other subscribers see.
    fn member(
        self: Arc<Self>,
        cx: Cx,
    ) -> BoxFuture<'static, Result<Option<(String, Bytes)>, Error>>;

    /// Checks the rate limits of a client's message, before [`receive`](Self::receive).
    fn check_limits<'a>(&'a self, cx: &'a Cx) -> BoxFuture<'a, Result<(), Error>>;

    /// Handles a client's message and returns the reply, both as JSON.
    fn receive(self: Arc<Self>, cx: Cx, message: Bytes)
    -> BoxFuture<'static, Result<Bytes, Error>>;
}

/// A snapshot as JSON, with its position if the channel knows it.
pub type SnapshotReply = Result<Option<(Bytes, Option<Position>)>, Error>;

struct Subscription<C: Channel>(C::Params);

impl<C: Channel> DynSubscription for Subscription<C> {
    fn group(&self) -> String {
        C::group(&self.0)
    }

    fn authorize(self: Arc<Self>, cx: Cx) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(observe::<C, _>("authorize", async move {
            let decision = C::authorize(&cx, &self.0).await.into_decision()?;
            decision.into_result(cx.principal())
        }))
    }

    fn snapshot(self: Arc<Self>, cx: Cx) -> BoxFuture<'static, SnapshotReply> {
        Box::pin(observe::<C, _>("snapshot", async move {
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
        Box::pin(observe::<C, _>("member", async move {
            let Some(member) = C::member(&cx, &self.0).await? else {
                return Ok(None);
            };
            Ok(Some((member.id.into_owned(), encode(&member.info)?)))
        }))
    }

    fn check_limits<'a>(&'a self, cx: &'a Cx) -> BoxFuture<'a, Result<(), Error>> {
        if C::LIMITS.is_empty() {
            return Box::pin(ready(Ok(())));
        }
        Box::pin(async {
            // A function may have the same name.
            let name = format!("channel {}", C::NAME);
            let checked = CallLimiter::check_caller(cx, &name, C::LIMITS).await;
            checked.map_err(|error| error.logged(C::NAME))
        })
    }

    fn receive(
        self: Arc<Self>,
        cx: Cx,
        message: Bytes,
    ) -> BoxFuture<'static, Result<Bytes, Error>> {
        Box::pin(observe::<C, _>("receive", async move {
            let message = json::decode_message(&message)?;
            let reply = C::receive(&cx, &self.0, message).await;
            let affects = cx.take_reply_head().affects;
            let published = InvalidationObservers::notify_in(cx.shared_state(), &affects);
            if let Some(published) = published {
                // The publisher logs its errors, and publishes the invalidations later.
                let _ = published.await;
            }
            let background = cx.take_background(reply.is_ok());
            background.run_to_end(C::NAME).await;
            encode(&reply?)
        }))
    }
}

fn encode<T: serde::Serialize>(value: &T) -> Result<Bytes, Error> {
    Ok(Bytes::from(json::encode_json(value)?))
}

/// Runs code of a channel in a span. Catches panics, and logs internal errors.
///
/// The span begins a trace, because a connection lives longer than a trace should.
async fn observe<C: Channel, T>(
    operation: &'static str,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let span = tracing::info_span!(
        target: "mizan::channel",
        parent: None,
        "mizan.channel",
        otel.name = C::NAME,
        otel.kind = if operation == "receive" { "consumer" } else { "internal" },
        messaging.system = "mizan",
        messaging.destination.name = C::NAME,
        mizan.operation = operation,
        error.r#type = tracing::field::Empty,
    );
    let observed = async {
        let outcome = AssertUnwindSafe(work).catch_unwind().await;
        outcome
            .unwrap_or_else(|panic| Err(Error::from_panic(&*panic)))
            .map_err(|error| error.logged(C::NAME))
    };
    let outcome = observed.instrument(span.clone()).await;
    if let Err(error) = &outcome {
        span.record("error.type", error.code());
    }
    outcome
}

fn schema_unless_never<T: JsonSchema + 'static>(schemas: &mut SchemaGenerator) -> Option<Schema> {
    (!is_never::<T>()).then(|| schemas.subschema_for::<T>())
}

fn is_never<T: 'static>() -> bool {
    TypeId::of::<T>() == TypeId::of::<Never>()
}
