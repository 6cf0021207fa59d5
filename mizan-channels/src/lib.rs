#![doc = include_str!("../README.md")]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        reason = "a test that cannot go on says so by panicking"
    )
)]

mod broker;
mod close;
mod jitter;
mod lock;
mod log;
mod protocol;
mod session;
mod subscription;

pub use broker::feed::{Feed, Listener, Mailbox};
pub use broker::memory::MemoryBroker;
pub use broker::presence::presence_of;
#[cfg(feature = "redis")]
pub use broker::redis::RedisBroker;
pub use broker::{Broker, BrokerError, Claim, Publication, Retention};
pub use close::{Close, CloseCode};
pub use log::{Cursor, LogState, Message, ReadReply};
pub use protocol::{Refusal, SUBPROTOCOL};
pub use session::{
    BrokerEvent, ConnectionState, Input, Limits, Output, Session, Settings, Stream, SubId, Timer,
};
pub use subscription::{SubscriptionState, Terms};
