//! Checks of server URLs: loopback hosts, and passwords that are sent without TLS.

use std::net::IpAddr;

use url::{Host, Url};

/// Returns true if the host of the URL is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        // For schemes that browsers do not use, `url` does not parse IPv4 addresses.
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

/// Logs a warning if a URL of PostgreSQL or Redis sends a password to another machine without TLS.
#[cfg(any(feature = "postgres", feature = "redis"))]
pub(crate) fn warn_about_missing_tls(url: &str) {
    if let Some((scheme, host)) = sends_password_without_tls(url) {
        tracing::warn!(
            scheme,
            host,
            "the connection to the account store sends the password and all data without TLS: use \
             `rediss://` or `?sslmode=verify-full`, unless the network is trusted"
        );
    }
}

/// Returns the scheme and the host of a URL that sends a password to another machine without TLS.
#[cfg(any(feature = "postgres", feature = "redis"))]
fn sends_password_without_tls(url: &str) -> Option<(String, String)> {
    let url: Url = url.parse().ok()?;
    let has_tls = match url.scheme() {
        "redis" | "valkey" => false,
        "postgres" | "postgresql" => url.query_pairs().any(|(name, value)| {
            (name == "sslmode" || name == "ssl-mode")
                && ["require", "verify-ca", "verify-full"].contains(&&*value)
        }),
        _ => true,
    };
    let host = url.host_str().filter(|host| !host.is_empty())?;
    let is_exposed = url.password().is_some() && !has_tls && !is_loopback(&url);
    is_exposed.then(|| (url.scheme().to_owned(), host.to_owned()))
}

#[cfg(all(test, any(feature = "postgres", feature = "redis")))]
mod tests {
    use super::*;

    #[test]
    fn detects_passwords_sent_without_tls() {
        for (url, is_exposed) in [
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
            assert_eq!(
                sends_password_without_tls(url).is_some(),
                is_exposed,
                "{url}"
            );
        }
    }
}
