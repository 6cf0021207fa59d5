#![doc = include_str!("../README.md")]

pub mod adapter;
mod app;
mod build_error;
mod channel;
mod channel_entry;
mod client_error;
mod cx;
mod dispatch;
mod error;
mod form;
mod function;
mod head;
mod json;
mod local_path;
mod manifest;
mod policy;
mod principal;
mod registry;
mod state;
mod unavailable;
mod upload;
mod validation;

pub use app::App;
pub use build_error::BuildError;
pub use channel::{Channel, Member, Nothing, Position, SlowConsumer, Snapshot};
pub use channel_entry::{ChannelEntry, Joined, SnapshotReply};
pub use client_error::{ClientError, ErrorDeclaration, ErrorVariant};
pub use cx::Cx;
pub use dispatch::{CallError, Function, Reply};
pub use error::{Error, ErrorCode, ErrorKind, Fields};
pub use form::{FormEntry, FormPost, FormShape};
pub use function::{Input, Kind, Output, ServerFunction, Source};
pub use head::{ReplyHead, RequestHead, client_network};
pub use json::{MAX_DEPTH, decode};
pub use local_path::is_local_path;
pub use manifest::Manifest;
pub use mizan_core_macros::{ClientError, client, policy};
pub use policy::{Decision, Policy, PolicyCheck};
pub use principal::{Identity, Principal};
pub use registry::Registry;
pub use state::StateKey;
pub use unavailable::Unavailable;
pub use upload::{Upload, UploadField, Uploads};
pub use validation::{WHOLE, constraint_messages, sentence};

/// What the macros' output refers to. Not for use by hand.
#[doc(hidden)]
pub mod private;
