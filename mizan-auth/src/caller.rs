//! The caller of a flow, for the rate limits and the hash queue.

use std::net::IpAddr;

use mizan_core::Cx;
use tokio_util::sync::CancellationToken;

use crate::client_network::{client_network, wide_network};
use crate::password::{QueueClient, QueueEntry};
use crate::token::TokenId;

/// The caller of a flow, and its relation to the account before the password is checked.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) address: Option<IpAddr>,
    pub(crate) trust: Trust,
    queue_client: QueueClient,
    cancelled: CancellationToken,
}

/// The proof that a caller is known to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// No proof: the caller is unknown.
    None,
    /// The cookie of a device that signed in to the account before, or a link that was mailed to the account.
    /// Limits count by its id.
    Device(TokenId),
    /// A session. Limits count by its id.
    Session(String),
}

impl Caller {
    /// Returns the caller of a request as an unknown caller, regardless of its session and device.
    pub(crate) fn unknown(cx: &Cx) -> Self {
        let address = cx.head().client_addr();
        Self {
            address,
            trust: Trust::None,
            queue_client: QueueClient::Network(address.map(wide_network)),
            cancelled: cx.cancellation().clone(),
        }
    }

    /// Returns the caller of a request as known by its session, or as unknown if it is not signed in.
    pub(crate) fn from_session(cx: &Cx) -> Self {
        let unknown = Self::unknown(cx);
        let Some(identity) = cx.principal().identity() else {
            return unknown;
        };
        let user = identity.id().to_owned();
        let session = identity.session_id().map(str::to_owned);
        Self {
            trust: Trust::Session(session.unwrap_or_else(|| user.clone())),
            queue_client: QueueClient::Account(user),
            ..unknown
        }
    }

    /// Returns the caller as known to the account of `user` by the token of a device or link.
    pub(crate) fn with_device(self, token: TokenId, user: &str) -> Self {
        Self {
            trust: Trust::Device(token),
            queue_client: QueueClient::Account(user.to_owned()),
            ..self
        }
    }

    pub(crate) fn is_known_device(&self) -> bool {
        matches!(self.trust, Trust::Device(_))
    }

    /// Returns the entry of the caller for the hash queue.
    pub(crate) fn queue_entry(&self) -> QueueEntry {
        QueueEntry::new(self.queue_client.clone(), self.cancelled.clone())
    }

    /// Returns the network of the caller for the log.
    pub(crate) fn network(&self) -> Option<String> {
        let network = self.address.map(client_network);
        network.map(|network| network.to_string())
    }
}
