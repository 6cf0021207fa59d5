#![doc = include_str!("../README.md")]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        reason = "a test that cannot go on says so by panicking"
    )
)]

mod broker;
mod calls;
mod channels;
mod close;
mod connection;
mod identify;
mod jitter;
mod keeper;
mod lock;
mod log;
mod once;
mod protocol;
mod session;
mod subscriber;
mod subscription;
mod transport;

pub use broker::feed::{Feed, Listener, Mailbox, Signal};
pub use broker::memory::MemoryBroker;
pub use broker::presence::presence_of;
#[cfg(feature = "redis")]
pub use broker::redis::RedisBroker;
pub use broker::{Broker, BrokerError, Claim, ClaimRequest, Publication, Retention};
pub use channels::{Channels, ChannelsExt, PublishError};
pub use close::{Close, CloseCode};
pub use identify::{Identify, Visitor};
pub use log::{Cursor, LogState, Message, ReadReply};
pub use protocol::{Refusal, SUBPROTOCOL};
pub use session::{
    BrokerEvent, ConnectionState, Input, Limits, Output, Session, Settings, Stream, SubId, Timer,
};
pub use subscription::{SubscriptionState, Terms};
pub use transport::{Gone, Received, Transport};
