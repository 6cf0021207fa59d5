use std::net::{IpAddr, SocketAddr};

use http::{Extensions, HeaderMap};
use ipnet::IpNet;

/// The other end of the connection, as an extension of the request.
///
/// [`serve`](crate::serve()) sets it. Behind another server, set it in a middleware, or calls have
/// no client address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddr(pub SocketAddr);

/// Where a request really came from.
///
/// `X-Forwarded-For` counts only as far as it was written by `trusted` proxies: each appends the
/// peer that it saw, so it is read from the end, and the first address that is no proxy of ours is
/// the client. What stands before it is what the client made up.
pub(crate) fn client_addr(
    extensions: &Extensions,
    headers: &HeaderMap,
    trusted: &[IpNet],
) -> Option<IpAddr> {
    let PeerAddr(peer) = extensions.get()?;
    let mut client = peer.ip().to_canonical();
    let is_trusted = |addr: &IpAddr| trusted.iter().any(|net| net.contains(addr));
    if !is_trusted(&client) {
        return Some(client);
    }
    let headers: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
    let addrs = headers
        .iter()
        .rev()
        .flat_map(|value| value.to_str().unwrap_or_default().rsplit(','));
    for addr in addrs {
        let Ok(addr) = addr.trim().parse::<IpAddr>() else {
            break;
        };
        client = addr.to_canonical();
        if !is_trusted(&client) {
            break;
        }
    }
    Some(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        for (peer, forwarded, client) in [
            ("9.9.9.9:1", &[][..], "9.9.9.9"),
            ("9.9.9.9:1", &["1.1.1.1"], "9.9.9.9"),
            ("10.0.0.1:1", &[], "10.0.0.1"),
            ("10.0.0.1:1", &["1.1.1.1"], "1.1.1.1"),
            ("10.0.0.1:1", &["6.6.6.6, 1.1.1.1"], "1.1.1.1"),
            ("10.0.0.1:1", &["6.6.6.6, 1.1.1.1, 10.0.0.2"], "1.1.1.1"),
            ("10.0.0.1:1", &["6.6.6.6", "1.1.1.1", "10.0.0.2"], "1.1.1.1"),
            ("10.0.0.1:1", &["6.6.6.6, nonsense, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1:1", &["nonsense"], "10.0.0.1"),
            ("[::ffff:10.0.0.1]:1", &["2001:db8::1"], "2001:db8::1"),
        ] {
            let mut extensions = Extensions::new();
            extensions.insert(PeerAddr(peer.parse().unwrap()));
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append("x-forwarded-for", value.parse().unwrap());
            }
            assert_eq!(
                client_addr(&extensions, &headers, &["10.0.0.0/8".parse().unwrap()]),
                Some(client.parse().unwrap()),
                "{peer} {forwarded:?}"
            );
        }
        assert_eq!(
            client_addr(&Extensions::new(), &HeaderMap::new(), &[]),
            None
        );
    }
}
