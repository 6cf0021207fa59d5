//! Parsing of the addresses that proxies append to a forwarding header.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::HeaderMap;

use super::header::ForwardedHeader;
use crate::quoted_string::rsplit_unquoted;

/// Returns the addresses in all values of the header, from the end. An entry without a valid address is
/// `None`.
pub(super) fn entries(
    header: ForwardedHeader,
    headers: &HeaderMap,
) -> impl Iterator<Item = Option<IpAddr>> {
    let values: Vec<_> = headers.get_all(header.name()).iter().collect();
    values
        .into_iter()
        .rev()
        .flat_map(|value| rsplit_unquoted(value.as_bytes(), b','))
        .map(<[u8]>::trim_ascii)
        // A list may contain empty elements (RFC 9110, section 5.6.1).
        .filter(|element| !element.is_empty())
        .map(move |element| match header {
            ForwardedHeader::XForwardedFor => parse_addr(element),
            ForwardedHeader::Forwarded => parse_addr(&parameter_for(element)?),
        })
}

/// Returns the value of the `for` parameter of an element, if it occurs once (RFC 7239, section 4).
fn parameter_for(element: &[u8]) -> Option<Vec<u8>> {
    let mut found = None;
    for pair in rsplit_unquoted(element, b';') {
        let pair = pair.trim_ascii();
        if pair.is_empty() {
            continue;
        }
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (&pair[..equals], &pair[equals + 1..]);
        if name.eq_ignore_ascii_case(b"for") && found.replace(unquote(value)?).is_some() {
            return None;
        }
    }
    found
}

/// Returns a token, or the content of a quoted string.
fn unquote(value: &[u8]) -> Option<Vec<u8>> {
    let Some(quoted) = value.strip_prefix(b"\"") else {
        return (!value.contains(&b'"')).then(|| value.to_vec());
    };
    let mut content = Vec::new();
    let mut bytes = quoted.strip_suffix(b"\"")?.iter();
    while let Some(byte) = bytes.next() {
        content.push(match byte {
            b'"' => return None,
            b'\\' => *bytes.next()?,
            byte => *byte,
        });
    }
    Some(content)
}

/// Parses an address with or without a port. An IPv6 address may be in brackets, and must be before a
/// port.
fn parse_addr(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(addr) = text.parse() {
        return Some(addr);
    }
    let (addr, port) = if let Some(bracketed) = text.strip_prefix('[') {
        let (addr, rest) = bracketed.split_once(']')?;
        let addr: Ipv6Addr = addr.parse().ok()?;
        if rest.is_empty() {
            return Some(addr.into());
        }
        (IpAddr::from(addr), rest.strip_prefix(':')?)
    } else {
        let (addr, port) = text.split_once(':')?;
        let addr: Ipv4Addr = addr.parse().ok()?;
        (IpAddr::from(addr), port)
    };
    is_port(port).then_some(addr)
}

/// Returns whether `port` is a number or an obfuscated port (RFC 7239, section 6.3).
fn is_port(port: &str) -> bool {
    match port.strip_prefix('_') {
        Some(name) => {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        }
        None => (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit()),
    }
}
