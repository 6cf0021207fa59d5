use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Once;

use http::{Extensions, HeaderMap, HeaderName, header};
use ipnet::{IpNet, Ipv4Net};

mod forwarded;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of the connection, as an extension of the request.
///
/// [`serve`](crate::serve()) sets it. Behind another server, set it in a middleware, or calls have
/// no client address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddr(pub SocketAddr);

/// The header in which trusted proxies name the client.
///
/// Exactly one header is read. A proxy that appends to one of them usually forwards the other as the
/// client wrote it, so a service that read both could be told any address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`: addresses with or without ports.
    #[default]
    XForwardedFor,
    /// The parameter `for` of `Forwarded` (RFC 7239).
    Forwarded,
}

impl ForwardedHeader {
    fn name(self) -> HeaderName {
        match self {
            Self::XForwardedFor => X_FORWARDED_FOR,
            Self::Forwarded => header::FORWARDED,
        }
    }

    fn other(self) -> Self {
        match self {
            Self::XForwardedFor => Self::Forwarded,
            Self::Forwarded => Self::XForwardedFor,
        }
    }
}

/// Finds the client's address behind trusted proxies.
pub(crate) struct ClientAddrs {
    trusted: Vec<IpNet>,
    header: ForwardedHeader,
    warning: Once,
}

impl ClientAddrs {
    pub(crate) fn new(trusted: Vec<IpNet>, header: ForwardedHeader) -> Self {
        Self {
            trusted: trusted.into_iter().map(canonical).collect(),
            header,
            warning: Once::new(),
        }
    }

    /// Returns the address of the client that made a request.
    ///
    /// The header counts only as far as trusted proxies wrote it: each appends the peer that it saw,
    /// so it is read from the end, and the first address that is not a trusted proxy is the client.
    /// Everything before it may be made up. An entry that names no address (`unknown`, an obfuscated
    /// name, nonsense) ends the search at the proxy that wrote it.
    pub(crate) fn find(&self, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
        let PeerAddr(peer) = extensions.get()?;
        let mut client = peer.ip().to_canonical();
        if !self.is_trusted(client) {
            self.warn_of_untrusted_proxy(client, headers);
            return Some(client);
        }
        self.warn_of_other_header(headers);
        for node in forwarded::nodes(self.header, headers) {
            let Some(addr) = node else {
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
        self.trusted.iter().any(|net| net.contains(&addr))
    }

    /// A private address that sends such a header is most likely a proxy, and then all clients count
    /// as one.
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
                "ignoring a forwarding header from a private address that is not a trusted proxy: \
                 if it is your proxy, add it to `trusted_proxies`, or all its clients share one address"
            );
        });
    }

    fn warn_of_other_header(&self, headers: &HeaderMap) {
        let (read, other) = (self.header.name(), self.header.other().name());
        if headers.contains_key(&other) && !headers.contains_key(&read) {
            self.warning.call_once(|| {
                tracing::warn!(
                    header = %other,
                    read = %read,
                    "a trusted proxy sends a forwarding header that is not the one to read: set \
                     `forwarded_header`, or all its clients share one address"
                );
            });
        }
    }
}

/// The network as IPv4, where it is written in IPv6's form of IPv4.
pub(crate) fn canonical(net: IpNet) -> IpNet {
    let IpNet::V6(v6) = net else {
        return net;
    };
    let v4 = v6.addr().to_ipv4_mapped();
    let prefix = v6.prefix_len().checked_sub(96);
    let v4 = v4
        .zip(prefix)
        .and_then(|(addr, len)| Ipv4Net::new(addr, len).ok());
    v4.map_or(net, IpNet::V4)
}

fn is_private(addr: IpAddr) -> bool {
    match addr {
        IpAddr::V4(addr) => {
            addr.is_private()
                || addr.is_loopback()
                || addr.is_link_local()
                || is_carrier_private(addr)
        }
        IpAddr::V6(addr) => {
            addr.is_loopback() || addr.is_unique_local() || addr.is_unicast_link_local()
        }
    }
}

