#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        reason = "a test that cannot continue fails by panicking"
    )
)]

pub mod adapter;
pub mod allowed_hosts;
pub mod authenticate;
mod body;
mod calls;
#[cfg(feature = "channels")]
mod channel_connection;
#[cfg(feature = "channels")]
mod channel_events;
pub mod client_address;
mod client_budget;
pub mod compression;
mod cross_origin;
#[cfg(feature = "openapi")]
mod documents;
mod download;
#[cfg(feature = "axum")]
pub mod extract;
pub mod forms;
pub mod health;
mod quoted_string;
pub mod request_tracing;
pub mod response;
pub mod serve;
pub mod service;
pub mod shutdown;
mod streaming;
mod timeout;
#[cfg(feature = "channels")]
mod websocket;

pub use allowed_hosts::AllowedHosts;
pub use authenticate::Authenticate;
pub use client_address::PeerAddr;
pub use compression::Compression;
pub use forms::FormPages;
pub use health::Health;
pub use request_tracing::RequestTracing;
pub use serve::serve;
pub use service::{Caller, HttpLimits, MizanService};
pub use shutdown::{Shutdown, shutdown_signal};
