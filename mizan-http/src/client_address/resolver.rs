//! Resolution of the client's address behind trusted proxies.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Once;

use http::{Extensions, HeaderMap};
use ipnet::IpNet;

use super::forwarded;
use super::header::ForwardedHeader;
use super::network::canonical_network;

/// The address of the peer of the connection, as an extension of the request.
///
/// [`serve`](crate::serve()) inserts it. With another server, insert it in a middleware: without it, calls
/// have no client address, and the limits for each client do not apply.
///
/// ```
/// use axum::extract::{ConnectInfo, Request};
/// use axum::middleware::Next;
/// use axum::response::Response;
/// use mizan_http::PeerAddr;
/// use std::net::SocketAddr;
///
/// async fn insert_peer_addr(
///     ConnectInfo(peer): ConnectInfo<SocketAddr>,
///     mut request: Request,
///     next: Next,
/// ) -> Response {
///     request.extensions_mut().insert(PeerAddr(peer));
///     next.run(request).await
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddr(pub SocketAddr);

/// Finds the address of the client in the header that trusted proxies append to.
pub(crate) struct ClientAddressResolver {
    trusted_proxies: Vec<IpNet>,
    header: ForwardedHeader,
    warning: Once,
}

impl ClientAddressResolver {
    pub(crate) fn new(trusted_proxies: Vec<IpNet>, header: ForwardedHeader) -> Self {
        Self {
            trusted_proxies: trusted_proxies.into_iter().map(canonical_network).collect(),
            header,
            warning: Once::new(),
        }
    }

    /// Returns the address of the client that made a request.
    ///
    /// Each proxy appends the address of its peer to the header, so the header is read from its end: the
    /// first address that is not a trusted proxy is the client. Entries before it may be forged. An entry
    /// without an address (`unknown`, an obfuscated name, a malformed value) ends the search at the proxy
    /// that wrote it.
    pub(crate) fn resolve(&self, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
        let PeerAddr(peer) = extensions.get()?;
        let mut client = peer.ip().to_canonical();
        if !self.is_trusted(client) {
            self.warn_of_untrusted_proxy(client, headers);
            return Some(client);
        }
        self.warn_of_other_header(headers);
        for entry in forwarded::entries(self.header, headers) {
            let Some(addr) = entry else {
                break;
            };
            client = addr.to_canonical();
            if !self.is_trusted(client) {
                break;
            }
        }
        Some(client)
    }

    fn is_trusted(&self, addr: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|net| net.contains(&addr))
    }

    /// Warns about a header from a private address, which is probably a proxy. Unless it is trusted, all
    /// of its clients count as one.
    fn warn_of_untrusted_proxy(&self, peer: IpAddr, headers: &HeaderMap) {
        if self.warning.is_completed() || !is_private(peer) {
            return;
        }
        let names = [self.header, self.header.other()].map(ForwardedHeader::name);
        let Some(name) = names.into_iter().find(|name| headers.contains_key(name)) else {
            return;
        };
        self.warning.call_once(|| {
            tracing::warn!(
                %peer,
                header = %name,
                "ignoring a forwarding header from a private address that is not a trusted proxy: if it \
                 is your proxy, add it to `trusted_proxies`, because all its clients share one address \
                 until then"
            );
        });
    }

    fn warn_of_other_header(&self, headers: &HeaderMap) {
        let (expected, other) = (self.header.name(), self.header.other().name());
        if headers.contains_key(&other) && !headers.contains_key(&expected) {
            self.warning.call_once(|| {
                tracing::warn!(
                    header = %other,
                    expected = %expected,
                    "ignoring a forwarding header of a trusted proxy, because another header is \
                     configured: set `forwarded_header`, because all clients share one address until then"
                );
            });
        }
    }
}

fn is_private(addr: IpAddr) -> bool {
    match addr {
        IpAddr::V4(addr) => {
            addr.is_private()
                || addr.is_loopback()
                || addr.is_link_local()
                || is_shared_address_space(addr)
        }
        IpAddr::V6(addr) => {
            addr.is_loopback() || addr.is_unique_local() || addr.is_unicast_link_local()
        }
    }
}

