//! The macros of `mizan-core`, which re-exports them.

mod channel;
mod client;
mod client_error;
mod constraints;
mod encoding;
mod policy;

use proc_macro::TokenStream;

/// Turns an async function into a server function, which clients can call.
///
/// For `async fn echo(cx: &Cx, text: String) -> Result<Reply, Error>`, it generates the struct
/// `Echo { text }`, which implements `ServerFunction`. Register it with
/// `Registry::function::<Echo>()`. The function itself does not change, and Rust code can still call
/// it.
///
/// The arguments are an optional `&Cx`, followed by named, owned values. Their attributes
/// `#[validate(..)]`, `#[serde(..)]` and `#[schemars(..)]` and their doc comments move to the fields
/// of the struct. The function returns a `Result`, whose error is `mizan_core::Error` or derives
/// `ClientError`. It may also return a stream, `impl Stream<Item = Result<T, E>>`, by itself or in a `Result`
/// (see `PartStream`).
///
/// ```
/// use mizan_core::{Cx, Error, Registry, client};
///
/// /// Greets the caller.
/// #[client(query, auth)]
/// async fn greet(
///     cx: &Cx,
///     #[validate(length(max = 20))] greeting: String,
/// ) -> Result<String, Error> {
///     let user = cx.principal().id().unwrap_or_default();
///     Ok(format!("{greeting}, {user}!"))
/// }
///
/// let app = Registry::new().function::<Greet>().build().unwrap();
/// assert!(app.function("greet").is_some());
/// ```
///
/// # Options
///
/// | option | meaning |
/// |---|---|
/// | `query` | does not change data: called with GET, cacheable, cancelled when the client disconnects |
/// | `auth`, `auth = true` | allows signed-in callers |
/// | `auth = "anyone"`, `auth = false` | allows every caller, like a function without `auth`, but explicitly (see `Registry::require_policies`) |
/// | `auth = "staff"`, `auth = "superuser"` | allows staff and superusers; only superusers |
/// | `auth = "recent"` | allows callers who authenticated a short time ago; other signed-in callers receive `reauthenticate` |
/// | `auth = group("editors")` | allows members of the group |
/// | `auth = and("staff", or(..), not(..))` | combines policies; `not(..)` by itself also allows anonymous callers |
/// | `auth = "posts.rename"` | allows callers with this permission; its name must contain a `.` or a `:` |
/// | `auth = path` | allows callers whom `async fn path(cx: &Cx) -> Decision` allows; it returns `Result<Decision, Error>` if it can fail |
/// | `authorize = path` | calls `async fn path(cx: &Cx, input: &Echo) -> Decision` with the validated input; it returns `Result<Decision, Error>` if it can fail |
/// | `context = "global"` | a query without arguments that clients load once for the page |
/// | `context = "local"` | a query that clients load below a provider with its arguments |
/// | `affects(post, posts)` | invalidates these queries and contexts after a success; `*` means all |
/// | `affects(post(id))` | invalidates `post` only where its argument `id` equals the argument `id` of this function; `post(id = post_id)` if the names differ |
/// | `affects(post(id) = returns)` | the output of this function is the new data of `post`, which clients use instead of a request |
/// | `pages(after = next)` | a query with pages: its argument `after` takes the cursor, and the member `next` of its output is the cursor of the next page |
/// | `content_type = "text/csv"` | the content type of the `Download` that the function returns |
/// | `state(SqlitePool, Mailer)` | types of application state that the function needs, besides those in its body (see [State](#state)) |
/// | `cache = "public, max-age=60, stale-while-revalidate=600"` | the `Cache-Control` of replies to GET; the query runs without a principal, and has neither `auth` nor `authorize` |
/// | `live`, `context = "local, live"` | clients that show the result receive its changes, after each call that affects it, from any client and process |
/// | `resumable` | a stream that continues on the server when its client leaves, and that the client can return to |
/// | `limit = "10/min by principal"` | allows 10 calls at once and then 10 in a minute for each user; others receive `rate_limited` with the time to wait |
/// | `limit = "100/hour burst 20 by address"` | allows 20 calls at once and then 100 in an hour for each client; units are `s`, `min`, `hour`, `day`, and `10min` for ten of them |
/// | `limit = "3/hour by input.email"` | counts by the value of the argument `email`, without letter case and surrounding spaces |
/// | `limit = ["..", ".."]` | several limits, which are checked in this order |
/// | `limit_unavailable = "open"` | allows calls while the shared store is unavailable; `"closed"`, the default, refuses them |
/// | `input = Name` | the name of the generated struct |
///
/// # Options on an argument
///
/// `#[client(as_number)]` makes an integer of 64 or more bits a `number` in JavaScript instead of a
/// `bigint`. A value beyond ±(2<sup>53</sup> − 1) is an error.
///
/// An argument of the type `Option<Option<T>>` distinguishes three cases: it is `None` if the client
/// does not send it, `Some(None)` for `null`, and otherwise `Some(Some(value))`.
///
/// ```
/// use mizan_core::{Error, client};
///
/// #[client]
/// async fn update(
///     #[client(as_number)] id: u64,
///     nickname: Option<Option<String>>,
/// ) -> Result<String, Error> {
///     Ok(match nickname {
///         None => format!("{id} keeps the nickname"),
///         Some(None) => format!("{id} has no nickname"),
///         Some(Some(nickname)) => format!("{id} is {nickname}"),
///     })
/// }
/// ```
///
/// # State
///
/// Building the application fails if the body calls `cx.state::<T>()` and the registry has no state of
/// the type `T`. If another function reads the state, such as a helper that receives the `cx`, name the
/// type in `state(..)`, or require it for a whole part of the application with
/// `Registry::require_state`:
///
/// ```
/// use mizan_core::{Cx, Error, Registry, client};
///
/// struct Database(&'static str);
///
/// fn database(cx: &Cx) -> &Database {
///     cx.state()
/// }
///
/// #[client(query, state(Database))]
/// async fn name(cx: &Cx) -> Result<String, Error> {
///     Ok(database(cx).0.to_owned())
/// }
///
/// assert!(Registry::new().function::<Name>().build().is_err());
/// assert!(Registry::new().function::<Name>().state(Database("posts")).build().is_ok());
/// ```
#[proc_macro_attribute]
pub fn client(options: TokenStream, item: TokenStream) -> TokenStream {
    client::expand(options.into(), item.into()).into()
}

