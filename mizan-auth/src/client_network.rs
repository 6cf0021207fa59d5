//! The networks that a client address belongs to.

use std::net::IpAddr;

use ipnet::IpNet;

/// The prefix lengths of the limited networks of an IPv4 address, narrowest first.
const IPV4_PREFIXES: [u8; 2] = [32, 24];

/// The prefix lengths of the limited networks of an IPv6 address, narrowest first.
///
/// A customer has at least a /64, often a /56 and sometimes a /48, and can use all of its addresses.
const IPV6_PREFIXES: [u8; 3] = [64, 56, 48];

/// The maximum number of limited networks of an address.
pub(crate) const MAX_LIMITED_NETWORKS: usize = 3;

/// Returns the networks of an address that are limited, narrowest first.
pub(crate) fn limited_networks(address: IpAddr) -> impl Iterator<Item = IpNet> {
    let address = address.to_canonical();
    let prefixes: &[u8] = match address {
        IpAddr::V4(_) => &IPV4_PREFIXES,
        IpAddr::V6(_) => &IPV6_PREFIXES,
    };
    prefixes.iter().map(move |prefix| network(address, *prefix))
}

/// Returns the network of one client: an IPv4 address, or the /64 of an IPv6 address.
pub(crate) fn client_network(address: IpAddr) -> IpNet {
    let address = address.to_canonical();
    match address {
        IpAddr::V4(_) => network(address, IPV4_PREFIXES[0]),
        IpAddr::V6(_) => network(address, IPV6_PREFIXES[0]),
    }
}

/// Returns the widest limited network of an address: an IPv4 /24 or an IPv6 /48.
pub(crate) fn wide_network(address: IpAddr) -> IpNet {
    let address = address.to_canonical();
    match address {
        IpAddr::V4(_) => network(address, IPV4_PREFIXES[1]),
        IpAddr::V6(_) => network(address, IPV6_PREFIXES[2]),
    }
}

fn network(address: IpAddr, prefix: u8) -> IpNet {
    IpNet::new_assert(address, prefix).trunc()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(address: &str) -> Vec<String> {
        let networks = limited_networks(address.parse().unwrap());
        networks.map(|network| network.to_string()).collect()
    }

    #[test]
    fn lists_limited_networks_of_an_address() {
        assert_eq!(networks("10.1.2.3"), ["10.1.2.3/32", "10.1.2.0/24"]);
        assert_eq!(networks("::ffff:10.1.2.3"), networks("10.1.2.3"));
        assert_eq!(
            networks("2001:db8:1:2203::5"),
            [
                "2001:db8:1:2203::/64",
                "2001:db8:1:2200::/56",
                "2001:db8:1::/48"
            ]
        );
    }

    #[test]
    fn distinguishes_clients_by_network() {
        for (a, b, same) in [
            ("10.0.0.1", "10.0.0.2", false),
            ("::ffff:10.0.0.1", "10.0.0.1", true),
            ("2001:db8::1", "2001:db8::ffff:2", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
        ] {
            let [a, b] = [a, b].map(|text| client_network(text.parse().unwrap()));
            assert_eq!(a == b, same, "{a} {b}");
        }
    }
}
