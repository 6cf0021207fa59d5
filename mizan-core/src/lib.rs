#![doc = include_str!("../README.md")]

mod app;
mod build_error;
mod client_error;
mod cx;
mod dispatch;
mod error;
mod form;
mod function;
mod json;
mod manifest;
mod policy;
mod principal;
mod registry;
mod state;
mod upload;
mod validation;

pub use app::App;
pub use build_error::BuildError;
pub use client_error::{ClientError, ErrorDeclaration, ErrorVariant};
pub use cx::{Cx, ReplyHead, RequestHead};
pub use dispatch::{CallError, Function, Reply};
pub use error::{Error, ErrorCode, ErrorKind, Fields};
pub use form::{FormEntry, FormPost, FormShape};
pub use function::{Input, Kind, Output, ServerFunction, Source};
pub use json::MAX_DEPTH;
pub use manifest::Manifest;
pub use mizan_core_macros::{ClientError, client, policy};
pub use policy::{Decision, Policy, PolicyCheck};
pub use principal::{Identity, Principal};
pub use registry::Registry;
pub use state::StateKey;
pub use upload::{Upload, UploadField, Uploads};
pub use validation::{WHOLE, constraint_messages};

/// What the macros' output refers to. Not for use by hand.
#[doc(hidden)]
pub mod private;