/// Completes the schema of a struct that derives `JsonSchema` and `Validate`.
///
/// `JsonSchema` ignores a part of `#[validate(..)]`: messages, `contains`, `does_not_contain`,
/// `must_match`, `exclusive_min` and `exclusive_max`. With this attribute, clients check all of them,
/// with the same messages as the server. It stands above `#[derive(..)]`.
///
/// The arguments of `#[client]` functions and structs that derive `Form` do not need it.
///
/// ```
/// use mizan_core::constraints;
/// use schemars::JsonSchema;
/// use serde::Deserialize;
/// use validator::Validate;
///
/// #[constraints]
/// #[derive(Deserialize, JsonSchema, Validate)]
/// struct Address {
///     #[validate(length(max = 80, message = "Shorten the street."))]
///     street: String,
///     #[validate(range(exclusive_min = 0.0))]
///     distance: f64,
/// }
///
/// let schema = schemars::schema_for!(Address).to_value();
/// assert_eq!(schema["properties"]["distance"]["exclusiveMinimum"], 0.0);
/// ```
#[proc_macro_attribute]
pub fn constraints(options: TokenStream, item: TokenStream) -> TokenStream {
    constraints::expand(&options.into(), item.into()).into()
}

/// Completes an implementation of `Channel`.
///
/// Client messages, snapshots and members are optional parts of a channel. The attribute adds
/// `type .. = Never;` for each part that the implementation omits. It rejects types without their
/// method, such as `type Snapshot` without `fn snapshot`.
///
/// | option | effect |
/// |---|---|
/// | `limit = "30/min by principal"` | limits the messages of a client, also `by address`, or several in brackets: a refused message fails with `rate_limited` and the time to wait |
/// | `limit_unavailable = "open"` | accepts messages while the shared store of the counts is unavailable, instead of refusing them |
/// | `state(SqlitePool)` | state that helpers read from the context, which `Registry::build` checks; `cx.state::<T>()` in a method of the channel needs no declaration |
///
/// ```
/// use mizan_core::{Channel, Cx, Decision, channel};
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Room {
///     room: String,
/// }
///
/// struct Announcements;
///
/// #[channel]
/// impl Channel for Announcements {
///     type Params = Room;
///     type ServerMessage = String;
///     const NAME: &'static str = "announcements";
///
///     async fn authorize(cx: &Cx, _: &Room) -> Decision {
///         cx.principal().is_signed_in().into()
///     }
///
///     fn group(params: &Room) -> String {
///         params.room.clone()
///     }
/// }
/// ```
#[proc_macro_attribute]
pub fn channel(options: TokenStream, item: TokenStream) -> TokenStream {
    channel::expand(options.into(), item.into()).into()
}

/// Creates a `Policy` with the syntax of `#[client(auth = ..)]`.
///
/// `policy!()` allows signed-in callers.
///
/// ```
/// use mizan_core::{Cx, Decision, Policy, policy};
///
/// async fn during_office_hours(_: &Cx) -> Decision {
///     Decision::Allow
/// }
///
/// const PUBLISH: Policy = policy!(and("posts.publish", "recent", not(group("guests"))));
/// const SUPPORT: Policy = policy!(or("staff", during_office_hours));
/// assert_eq!(PUBLISH.to_string(), "and(permission posts.publish, recent, not(group guests))");
/// ```
#[proc_macro]
pub fn policy(input: TokenStream) -> TokenStream {
    policy::expand(input.into()).into()
}

/// Derives `ClientError` for an enum of the failures that a function declares.
///
/// Each variant is one failure. The client receives the fields of the variant as members of the
/// error, so their types must implement `Serialize` and `JsonSchema`.
///
/// ```
/// use mizan_core::{ClientError, Error};
///
/// #[derive(ClientError)]
/// enum ReserveError {
///     /// Too few seats are free.
///     #[client_error(status = 409, field = "seats", message = "only {free} seats are free")]
///     SoldOut { free: u32 },
///     #[client_error(internal)]
///     Internal(Error),
/// }
///
/// assert_eq!(ReserveError::SoldOut { free: 2 }.into_error().code(), "sold_out");
/// ```
///
/// # Options on a variant: `#[client_error(..)]`
///
/// | option | meaning | default |
/// |---|---|---|
/// | `code = "taken"` | the error code | the variant's name in `snake_case` |
/// | `status = 409` | the HTTP status code, from 400 to 599 | 422 |
/// | `field = "title"` | the input field at fault | none |
/// | `message = "{by} has it"` | the message, which may contain fields | the variant's name as words |
/// | `internal` | contains a `mizan_core::Error`, which is sent unchanged; `?` converts a `mizan_core::Error` and the errors of other crates, such as those of a database, into this variant | |
/// | `transparent` | contains a `mizan_core::Error`, which is sent unchanged; `?` converts only a `mizan_core::Error` into this variant, so that the enum can have conversions of its own | |
///
/// With `internal`, an error that `?` converts is handled as in a function that returns
/// `mizan_core::Error`: it is logged, and the client receives `internal` with the id of the log entry.
/// For `anyhow::Error` and `Box<dyn std::error::Error + Send + Sync>`, which do not implement
/// `std::error::Error`, write `.map_err(mizan_core::Error::internal)?`.
///
/// To declare a certain foreign error as a failure, use `transparent` and implement `From`:
///
/// ```
/// use mizan_core::{ClientError, Error};
///
/// #[derive(ClientError)]
/// enum ImportError {
///     #[client_error(message = "not a number")]
///     NotANumber {},
///     #[client_error(transparent)]
///     Other(Error),
/// }
///
/// impl From<std::num::ParseIntError> for ImportError {
///     fn from(_: std::num::ParseIntError) -> Self {
///         Self::NotANumber {}
///     }
/// }
/// ```
///
/// On the enum, `#[client_error(name = "..")]` sets the name of the type in the generated client.
///
/// # Options on a field: `#[client(..)]`
///
/// `as_number` makes an integer of 64 or more bits a `number` in JavaScript instead of a `bigint`.
#[proc_macro_derive(ClientError, attributes(client, client_error))]
pub fn client_error(item: TokenStream) -> TokenStream {
    client_error::expand(item.into()).into()
}
