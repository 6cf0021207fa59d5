//! Types that functions receive from clients and send to them.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A type that clients can send: the input of a function, or one of its fields.
///
/// Implemented for every owned type with [`serde::Deserialize`] and [`schemars::JsonSchema`] that
/// threads can share.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a server function",
    label = "clients cannot send this type",
    note = "put `#[derive(serde::Deserialize, schemars::JsonSchema)]` on `{Self}` or on your types \
            inside it, and use owned types (`String` instead of `&str`)"
)]
pub trait Input: DeserializeOwned + JsonSchema + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema + Send + Sync + 'static> Input for T {}

/// A type that clients can receive: the output of a function, or the data of an error.
///
/// Implemented for every type with [`serde::Serialize`] and [`schemars::JsonSchema`] that can be sent
/// to another thread.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent to a client",
    label = "clients cannot receive this type",
    note = "put `#[derive(serde::Serialize, schemars::JsonSchema)]` on `{Self}` or on your types \
            inside it"
)]
pub trait Output: Serialize + JsonSchema + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + JsonSchema + Send + 'static> Output for T {}
