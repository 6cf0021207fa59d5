//! The macros of `mizan-core`, which re-exports them. Use them from there.

mod channel;
mod client;
mod client_error;
mod policy;

use proc_macro::TokenStream;

/// Makes an async function one that clients can call.
///
/// From `async fn echo(cx: &Cx, text: String) -> Result<Reply, Error>` it makes the struct
/// `Echo { text }`, which implements `ServerFunction` and is registered with
/// `Registry::function::<Echo>()`. The function itself stays as it is, to be called as any other.
///
/// The function takes an optional `&Cx` first, then any number of named, owned arguments, whose
/// attributes (`#[validate(..)]`, `#[serde(..)]`, `#[schemars(..)]`, doc comments) move to the
/// fields of the struct; others, such as `#[allow(..)]`, stay.
/// It returns a `Result`, whose error is `mizan_core::Error` or derives `ClientError`.
///
/// # Options
///
/// | option | meaning |
/// |---|---|
/// | `query` | changes nothing: answered to GET, cacheable, cancelled when the caller goes away |
/// | `auth`, `auth = true` | whoever is signed in |
/// | `auth = "anyone"`, `auth = false` | everybody; the same as no `auth`, but said (see `Registry::require_policies`) |
/// | `auth = "staff"`, `auth = "superuser"` | staff; superusers |
/// | `auth = "recent"` | whoever proved a short while ago who they are; others who are signed in get `reauthenticate` |
/// | `auth = group("editors")` | whoever belongs to the group |
/// | `auth = and("staff", or(..), not(..))` | policies joined; `not(..)` alone lets in who is not signed in |
/// | `auth = "posts.rename"` | whoever has this permission; its name has a `.` or a `:` |
/// | `auth = path` | whoever `async fn path(cx: &Cx) -> Decision` allows |
/// | `authorize = path` | `async fn path(cx: &Cx, input: &Echo) -> Decision` sees the input too |
/// | `context = "global"` | a query without arguments that clients load once for the page |
/// | `context = "local"` | a query that clients load below a provider with the arguments |
/// | `affects(post, posts)` | the queries and contexts that a success makes stale; `*` is all |
/// | `input = Name` | the name of the struct, where the one made from the function's is taken |
///
/// State that the body asks for by type, with `cx.state::<T>()`, is required when the app is built.
#[proc_macro_attribute]
pub fn client(options: TokenStream, item: TokenStream) -> TokenStream {
    client::expand(options.into(), item.into()).into()
}

/// Completes an implementation of `Channel`.
///
/// Client messages, snapshots and members are optional parts of a channel. The attribute adds
/// `type .. = Never;` for the parts that the implementation does not have. It rejects a part without
/// its method or its types, such as `type Snapshot` without `fn snapshot`.
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
    channel::expand(&options.into(), item.into()).into()
}

/// A `Policy` in the words of `#[client(auth = ..)]`, for functions that are written by hand and for
/// other macros: `policy!()` (whoever is signed in), `policy!("staff")`, `policy!("posts.rename")`,
/// `policy!(path::to::check)`, `policy!(and("staff", "recent", not(group("guests"))))`.
#[proc_macro]
pub fn policy(input: TokenStream) -> TokenStream {
    policy::expand(input.into()).into()
}

/// Makes an enum the failures that a function declares.
///
/// Each variant is one way to fail. Its fields go to the client as members of the error, so each
/// of them is `Serialize` and `JsonSchema`.
///
/// # Options on a variant: `#[client_error(..)]`
///
/// | option | meaning | without it |
/// |---|---|---|
/// | `code = "taken"` | the code on the wire | the variant's name in `snake_case` |
/// | `status = 409` | the HTTP status, from 400 to 599 | 422 |
/// | `field = "title"` | the field of the input to blame | none |
/// | `message = "{by} has it"` | the sentence for people; may name fields | the name in words |
/// | `transparent` | holds a `mizan_core::Error`, which is sent as it is; `?` makes it of one | |
///
/// On the enum, `#[client_error(name = "..")]` names the type in the generated client.
#[proc_macro_derive(ClientError, attributes(client_error))]
pub fn client_error(item: TokenStream) -> TokenStream {
    client_error::expand(item.into()).into()
}
