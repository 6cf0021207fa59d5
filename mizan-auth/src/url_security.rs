//! Checks of the URLs of servers: loopback hosts, and passwords sent without TLS.

use std::net::IpAddr;

use url::{Host, Url};

/// Returns whether the host is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        // Outside of the web's schemes, `url` leaves IPv4 addresses as they are written.
        Some(Host::Domain(host)) => {
            let address = host.parse::<IpAddr>();
            host == "localhost"
                || host.ends_with(".localhost")
                || address.is_ok_and(|address| address.is_loopback())
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Logs a warning where a URL of PostgreSQL or Redis has a password and does not ask for TLS, unless the server
/// is on this machine.
#[cfg(any(feature = "postgres", feature = "redis"))]
pub(crate) fn warn_of_clear_text(url: &str) {
    if let Some((scheme, host)) = sent_in_clear(url) {
        tracing::warn!(
            scheme,
            host,
            "the password and the data of the store travel without TLS; use `rediss://` or \
             `?sslmode=verify-full`, unless the network is trusted"
        );
    }
}

/// The scheme and the host of a URL by which a password leaves this machine in clear.
#[cfg(any(feature = "postgres", feature = "redis"))]
fn sent_in_clear(url: &str) -> Option<(String, String)> {
    let url: Url = url.parse().ok()?;
    let is_safe = match url.scheme() {
        "redis" | "valkey" => false,
        "postgres" | "postgresql" => url.query_pairs().any(|(name, value)| {
            (name == "sslmode" || name == "ssl-mode")
                && ["require", "verify-ca", "verify-full"].contains(&&*value)
        }),
        _ => true,
    };
    let host = url.host_str().filter(|host| !host.is_empty())?;
    let leaves = url.password().is_some() && !is_safe && !is_loopback(&url);
    leaves.then(|| (url.scheme().to_owned(), host.to_owned()))
}

#[cfg(all(test, any(feature = "postgres", feature = "redis")))]
mod tests {
    use super::*;

    #[test]
    fn knows_what_is_sent_in_clear() {
        for (url, is_clear) in [
            ("redis://:secret@redis.example.com:6379/0", true),
            ("redis://user:secret@10.0.0.1", true),
            ("redis://redis.example.com", false),
            ("redis://:secret@127.0.0.1", false),
            ("redis://:secret@[::1]:6379", false),
            ("redis://:secret@localhost", false),
            ("rediss://:secret@redis.example.com", false),
            ("redis+unix:///run/redis.sock", false),
            ("postgres://user:secret@db.example.com/x", true),
            (
                "postgresql://user:secret@db.example.com/x?sslmode=prefer",
                true,
            ),
            (
                "postgresql://user:secret@db.example.com/x?sslmode=verify-full",
                false,
            ),
            ("postgres://user:secret@localhost/x", false),
            ("postgres:///x?host=/run/postgresql", false),
            ("no url", false),
        ] {
            assert_eq!(sent_in_clear(url).is_some(), is_clear, "{url}");
        }
    }
}
