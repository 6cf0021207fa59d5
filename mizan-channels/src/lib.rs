#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        reason = "a test that cannot continue fails by panicking"
    )
)]

mod backoff;
pub mod broker;
mod call_limiter;
mod channels;
mod connection;
mod control;
mod dedup;
mod error;
mod limits;
mod live;
mod random_id;
mod register;
mod server;
pub mod session;
#[cfg(feature = "suite")]
#[cfg_attr(docsrs, doc(cfg(feature = "suite")))]
pub mod suite;
pub mod transport;

pub use channels::{Channels, ChannelsExt};
pub use error::PublishError;
pub use limits::ConnectionLimits;
pub use register::RegisterChannels;
