//! Channels: messages that clients subscribe to, and may reply to.

mod entry;
mod types;

use std::future::{Future, ready};
use std::time::Duration;

pub use self::entry::{ChannelEntry, DynSubscription, SnapshotReply};
pub use self::types::{Member, Never, Position, SlowConsumer, Snapshot};
use crate::cx::Cx;
use crate::error::{Error, ErrorCode};
use crate::function::{Input, Output, Source};
use crate::limits::Limit;
#[cfg(doc)]
use crate::policy::Decision;
use crate::policy::IntoDecision;
use crate::state::StateKey;

/// A channel that clients subscribe to with a WebSocket.
///
/// This trait describes a channel; the crate `mizan-channels` runs it. A client subscribes with
/// [`Params`](Self::Params), and receives the messages that are published to the
/// [`group`](Self::group) of its params.
///
/// ```
/// use mizan_core::{Channel, Cx, Decision, channel};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Ticker {
///     symbol: String,
/// }
///
/// struct Prices;
///
/// #[channel]
/// impl Channel for Prices {
///     type Params = Ticker;
///     type ServerMessage = f64;
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
///
/// # Optional parts
///
/// Client messages, snapshots and members are optional. Stable Rust has no defaults for associated
/// types, so every implementation would have to write `type Snapshot = Never;` and so on.
/// [`#[channel]`](macro@crate::channel) on the `impl` adds the missing types, and rejects types without
/// their method:
///
/// | part | associated types | method |
/// |---|---|---|
/// | client messages | `ClientMessage`, `Reply` | [`receive`](Self::receive) |
/// | snapshots | `Snapshot` | [`snapshot`](Self::snapshot) |
/// | members | `Member` | [`member`](Self::member) |
///
/// If each part were a separate trait, a channel would need several `impl` blocks, and a forgotten
/// block would silently disable its part.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a channel",
    label = "does not implement `Channel`",
    note = "write `#[mizan_core::channel] impl mizan_core::Channel for {Self}`"
)]
pub trait Channel: Send + Sync + 'static {
    /// The parameters of a subscription.
    type Params: Input;
    /// The messages that the server publishes.
    type ServerMessage: Output;
    /// The messages that clients send; [`Never`] if clients only listen.
    type ClientMessage: Input;
    /// The reply to a client's message; [`Never`] if clients only listen.
    type Reply: Output;
    /// The state that a new subscriber starts with; [`Never`] if there is none.
    type Snapshot: Output;
    /// The information about a member that other subscribers see; [`Never`] without presence.
    type Member: Output;

    /// The name that clients subscribe to: words of ASCII letters, digits and `_`, separated by `.`.
    const NAME: &'static str;
    /// The maximum number of messages in the log of a group, from which a subscriber that
    /// reconnects receives the messages that it missed.
    const HISTORY_LEN: usize = 256;
    /// The time after which messages expire from the log of a group.
    const HISTORY_AGE: Duration = Duration::from_secs(5 * 60);
    /// The reaction to a subscriber that reads too slowly.
    const SLOW_CONSUMER: SlowConsumer = SlowConsumer::Gap;
    /// The interval at which [`authorize`](Self::authorize) is repeated.
    const REAUTHORIZE_INTERVAL: Duration = Duration::from_secs(5 * 60);
    /// The rate limits of the messages of clients, by principal or by address, which are checked in this order.
    ///
    /// `#[channel(limit = "30/min by principal")]` declares them.
    const LIMITS: &'static [Limit] = &[];
    /// The documentation, as Markdown.
    const DOCS: &'static str = "";
    /// The source location.
    const SOURCE: Option<Source> = None;

    /// Returns the types of application state that the channel requires.
    ///
    /// [`Registry::build`](crate::Registry::build) checks that they are present.
    fn required_state() -> Vec<StateKey> {
        Vec::new()
    }

    /// Decides whether the caller may subscribe. It runs before the server sends anything, when the
    /// client reconnects, and at every [`REAUTHORIZE_INTERVAL`](Self::REAUTHORIZE_INTERVAL).
    ///
    /// It returns a [`Decision`], or a `Result<Decision, Error>` if the check can fail. An error ends
    /// the subscription; after a temporary one ([`Unavailable`](crate::error::Unavailable)) the client
    /// tries again. An implementation without [`#[channel]`](macro@crate::channel) needs
    /// `#[allow(refining_impl_trait)]` on this method if it names its return type.
    ///
    /// It can use the policies of functions and forms:
    ///
    /// ```
    /// use mizan_core::{Channel, Cx, Decision, Error, channel, policy};
    ///
    /// #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// struct Room {}
    ///
    /// struct Backstage;
    ///
    /// #[channel]
    /// impl Channel for Backstage {
    ///     type Params = Room;
    ///     type ServerMessage = String;
    ///     const NAME: &'static str = "backstage";
    ///
    ///     async fn authorize(cx: &Cx, _: &Room) -> Result<Decision, Error> {
    ///         policy!(or("staff", group("editors"))).decide(cx).await
    ///     }
    ///
    ///     fn group(_: &Room) -> String {
    ///         String::new()
    ///     }
    /// }
    /// ```
    fn authorize(cx: &Cx, params: &Self::Params) -> impl Future<Output = impl IntoDecision> + Send;

    /// Returns the name of the group whose messages a subscriber with these params receives.
    ///
    /// Groups of different channels are distinct.
    fn group(params: &Self::Params) -> String;

    /// Returns the current state for a new subscriber, or for one that missed messages.
    ///
    /// It runs after the subscription is registered, so that no message is lost between the snapshot
    /// and the first message.
    fn snapshot(
        cx: &Cx,
        params: &Self::Params,
    ) -> impl Future<Output = Result<Option<Snapshot<Self::Snapshot>>, Error>> + Send {
        let _ = (cx, params);
        ready(Ok(None))
    }

    /// Returns the subscriber as other subscribers see it, or `None` to hide it from them.
    fn member(
        cx: &Cx,
        params: &Self::Params,
    ) -> impl Future<Output = Result<Option<Member<Self::Member>>, Error>> + Send {
        let _ = (cx, params);
        ready(Ok(None))
    }

    /// Handles a client's message. It runs once for each message, even if the client resends it.
    fn receive(
        cx: &Cx,
        params: &Self::Params,
        message: Self::ClientMessage,
    ) -> impl Future<Output = Result<Self::Reply, Error>> + Send {
        let _ = (cx, params, message);
        ready(Err(Error::new(
            ErrorCode::MethodNotAllowed,
            "this channel does not accept messages",
        )))
    }
}
