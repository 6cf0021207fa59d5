//! The opening handshake of a WebSocket (RFC 6455, section 4.2).

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use mizan_channels::transport::SUBPROTOCOL;
use mizan_core::{Error, ErrorCode};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::response::ReplyBody;

/// The only version of the protocol (RFC 6455, section 4.1).
pub(super) const VERSION: HeaderValue = HeaderValue::from_static("13");

/// Checks that a request is a WebSocket upgrade.
pub(super) fn check_upgrade(headers: &HeaderMap) -> Result<(), Error> {
    if has_token(headers, &header::UPGRADE, "websocket")
        && has_token(headers, &header::CONNECTION, "upgrade")
    {
        Ok(())
    } else {
        Err(malformed("expected a WebSocket handshake over HTTP/1.1"))
    }
}

/// Returns whether the client uses the supported version of the protocol.
pub(super) fn is_version_supported(headers: &HeaderMap) -> bool {
    headers.get(header::SEC_WEBSOCKET_VERSION) == Some(&VERSION)
}

/// Checks the subprotocol, and returns the value of `Sec-WebSocket-Accept`.
pub(super) fn accept_key(headers: &HeaderMap) -> Result<HeaderValue, Error> {
    let key = headers
        .get(header::SEC_WEBSOCKET_KEY)
        .map(HeaderValue::as_bytes)
        .filter(|key| is_key(key))
        .ok_or_else(|| malformed("`sec-websocket-key` must be 16 bytes in base64"))?;
    if !has_token(headers, &header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
        return Err(malformed("the subprotocol must be `mizan.v1.json`"));
    }
    HeaderValue::try_from(derive_accept_key(key)).map_err(Error::internal)
}

/// Returns the response that accepts the handshake.
pub(super) fn switching_protocols(accept_key: HeaderValue) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept_key),
        (
            header::SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(SUBPROTOCOL),
        ),
    ] {
        headers.insert(name, value);
    }
    response
}

pub(super) fn malformed(message: &'static str) -> Error {
    Error::new(ErrorCode::Malformed, message)
}

/// Returns whether a header that lists tokens contains `token`, ignoring case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .any(|found| found.trim().eq_ignore_ascii_case(token))
}

fn is_key(key: &[u8]) -> bool {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    key.len() == 24 && key.ends_with(b"==") && key[..22].iter().all(is_base64)
}
