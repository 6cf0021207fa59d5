//! IPv4 networks that are written as IPv6.

use ipnet::{IpNet, Ipv4Net};

/// Converts an IPv4-mapped IPv6 network, such as `::ffff:10.0.0.0/104`, to IPv4.
pub(crate) fn canonical_network(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else {
        return network;
    };
    v6.addr()
        .to_ipv4_mapped()
        .zip(v6.prefix_len().checked_sub(96))
        .and_then(|(addr, prefix_len)| Ipv4Net::new(addr, prefix_len).ok())
        .map_or(network, IpNet::V4)
}
