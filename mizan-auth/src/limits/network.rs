//! The networks that an address belongs to.

use std::net::IpAddr;

use ipnet::IpNet;

/// The prefix lengths of the limited networks of an IPv4 address, narrowest first.
const IPV4: [u8; 2] = [32, 24];

/// The prefix lengths of the limited networks of an IPv6 address, narrowest first. A customer has a /64
/// at least, often a /56 and sometimes a /48, and may use all of its addresses.
const IPV6: [u8; 3] = [64, 56, 48];

/// The allowances of the networks, as multiples of that of one client, narrowest first.
pub(super) const CLIENTS: [u32; 3] = [1, 8, 16];

/// The networks of an address that are limited, narrowest first.
pub(super) fn networks(address: IpAddr) -> impl Iterator<Item = IpNet> {
    let address = address.to_canonical();
    let widths: &[u8] = match address {
        IpAddr::V4(_) => &IPV4,
        IpAddr::V6(_) => &IPV6,
    };
    widths.iter().map(move |bits| network(address, *bits))
}

/// The network of one client: an IPv4 address, or the /64 of an IPv6 address.
pub(crate) fn client_network(address: IpAddr) -> IpNet {
    let address = address.to_canonical();
    match address {
        IpAddr::V4(_) => network(address, IPV4[0]),
        IpAddr::V6(_) => network(address, IPV6[0]),
    }
}

/// The widest network of an address that is limited: an IPv4 /24 or an IPv6 /48.
pub(crate) fn wide_network(address: IpAddr) -> IpNet {
    let address = address.to_canonical();
    match address {
        IpAddr::V4(_) => network(address, IPV4[1]),
        IpAddr::V6(_) => network(address, IPV6[2]),
    }
}

fn network(address: IpAddr, bits: u8) -> IpNet {
    IpNet::new_assert(address, bits).trunc()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(address: &str) -> Vec<String> {
        let networks = networks(address.parse().unwrap());
        networks.map(|network| network.to_string()).collect()
    }

    #[test]
    fn an_address_belongs_to_wider_networks() {
        assert_eq!(shown("10.1.2.3"), ["10.1.2.3/32", "10.1.2.0/24"]);
        assert_eq!(shown("::ffff:10.1.2.3"), shown("10.1.2.3"));
        assert_eq!(
            shown("2001:db8:1:2203::5"),
            [
                "2001:db8:1:2203::/64",
                "2001:db8:1:2200::/56",
                "2001:db8:1::/48"
            ]
        );
    }

    #[test]
    fn ipv6_clients_are_told_apart_by_network() {
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
