//! The streams of a service: their limits, and their end when the process shuts down.

use mizan_core::{Error, RequestHead};
use tokio_util::sync::CancellationToken;

use crate::client_budget::{Budget, ClientKey, Share};
use crate::response::busy::busy;
use crate::service::limits::HttpLimits;

/// The streams that are sent to clients.
pub(crate) struct ActiveStreams {
    budget: Budget,
    closing: CancellationToken,
}

/// The share of the limits that a stream holds until it ends.
pub(crate) struct StreamShare {
    /// Cancelled when the process shuts down.
    pub(super) closing: CancellationToken,
    _share: Share,
}

impl ActiveStreams {
    pub(crate) fn new(limits: &HttpLimits) -> Self {
        Self {
            budget: Budget::new(
                limits.max_streams as u64,
                limits.max_streams_per_client as u64,
            ),
            closing: CancellationToken::new(),
        }
    }

    /// Takes a place among the streams for the client that made a request.
    pub(crate) fn admit(&self, head: &RequestHead) -> Result<StreamShare, Error> {
        let share = self.budget.take(ClientKey::of_request(head), 1);
        Ok(StreamShare {
            closing: self.closing.clone(),
            _share: share.map_err(busy)?,
        })
    }

    /// Ends all streams with an error that asks their clients to call another process.
    pub(crate) fn close(&self) {
        self.closing.cancel();
    }
}
