//! The peers whose traces are continued.

use std::sync::Arc;

use http::Extensions;
use ipnet::IpNet;

use crate::client_address::{PeerAddr, canonical_network};

/// The peers whose traces are continued. Cloning is cheap.
#[derive(Clone, Debug, Default)]
pub(super) struct TrustedPeers {
    proxies: Arc<[IpNet]>,
    pub(super) includes_clients: bool,
}

impl TrustedPeers {
    pub(super) fn set_proxies(&mut self, addresses: impl IntoIterator<Item = IpNet>) {
        self.proxies = addresses.into_iter().map(canonical_network).collect();
    }

    /// Returns whether the peer of a request is trusted. A request without a [`PeerAddr`] has an unknown peer.
    pub(super) fn contain_peer(&self, extensions: &Extensions) -> bool {
        if self.includes_clients {
            return true;
        }
        extensions.get::<PeerAddr>().is_some_and(|PeerAddr(peer)| {
            let addr = peer.ip().to_canonical();
            self.proxies.iter().any(|proxies| proxies.contains(&addr))
        })
    }
}
