//! The networks that a client address belongs to.

use std::net::IpAddr;

use ipnet::IpNet;

/// The prefix lengths of the network of one client, and of the widest limited network.
const IPV4_PREFIXES: [u8; 2] = [32, 24];

/// The same for an IPv6 address. A customer has at least a /64, often a /56 and sometimes a /48, and can use
/// all of its addresses.
const IPV6_PREFIXES: [u8; 2] = [64, 48];

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
        IpAddr::V6(_) => network(address, IPV6_PREFIXES[1]),
    }
}

fn network(address: IpAddr, prefix: u8) -> IpNet {
    IpNet::new_assert(address, prefix).trunc()
}

#[cfg(test)]
mod tests {
    use super::*;

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
