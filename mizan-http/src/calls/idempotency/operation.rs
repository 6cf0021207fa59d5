//! The operation that a request with an idempotency key runs.

use std::net::IpAddr;

use mizan_core::Principal;
use mizan_core::shared_store::Operation;

use super::key::IdempotencyKey;

/// Returns the operation of a request. `payload` is everything that the client sent: the input, and a hash of
/// each file.
///
/// The key identifies it together with the user and the function. An anonymous caller may repeat a request from
/// another network.
pub(crate) fn operation<'a>(
    key: &IdempotencyKey,
    function: &str,
    principal: &Principal,
    client_addr: Option<IpAddr>,
    payload: impl IntoIterator<Item = &'a [u8]>,
) -> Operation {
    let user = principal.id().unwrap_or_default();
    let is_signed_in = [u8::from(principal.is_signed_in())];
    let id = [
        b"call",
        &is_signed_in[..],
        user.as_bytes(),
        function.as_bytes(),
        key.as_bytes(),
    ];
    // `payload` has a shorter lifetime than the texts above, and a list has one lifetime.
    let payload: Vec<_> = payload.into_iter().collect();
    match principal.id() {
        Some(user) => Operation::new([b"user", user.as_bytes()], id, payload),
        None => {
            let network = anonymous_network(client_addr);
            Operation::new([b"network", network.as_bytes()], id, payload)
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
