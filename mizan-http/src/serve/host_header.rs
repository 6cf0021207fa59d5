//! The check that a request names exactly one host, so that this server and its proxies agree on it.

use http::uri::Authority;
use http::{HeaderValue, Request, Version, header};
use mizan_core::{Error, ErrorCode};

/// Checks that a request names its host exactly once: in one `Host` header over HTTP/1.1 (RFC 9112,
/// section 3.2), in `:authority` over HTTP/2 (RFC 9113, section 8.3.1).
///
/// # Errors
///
/// Returns `malformed` if there is no host, if there are several, if the host is invalid, or if `Host`
/// differs from `:authority`.
pub(crate) fn check<B>(request: &Request<B>) -> Result<(), Error> {
    let mut headers = request.headers().get_all(header::HOST).iter();
    let header = headers.next();
    if headers.next().is_some() {
        return Err(malformed("the request has more than one `Host` header"));
    }
    let host = header.map(parse).transpose()?;
    let target = request.uri().authority();
    if target.is_some_and(|target| !is_host(target)) {
        return Err(malformed("the target of the request has an invalid host"));
    }
    let version = request.version();
    match (target, host) {
        (Some(target), Some(host)) if target != &host => Err(malformed(
            "the `Host` header differs from the target of the request",
        )),
        (None, None) if version > Version::HTTP_10 => {
            Err(malformed("the request has no `Host` header"))
        }
        // The header is required even if the target contains the host.
        (Some(_), None) if version == Version::HTTP_11 => {
            Err(malformed("the request has no `Host` header"))
        }
        _ => Ok(()),
    }
}

fn parse(host: &HeaderValue) -> Result<Authority, Error> {
    Authority::try_from(host.as_bytes())
        .ok()
        .filter(is_host)
        .ok_or_else(|| malformed("the `Host` header is not a valid host"))
}

fn is_host(authority: &Authority) -> bool {
    let text = authority.as_str();
    // The host may be followed by a colon and a port, which may be empty.
    let port = text
        .strip_prefix(authority.host())
        .map(|rest| rest.strip_prefix(':').unwrap_or(rest));
    // A comma is valid in a host but does not occur in practice. It may result from two joined headers.
    !authority.host().is_empty()
        && !text.contains(',')
        && port.is_some_and(|port| port.is_empty() || port.parse::<u16>().is_ok())
}

fn malformed(message: &'static str) -> Error {
    Error::new(ErrorCode::Malformed, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(version: Version, target: &str, hosts: &[&str]) -> Request<()> {
        let mut request = Request::get(target).version(version).body(()).unwrap();
        for host in hosts {
            let host = HeaderValue::from_str(host).unwrap();
            request.headers_mut().append(header::HOST, host);
        }
        request
    }

    #[test]
    fn accepts_one_host() {
        for host in [
            "example.com",
            "example.com:8000",
            "example.com:",
            "127.0.0.1:80",
            "[::1]:8000",
            "under_score.internal",
        ] {
            let request = request(Version::HTTP_11, "/", &[host]);
            assert!(check(&request).is_ok(), "{host}");
        }
        for (version, target, hosts) in [
            (Version::HTTP_10, "/", &[][..]),
            (Version::HTTP_11, "http://a/", &["A"]),
            (Version::HTTP_2, "http://a/", &[]),
            (Version::HTTP_2, "http://a/", &["a"]),
            (Version::HTTP_2, "/", &["a"]),
        ] {
            assert!(check(&request(version, target, hosts)).is_ok(), "{hosts:?}");
        }
    }

    #[test]
    fn rejects_missing_duplicate_and_malformed_hosts() {
        for host in [
            "", " ", "a b/c", "a/b", "a,b", "user@a", "a:x", "a:99999", ":80", "a b", "http://a",
            "a?b", "a#b", "[::1", "a\u{e9}",
        ] {
            let request = request(Version::HTTP_11, "/", &[host]);
            assert!(check(&request).is_err(), "{host}");
        }
        for (version, target, hosts) in [
            (Version::HTTP_11, "/", &[][..]),
            (Version::HTTP_11, "http://a/", &[]),
            (Version::HTTP_11, "http://a/", &["b"]),
            (Version::HTTP_11, "/", &["a", "a"]),
            (Version::HTTP_11, "/", &["a", "b"]),
            (Version::HTTP_10, "/", &["a", "b"]),
            (Version::HTTP_10, "/", &["a b"]),
            (Version::HTTP_2, "/", &[]),
            (Version::HTTP_2, "http://a/", &["b"]),
            (Version::HTTP_2, "http://a/", &["a", "a"]),
            (Version::HTTP_2, "http://user@a/", &[]),
        ] {
            assert!(
                check(&request(version, target, hosts)).is_err(),
                "{hosts:?}"
            );
        }
    }
}
