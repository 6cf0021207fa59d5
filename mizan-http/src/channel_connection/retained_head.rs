//! The part of a request head that is kept in memory while its connection is open.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use hyper::upgrade::OnUpgrade;
use mizan_core::RequestHead;

/// The maximum size of the retained headers of a connection.
pub(super) const MAX_RETAINED_HEAD_BYTES: usize = 16 * 1024;

/// Headers about the response or the handshake, which are not needed after the upgrade.
const DROPPED_HEADERS: [HeaderName; 12] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::CACHE_CONTROL,
    header::CONNECTION,
    header::DNT,
    header::PRAGMA,
    header::SEC_WEBSOCKET_EXTENSIONS,
    header::SEC_WEBSOCKET_KEY,
    header::SEC_WEBSOCKET_PROTOCOL,
    header::SEC_WEBSOCKET_VERSION,
    header::UPGRADE,
    header::UPGRADE_INSECURE_REQUESTS,
];

fn retained_headers(headers: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
    headers
        .iter()
        .filter(|(name, _)| !DROPPED_HEADERS.contains(name))
}

/// Returns the size of the headers that [`retained_head`] keeps.
pub(super) fn retained_bytes(headers: &HeaderMap) -> usize {
    retained_headers(headers)
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum()
}

/// Copies the head of a request without the upgrade.
///
/// A copy is necessary because the values that a server parses may be slices of its read buffer, which
/// they keep in memory.
pub(super) fn retained_head(head: &RequestHead) -> Arc<RequestHead> {
    let headers = retained_headers(head.headers())
        .filter_map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
            let mut copy = HeaderValue::from_bytes(value.as_bytes()).ok()?;
            copy.set_sensitive(value.is_sensitive());
            Some((name, copy))
        })
        .collect();
    with_headers(head, headers)
}

/// Copies the head of a request, with `headers` in place of its own headers.
pub(super) fn with_headers(head: &RequestHead, headers: HeaderMap) -> Arc<RequestHead> {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.method = head.method().clone();
    // Parsed from a string, so that the URI does not keep the read buffer in memory.
    parts.uri = head.uri().to_string().parse().unwrap_or_default();
    parts.headers = headers;
    parts.extensions = head.extensions().clone();
    parts.extensions.remove::<OnUpgrade>();
    Arc::new(RequestHead::new(parts, head.client_addr()))
}
