#![doc = include_str!("../README.md")]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        reason = "a test that cannot go on says so by panicking"
    )
)]

mod adapter;
mod allowed_hosts;
mod authenticate;
mod batch;
mod body;
mod call;
mod caller;
mod client_addr;
mod config;
mod endpoint;
mod form;
mod form_pages;
mod idempotency;
mod local_path;
mod media_type;
mod multipart;
mod payload;
mod plain_page;
mod problem;
mod quoted;
mod reply;
mod serve;
mod service;
mod sites;
#[cfg(feature = "channels")]
mod socket;
mod upload;
mod urlencoded;
mod within;
mod write_timeout;

pub use adapter::Adapter;
pub use allowed_hosts::{AllowedHosts, CheckHost};
pub use authenticate::{Anonymous, Authenticate};
pub use body::ReplyBody;
pub use caller::Caller;
pub use client_addr::{ForwardedHeader, PeerAddr};
pub use config::{ConfigError, Limits};
pub use form_pages::{FormPages, PageBody};
pub use serve::{Serve, serve};
pub use service::{Builder, MizanService};
