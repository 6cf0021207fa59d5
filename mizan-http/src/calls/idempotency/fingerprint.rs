//! Hashes by which two requests with an idempotency key are compared.

use std::net::IpAddr;

use mizan_core::Principal;
use sha2::{Digest, Sha256};

use super::key::IdempotencyKey;

pub(super) type Hash = [u8; 32];

/// Identifies a call with an idempotency key: its caller, its function and key, and its payload.
#[derive(Clone, Copy)]
pub(crate) struct RequestFingerprint {
    pub(super) caller: Hash,
    pub(super) call: Hash,
    pub(super) payload: Hash,
}

impl RequestFingerprint {
    /// Hashes a request. `payload` is everything that the client sent: the input, and a hash of each file.
    pub(crate) fn new<'a>(
        key: &IdempotencyKey,
        function: &str,
        principal: &Principal,
        client_addr: Option<IpAddr>,
        payload: impl IntoIterator<Item = &'a [u8]>,
    ) -> Self {
        let user = principal.id().unwrap_or_default();
        let is_signed_in = [u8::from(principal.is_signed_in())];
        let caller = match principal.id() {
            Some(id) => hash([&is_signed_in[..], id.as_bytes()]),
            None => hash([&is_signed_in[..], anonymous_network(client_addr).as_bytes()]),
        };
        Self {
            caller,
            call: hash([
                &is_signed_in[..],
                user.as_bytes(),
                function.as_bytes(),
                key.as_bytes(),
            ]),
            payload: hash(payload),
        }
    }
}

/// Returns the network whose anonymous callers count as one caller: an IPv4 address, or an IPv6 /48, which
/// a provider may assign to one customer.
fn anonymous_network(client_addr: Option<IpAddr>) -> String {
    match client_addr {
        Some(IpAddr::V6(addr)) => {
            let [first, second, third, ..] = addr.segments();
            format!("{first:x}:{second:x}:{third:x}::/48")
        }
        Some(addr) => addr.to_string(),
        None => String::new(),
    }
}

/// Hashes the parts, each with its length, so that moving bytes from one part to the next changes the
/// hash.
fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}
