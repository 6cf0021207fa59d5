//! A caller as the limits and the queue of hashes see it.

use std::net::IpAddr;

use mizan_core::Cx;
use tokio_util::sync::CancellationToken;

use crate::TokenId;
use crate::limits::{client_network, wide_network};
use crate::password::{Share, Turn};

/// A caller, and what it has shown of itself before the password is checked.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) address: Option<IpAddr>,
    pub(crate) trust: Trust,
    share: Share,
    gone: CancellationToken,
}

/// The proof that a caller is not a stranger to the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    None,
    /// The cookie of a device that signed in to the account before, or a link that was mailed to
    /// it. Limits count by its id.
    Device(TokenId),
    /// A session. Limits count by its id.
    Session(String),
}

impl Caller {
    /// A caller that has shown nothing.
    pub(crate) fn stranger(cx: &Cx) -> Self {
        let address = cx.head().client_addr();
        Self {
            address,
            trust: Trust::None,
            share: Share::Network(address.map(wide_network)),
            gone: cx.cancellation().clone(),
        }
    }

    /// A caller with the session that its principal has, or a stranger.
    pub(crate) fn of(cx: &Cx) -> Self {
        let stranger = Self::stranger(cx);
        let Some(identity) = cx.principal().identity() else {
            return stranger;
        };
        let user = identity.id().to_owned();
        let session = identity.session_id().map(str::to_owned);
        Self {
            trust: Trust::Session(session.unwrap_or_else(|| user.clone())),
            share: Share::Account(user),
            ..stranger
        }
    }

    /// The caller with the token of a device or link that belongs to the account of `user`.
    pub(crate) fn with_device(self, token: TokenId, user: &str) -> Self {
        Self {
            trust: Trust::Device(token),
            share: Share::Account(user.to_owned()),
            ..self
        }
    }

    pub(crate) fn is_known_device(&self) -> bool {
        matches!(self.trust, Trust::Device(_))
    }

    /// The caller's turn in the queue of hashes.
    pub(crate) fn turn(&self) -> Turn {
        Turn::new(self.share.clone(), self.gone.clone())
    }

    /// The caller's network, for the log.
    pub(crate) fn network(&self) -> Option<String> {
        let network = self.address.map(client_network);
        network.map(|network| network.to_string())
    }
}
