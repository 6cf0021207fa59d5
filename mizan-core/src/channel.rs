use std::any::TypeId;
use std::borrow::Cow;
use std::fmt;
use std::future::{Future, ready};
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::{Cx, Decision, Error, ErrorCode, Input, Output, Source};

/// Messages that clients subscribe to, and may answer.
///
/// The trait says what a channel is; `mizan-channels` runs it.
///
/// ```
/// use mizan_core::{Channel, Cx, Decision, Nothing};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Ticker {
///     symbol: String,
/// }
///
/// struct Prices;
///
/// impl Channel for Prices {
///     type Params = Ticker;
///     type ServerMessage = f64;
///     type ClientMessage = Nothing;
///     type Reply = Nothing;
///     type Snapshot = Nothing;
///     type Member = Nothing;
///     const NAME: &'static str = "prices";
///
///     async fn authorize(cx: &Cx, _: &Ticker) -> Decision {
///         cx.principal().is_signed_in().into()
///     }
///
///     fn group(params: &Ticker) -> String {
///         params.symbol.to_uppercase()
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a channel",
    label = "nothing to subscribe to",
    note = "write `impl mizan_core::Channel for {Self}`, and register it with `.channel::<{Self}>()`"
)]
pub trait Channel: Send + Sync + 'static {
    /// What a client subscribes with.
    type Params: Input;
    /// What is published.
    type ServerMessage: Output;
    /// What clients send; [`Nothing`] where they only listen.
    type ClientMessage: Input;
    /// What a client's message is answered with.
    type Reply: Output;
    /// The state of things that a new subscriber begins with; [`Nothing`] where there is none.
    type Snapshot: Output;
    /// What others see of somebody who is there; [`Nothing`] where the channel has no presence.
    type Member: Output;

    /// What clients call it: ASCII letters, digits, `_` and, between words, `.`.
    const NAME: &'static str;
    /// How many messages of a group are kept for those who come back.
    const HISTORY: usize = 256;
    /// How long they are kept.
    const HISTORY_AGE: Duration = Duration::from_secs(5 * 60);
    /// What a subscriber gets who reads more slowly than messages come.
    const SLOW_CONSUMER: SlowConsumer = SlowConsumer::Gap;
    /// How often [`authorize`](Self::authorize) is asked again.
    const REAUTHORIZE: Duration = Duration::from_secs(5 * 60);
    /// What it is for, in a sentence.
    const DOCS: &'static str = "";
    /// Where it is written.
    const SOURCE: Option<Source> = None;

    /// Decides who may subscribe: before anything is sent, again when a client comes back, and from
    /// time to time.
    ///
    /// The policies of functions and forms hold here too:
    ///
    /// ```
    /// # use mizan_core::{Channel, Cx, Decision, Nothing};
    /// # #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// # struct Room {}
    /// # struct Backstage;
    /// # impl Channel for Backstage {
    /// #     type Params = Room;
    /// #     type ServerMessage = String;
    /// #     type ClientMessage = Nothing;
    /// #     type Reply = Nothing;
    /// #     type Snapshot = Nothing;
    /// #     type Member = Nothing;
    /// #     const NAME: &'static str = "backstage";
    /// #     fn group(_: &Room) -> String { String::new() }
    /// async fn authorize(cx: &Cx, _: &Room) -> Decision {
    ///     mizan_core::policy!(or("staff", group("editors"))).decide(cx).await
    /// }
    /// # }
    /// ```
    fn authorize(cx: &Cx, params: &Self::Params) -> impl Future<Output = Decision> + Send;

    /// Names those who get the same messages. Groups of different channels are apart.
    fn group(params: &Self::Params) -> String;

    /// The state of things, for a subscriber who begins or has missed something. It is asked for
    /// after the subscriber was put on the list, so nothing falls between it and the first message.
    fn snapshot(
        cx: &Cx,
        params: &Self::Params,
    ) -> impl Future<Output = Result<Option<Snapshot<Self::Snapshot>>, Error>> + Send {
        let _ = (cx, params);
        ready(Ok(None))
    }

    /// Who the subscriber is to the others; nothing for those who only watch.
    fn member(
        cx: &Cx,
        params: &Self::Params,
    ) -> impl Future<Output = Result<Option<Member<Self::Member>>, Error>> + Send {
        let _ = (cx, params);
        ready(Ok(None))
    }

    /// Takes a client's message. It runs once, though the client sends it again.
    fn receive(
        cx: &Cx,
        params: &Self::Params,
        message: Self::ClientMessage,
    ) -> impl Future<Output = Result<Self::Reply, Error>> + Send {
        let _ = (cx, params, message);
        ready(Err(Error::new(
            ErrorCode::MethodNotAllowed,
            "this channel takes no messages",
        )))
    }
}

/// What happens to a subscriber who reads so slowly that its place in the log is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SlowConsumer {
    /// It is told of the gap, and goes on with a new snapshot.
    Gap,
    /// It is told of the gap, and goes on with the newest message.
    Latest,
    /// Its connection is closed.
    Disconnect,
}

/// A place in the log of a group.
///
/// Offsets compare within one epoch only; a new epoch begins when a broker lost its memory.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The life of the log that the offset belongs to.
    pub epoch: String,
    /// Grows with each message, from 1; 0 is before all.
    pub offset: u64,
}

/// The state of things for a new subscriber.
#[derive(Clone, Debug)]
pub struct Snapshot<T> {
    pub(crate) data: T,
    pub(crate) position: Option<Position>,
}

impl<T> Snapshot<T> {
    /// The state as of about now: some of the first messages that follow may be in it already.
    #[must_use]
    pub fn new(data: T) -> Self {
        Self {
            data,
            position: None,
        }
    }

    /// Says which message is the last that is in it, as `publish` answered. Then none comes twice.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }
}

/// Somebody who is there.
#[derive(Clone, Debug)]
pub struct Member<T> {
    pub(crate) id: Cow<'static, str>,
    pub(crate) info: T,
}

impl<T> Member<T> {
    /// A person with this id, who may be there with several connections.
    pub fn new(id: impl Into<Cow<'static, str>>, info: T) -> Self {
        Self {
            id: id.into(),
            info,
        }
    }
}

/// What is never sent: stands in a [`Channel`] for a kind of message that it does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Nothing {}

impl JsonSchema for Nothing {
    fn schema_name() -> Cow<'static, str> {
        "Nothing".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        false.into()
    }
}

/// The schema of `T`, unless that is [`Nothing`].
pub(crate) fn schema_of<T: JsonSchema + 'static>(schemas: &mut SchemaGenerator) -> Option<Schema> {
    is_something::<T>().then(|| schemas.subschema_for::<T>())
}

pub(crate) fn is_something<T: 'static>() -> bool {
    TypeId::of::<T>() != TypeId::of::<Nothing>()
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch, self.offset)
    }
}
