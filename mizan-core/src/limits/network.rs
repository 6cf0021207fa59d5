//! The networks of a client that are limited.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network of a client, and its allowance as a multiple of the allowance of one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct LimitedNetwork {
    /// The first address of the network.
    pub address: IpAddr,
    /// The length of the prefix, in bits.
    pub prefix: u8,
    /// The factor by which the allowance of one client is multiplied.
    pub factor: u32,
}

/// The prefixes and factors of the networks of an IPv4 address, narrowest first.
const IPV4: [(u8, u32); 2] = [(32, 1), (24, 8)];

/// The prefixes and factors of the networks of an IPv6 address, narrowest first.
///
/// A customer has at least a /64, often a /56 and sometimes a /48, and can use all of its addresses.
const IPV6: [(u8, u32); 3] = [(64, 1), (56, 8), (48, 16)];

/// Returns the networks of an address that a limit by address counts, narrowest first.
///
/// One client is an IPv4 address or the /64 network of an IPv6 address. Wider networks have a larger
/// allowance: eight times as large for an IPv4 /24 and an IPv6 /56, sixteen times as large for an IPv6
/// /48.
///
/// ```
/// use mizan_core::limits::limited_networks;
///
/// let networks = limited_networks("2001:db8:1:2203::5".parse().unwrap());
/// let networks: Vec<_> = networks.map(|net| (net.address.to_string(), net.factor)).collect();
/// assert_eq!(networks[0], ("2001:db8:1:2203::".to_owned(), 1));
/// assert_eq!(networks[2], ("2001:db8:1::".to_owned(), 16));
/// ```
pub fn limited_networks(address: IpAddr) -> impl Iterator<Item = LimitedNetwork> {
    let address = address.to_canonical();
    let networks: &[(u8, u32)] = match address {
        IpAddr::V4(_) => &IPV4,
        IpAddr::V6(_) => &IPV6,
    };
    networks
        .iter()
        .map(move |&(prefix, factor)| LimitedNetwork {
            address: truncate(address, prefix),
            prefix,
            factor,
        })
}

/// Returns the first address of the network with this prefix.
fn truncate(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn networks(address: &str) -> Vec<String> {
        let networks = limited_networks(address.parse().unwrap());
        networks
            .map(|network| format!("{}/{}", network.address, network.prefix))
            .collect()
    }

    #[test]
    fn lists_networks_from_narrow_to_wide() {
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
}
