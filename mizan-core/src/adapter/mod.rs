//! Building blocks for adapters: crates that serve an [`App`](crate::App) or render its pages.
//!
//! An application does not need these items. An adapter looks up a [`FunctionEntry`] by name,
//! creates the context of the call, and dispatches the call with its input as JSON:
//!
//! ```
//! use std::sync::Arc;
//!
//! use mizan_core::adapter::{CallReply, RequestHead};
//! use mizan_core::{App, Error, Principal, Registry, client};
//!
//! #[client(query)]
//! async fn double(number: i32) -> Result<i32, Error> {
//!     Ok(number * 2)
//! }
//!
//! async fn serve(app: &App, name: &str, input: &'static [u8]) -> Option<CallReply> {
//!     let cx = app.context(Principal::anonymous(), Arc::new(RequestHead::empty()));
//!     Some(app.function(name)?.dispatch(cx, input.into()).await)
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), mizan_core::BuildError> {
//!     let app = Registry::new().function::<Double>().build()?;
//!     let reply = serve(&app, "double", br#"{"number": 21}"#).await.unwrap();
//!     assert_eq!(reply.result.unwrap(), "42");
//!     assert!(serve(&app, "triple", b"{}").await.is_none());
//!     Ok(())
//! }
//! ```

mod entity_tag;
mod local_path;
mod sentence;

pub use self::entity_tag::entity_tag;
pub use self::local_path::is_local_path;
pub use self::sentence::to_sentence;
pub use crate::background::BackgroundWork;
pub use crate::channel::{ChannelEntry, DynSubscription, SnapshotReply};
pub use crate::form_entry::{FormEntry, FormPost, FormShape};
pub use crate::function::{CallReply, FunctionEntry};
pub use crate::invalidation::{InvalidationPublisher, Published};
pub use crate::json::{
    EncodeError, MAX_JSON_DEPTH, MAX_OUTPUT_DEPTH, decode_input, encode_json, encode_json_value,
};
pub use crate::reply_head::ReplyHead;
pub use crate::request_head::{RequestHead, client_network};
pub use crate::stream::{CallStream, StreamEnd};
pub use crate::upload::Uploads;
pub use crate::version::ClientVersion;
