//! Results of the asynchronous work of a connection.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use mizan_core::Error;
use mizan_core::adapter::SnapshotReply;

use crate::broker::{Cursor, LogReader, SubscriptionId};
use crate::session::{Refusal, SubscriptionConfig};
use crate::transport::Peer;

/// Asynchronous work of a connection.
pub(super) type Effect = BoxFuture<'static, EffectResult>;

pub(super) enum EffectResult {
    Authenticated {
        ticket: u32,
        result: Result<Peer, Error>,
    },
    Subscription(SubscriptionId, SubscriptionResult),
    /// The subscription has ended.
    Cancelled,
}

/// The result of a subscription's request.
pub(super) enum SubscriptionResult {
    Authorized {
        ticket: u32,
        result: Result<SubscriptionConfig, Refusal>,
    },
    Attached {
        reader: Box<dyn LogReader>,
        recent: u32,
    },
    Snapshot(SnapshotReply),
    Members {
        /// The reader of the presence log, if the subscription had none.
        reader: Option<Box<dyn LogReader>>,
        at: Cursor,
        members: Bytes,
    },
    MessageReply {
        mid: String,
        result: Result<Bytes, Refusal>,
    },
    HistoryReply {
        mid: String,
        result: Result<Bytes, Refusal>,
    },
}