/// Returns whether the address is in 100.64.0.0/10 (RFC 6598), which cloud providers use internally.
fn is_shared_address_space(addr: Ipv4Addr) -> bool {
    let [first, second, ..] = addr.octets();
    first == 100 && second & 0xc0 == 64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(
        addrs: &ClientAddressResolver,
        peer: &str,
        headers: &[(&'static str, &[u8])],
    ) -> IpAddr {
        let mut extensions = Extensions::new();
        extensions.insert(PeerAddr(peer.parse().unwrap()));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, http::HeaderValue::from_bytes(value).unwrap());
        }
        addrs.resolve(&extensions, &map).unwrap()
    }

    fn check(header: ForwardedHeader, name: &'static str, cases: &[(&str, &[&str], &str)]) {
        let addrs = ClientAddressResolver::new(vec!["10.0.0.0/8".parse().unwrap()], header);
        for (peer, values, client) in cases {
            let headers: Vec<_> = values
                .iter()
                .map(|value| (name, value.as_bytes()))
                .collect();
            let resolved = resolve(&addrs, peer, &headers);
            assert_eq!(resolved.to_string(), *client, "{peer} {values:?}");
        }
    }

    #[test]
    fn trusts_entries_of_trusted_proxies_only() {
        check(
            ForwardedHeader::XForwardedFor,
            "x-forwarded-for",
            &[
                ("9.9.9.9:1", &[], "9.9.9.9"),
                ("9.9.9.9:1", &["1.1.1.1"], "9.9.9.9"),
                ("10.0.0.1:1", &[], "10.0.0.1"),
                ("10.0.0.1:1", &["1.1.1.1"], "1.1.1.1"),
                ("10.0.0.1:1", &["6.6.6.6, 1.1.1.1"], "1.1.1.1"),
                ("10.0.0.1:1", &["6.6.6.6, 1.1.1.1, 10.0.0.2"], "1.1.1.1"),
                ("10.0.0.1:1", &["6.6.6.6", "1.1.1.1", "10.0.0.2"], "1.1.1.1"),
                ("10.0.0.1:1", &["6.6.6.6, nonsense, 10.0.0.2"], "10.0.0.2"),
                ("10.0.0.1:1", &["6.6.6.6, 1.1.1.1, , "], "1.1.1.1"),
                ("10.0.0.1:1", &["nonsense"], "10.0.0.1"),
                ("[::ffff:10.0.0.1]:1", &["2001:db8::1"], "2001:db8::1"),
                ("10.0.0.1:1", &["1.1.1.1, ::ffff:10.0.0.2"], "1.1.1.1"),
            ],
        );
        let none = ClientAddressResolver::new(Vec::new(), ForwardedHeader::default());
        assert_eq!(none.resolve(&Extensions::new(), &HeaderMap::new()), None);
    }

    #[test]
    fn parses_entries_with_ports() {
        check(
            ForwardedHeader::XForwardedFor,
            "x-forwarded-for",
            &[
                ("10.0.0.1:1", &["1.2.3.4:5678"], "1.2.3.4"),
                (
                    "10.0.0.1:1",
                    &["6.6.6.6, 1.2.3.4:5678, 10.0.0.2:80"],
                    "1.2.3.4",
                ),
                ("10.0.0.1:1", &["[2001:db8::1]:5678"], "2001:db8::1"),
                ("10.0.0.1:1", &["[2001:db8::1]"], "2001:db8::1"),
                ("10.0.0.1:1", &["[::ffff:1.2.3.4]:80"], "1.2.3.4"),
                ("10.0.0.1:1", &["1.2.3.4:"], "10.0.0.1"),
                ("10.0.0.1:1", &["1.2.3.4:port"], "10.0.0.1"),
                ("10.0.0.1:1", &["1.2.3.4:123456"], "10.0.0.1"),
                ("10.0.0.1:1", &["[1.2.3.4]:80"], "10.0.0.1"),
                ("10.0.0.1:1", &["[2001:db8::1]80"], "10.0.0.1"),
                ("10.0.0.1:1", &["[2001:db8::1"], "10.0.0.1"),
            ],
        );
    }

    #[test]
    fn parses_forwarded() {
        check(
            ForwardedHeader::Forwarded,
            "forwarded",
            &[
                ("9.9.9.9:1", &["for=1.1.1.1"], "9.9.9.9"),
                ("10.0.0.1:1", &["for=1.1.1.1"], "1.1.1.1"),
                (
                    "10.0.0.1:1",
                    &["For=1.1.1.1;proto=http;by=10.0.0.1"],
                    "1.1.1.1",
                ),
                ("10.0.0.1:1", &["proto=http; for=\"1.1.1.1:80\""], "1.1.1.1"),
                ("10.0.0.1:1", &["for=\"[2001:db8::1]:4711\""], "2001:db8::1"),
                (
                    "10.0.0.1:1",
                    &["for=\"[2001:db8::1]:_port\""],
                    "2001:db8::1",
                ),
                ("10.0.0.1:1", &["for=\"1.1\\.1.1\""], "1.1.1.1"),
                (
                    "10.0.0.1:1",
                    &["for=6.6.6.6, for=1.1.1.1, for=10.0.0.2"],
                    "1.1.1.1",
                ),
                ("10.0.0.1:1", &["for=6.6.6.6", "for=1.1.1.1"], "1.1.1.1"),
                (
                    "10.0.0.1:1",
                    &["for=6.6.6.6;host=\"a,b;for=5.5.5.5\", for=10.0.0.2"],
                    "6.6.6.6",
                ),
                // An entry without an address: the proxy that appended it is the client.
                (
                    "10.0.0.1:1",
                    &["for=6.6.6.6, for=unknown, for=10.0.0.2"],
                    "10.0.0.2",
                ),
                ("10.0.0.1:1", &["for=6.6.6.6, for=_hidden"], "10.0.0.1"),
                ("10.0.0.1:1", &["for=6.6.6.6, by=10.0.0.2"], "10.0.0.1"),
                (
                    "10.0.0.1:1",
                    &["for=6.6.6.6, for=1.1.1.1;for=2.2.2.2"],
                    "10.0.0.1",
                ),
                ("10.0.0.1:1", &["for=6.6.6.6, 1.1.1.1"], "10.0.0.1"),
                ("10.0.0.1:1", &["for=6.6.6.6, for=\"1.1.1.1"], "10.0.0.1"),
                ("10.0.0.1:1", &["for=\"\""], "10.0.0.1"),
            ],
        );
    }

    #[test]
    fn malformed_client_entries_do_not_hide_the_client() {
        // The proxy appends its entry to the value of the client, which may contain an unclosed quote or
        // invalid UTF-8.
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let addrs = ClientAddressResolver::new(trusted.clone(), ForwardedHeader::Forwarded);
        for sent in [
            &b"for=\""[..],
            b"for=\"\\",
            b"for=\"\\\"",
            b"\xff",
            b"for=\"a\\",
        ] {
            let value = [sent, b", for=1.1.1.1"].concat();
            let client = resolve(&addrs, "10.0.0.1:1", &[("forwarded", &value)]);
            assert_eq!(client.to_string(), "1.1.1.1", "{sent:?}");
        }
        let addrs = ClientAddressResolver::new(trusted, ForwardedHeader::XForwardedFor);
        let value = b"\xff\xfe, 1.1.1.1";
        let client = resolve(&addrs, "10.0.0.1:1", &[("x-forwarded-for", value)]);
        assert_eq!(client.to_string(), "1.1.1.1");
    }

    #[test]
    fn reads_only_the_configured_header() {
        let both: [(&str, &[u8]); 2] = [
            ("x-forwarded-for", b"1.1.1.1"),
            ("forwarded", b"for=2.2.2.2"),
        ];
        for (header, client) in [
            (ForwardedHeader::XForwardedFor, "1.1.1.1"),
            (ForwardedHeader::Forwarded, "2.2.2.2"),
        ] {
            let addrs = ClientAddressResolver::new(vec!["10.0.0.0/8".parse().unwrap()], header);
            assert_eq!(resolve(&addrs, "10.0.0.1:1", &both).to_string(), client);
            // The other header is ignored even if it is the only one.
            let other = both
                .iter()
                .find(|(name, _)| header.name() != *name)
                .unwrap();
            assert_eq!(
                resolve(&addrs, "10.0.0.1:1", &[*other]).to_string(),
                "10.0.0.1"
            );
        }
    }

    #[test]
    fn matches_ipv4_mapped_networks() {
        let trusted = vec!["::ffff:10.0.0.0/104".parse().unwrap()];
        let addrs = ClientAddressResolver::new(trusted, ForwardedHeader::default());
        for peer in ["10.1.2.3:1", "[::ffff:10.1.2.3]:1"] {
            let client = resolve(&addrs, peer, &[("x-forwarded-for", b"1.1.1.1")]);
            assert_eq!(client.to_string(), "1.1.1.1", "{peer}");
        }
    }
}
