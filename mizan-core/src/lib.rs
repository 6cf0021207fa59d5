#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod adapter;
pub mod channel;
pub mod download;
pub mod error;
pub mod function;
pub mod layer;
pub mod limits;
pub mod manifest;
pub mod policy;
pub mod shared_store;
pub mod stream;
pub mod upload;
pub mod validation;
pub mod wire;

mod app;
mod background;
mod cx;
mod file_name;
mod form_entry;
mod input_schema;
mod invalidation;
mod json;
mod positional_read;
mod principal;
mod problem;
mod redirect;
mod registry;
mod reply_head;
mod request_head;
mod state;
mod trace;
mod version;

#[doc(inline)]
pub use self::{
    app::App,
    channel::{Channel, Never},
    cx::Cx,
    download::Download,
    error::{ClientError, Error, ErrorCode},
    function::ServerFunction,
    invalidation::Invalidation,
    policy::{Decision, Policy},
    principal::{Identity, Principal},
    redirect::Redirect,
    registry::{BuildError, Registry},
    request_head::RequestHead,
    stream::PartStream,
    trace::TraceId,
    upload::Upload,
};
pub use mizan_core_macros::{ClientError, channel, client, constraints, policy};

/// Items that the output of macros refers to. Not part of the public API.
#[doc(hidden)]
pub mod private;