/// Returns whether the address is in 100.64.0.0/10 (RFC 6598), which clouds use internally.
fn is_carrier_private(addr: Ipv4Addr) -> bool {
    let [first, second, ..] = addr.octets();
    first == 100 && second & 0xc0 == 64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(addrs: &ClientAddrs, peer: &str, headers: &[(&'static str, &[u8])]) -> IpAddr {
        let mut extensions = Extensions::new();
        extensions.insert(PeerAddr(peer.parse().unwrap()));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, http::HeaderValue::from_bytes(value).unwrap());
        }
        addrs.find(&extensions, &map).unwrap()
    }

    fn check(header: ForwardedHeader, name: &'static str, cases: &[(&str, &[&str], &str)]) {
        let addrs = ClientAddrs::new(vec!["10.0.0.0/8".parse().unwrap()], header);
        for (peer, values, client) in cases {
            let headers: Vec<_> = values
                .iter()
                .map(|value| (name, value.as_bytes()))
                .collect();
            let found = find(&addrs, peer, &headers);
            assert_eq!(found.to_string(), *client, "{peer} {values:?}");
        }
    }

    #[test]
    fn believes_only_trusted_proxies() {
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
        let none = ClientAddrs::new(Vec::new(), ForwardedHeader::default());
        assert_eq!(none.find(&Extensions::new(), &HeaderMap::new()), None);
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
                // Names no address: it was the proxy before that said so.
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
    fn what_a_client_writes_does_not_hide_it() {
        // A proxy appends to what came; an open quote or a byte that is no text reaches no further.
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let addrs = ClientAddrs::new(trusted.clone(), ForwardedHeader::Forwarded);
        for sent in [
            &b"for=\""[..],
            b"for=\"\\",
            b"for=\"\\\"",
            b"\xff",
            b"for=\"a\\",
        ] {
            let value = [sent, b", for=1.1.1.1"].concat();
            let found = find(&addrs, "10.0.0.1:1", &[("forwarded", &value)]);
            assert_eq!(found.to_string(), "1.1.1.1", "{sent:?}");
        }
        let addrs = ClientAddrs::new(trusted, ForwardedHeader::XForwardedFor);
        let value = b"\xff\xfe, 1.1.1.1";
        let found = find(&addrs, "10.0.0.1:1", &[("x-forwarded-for", value)]);
        assert_eq!(found.to_string(), "1.1.1.1");
    }

    #[test]
    fn reads_only_the_header_that_was_chosen() {
        let both: [(&str, &[u8]); 2] = [
            ("x-forwarded-for", b"1.1.1.1"),
            ("forwarded", b"for=2.2.2.2"),
        ];
        for (header, client) in [
            (ForwardedHeader::XForwardedFor, "1.1.1.1"),
            (ForwardedHeader::Forwarded, "2.2.2.2"),
        ] {
            let addrs = ClientAddrs::new(vec!["10.0.0.0/8".parse().unwrap()], header);
            assert_eq!(find(&addrs, "10.0.0.1:1", &both).to_string(), client);
            // The other one alone says nothing.
            let other = both
                .iter()
                .find(|(name, _)| header.name() != *name)
                .unwrap();
            assert_eq!(
                find(&addrs, "10.0.0.1:1", &[*other]).to_string(),
                "10.0.0.1"
            );
        }
    }

    #[test]
    fn networks_in_the_form_of_ipv6_match() {
        let trusted = vec!["::ffff:10.0.0.0/104".parse().unwrap()];
        let addrs = ClientAddrs::new(trusted, ForwardedHeader::default());
        for peer in ["10.1.2.3:1", "[::ffff:10.1.2.3]:1"] {
            let found = find(&addrs, peer, &[("x-forwarded-for", b"1.1.1.1")]);
            assert_eq!(found.to_string(), "1.1.1.1", "{peer}");
        }
    }
}
