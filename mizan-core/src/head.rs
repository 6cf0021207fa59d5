use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::OnceLock;

use cookie::Cookie;
use http::{HeaderMap, HeaderName, Method, Uri, request};
use percent_encoding::percent_decode;
use tokio_util::sync::CancellationToken;

/// A client as limits see it: an IPv4 address, or the /64 network of an IPv6 address, all of which one host
/// can use.
#[must_use]
pub fn client_network(addr: IpAddr) -> IpAddr {
    match addr.to_canonical() {
        IpAddr::V6(addr) => {
            let network = u128::from(addr) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(network))
        }
        addr => addr,
    }
}

/// What came before the body of a request.
pub struct RequestHead {
    parts: request::Parts,
    client_addr: Option<IpAddr>,
    for_page: bool,
    cancellation: OnceLock<CancellationToken>,
}

impl RequestHead {
    /// A head out of `http`'s parts; `client_addr` is where the request really came from, which
    /// behind a proxy is not the peer of the connection.
    #[must_use]
    pub fn new(parts: request::Parts, client_addr: Option<IpAddr>) -> Self {
        Self {
            parts,
            client_addr,
            for_page: false,
            cancellation: OnceLock::new(),
        }
    }

    /// Says that the request asks for a page, and that calls are made while the page is rendered.
    #[must_use]
    pub fn for_page(mut self) -> Self {
        self.for_page = true;
        self
    }

    /// The path and the query of the page that the call is made for. Nothing for a call that is a
    /// request by itself.
    #[must_use]
    pub fn page(&self) -> Option<&str> {
        let path = self.uri().path_and_query()?;
        self.for_page.then_some(path.as_str())
    }

    /// The head of a call that comes without HTTP.
    #[must_use]
    pub fn empty() -> Self {
        let (parts, ()) = http::Request::new(()).into_parts();
        Self::new(parts, None)
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.parts.method
    }

    /// The URI as it was asked for.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.parts.uri
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// What servers and middleware attached to the request.
    #[must_use]
    pub fn extensions(&self) -> &http::Extensions {
        &self.parts.extensions
    }

    /// The [network](client_network) of the client, by which limits tell clients apart.
    #[must_use]
    pub fn client_network(&self) -> Option<IpAddr> {
        self.client_addr.map(client_network)
    }

    /// The address of the client, where the server knows it.
    #[must_use]
    pub fn client_addr(&self) -> Option<IpAddr> {
        self.client_addr
    }

    /// Returns the cookie with this name; the first, if the client sent several.
    ///
    /// The name is compared byte for byte and never decoded: browsers guard the prefixes `__Host-` and
    /// `__Secure-` only where they are written out. The value is percent-decoded; a value that is not UTF-8
    /// then is ignored. [`cookie_values`](Self::cookie_values) gives the bytes.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<Cookie<'_>> {
        let mut values = self.cookie_values(name);
        let value = values.find_map(|value| percent_decode(value).decode_utf8().ok())?;
        Some(Cookie::new(name.to_owned(), value))
    }

    /// Returns the value of each cookie with this name, byte for byte, in the order in which the client
    /// sent them. Several `Cookie` headers, as HTTP/2 allows, count as one.
    pub fn cookie_values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let headers = self.headers().get_all(http::header::COOKIE).into_iter();
        let pairs = headers.flat_map(|header| header.as_bytes().split(|byte| *byte == b';'));
        pairs.filter_map(|pair| {
            let pair = pair.trim_ascii();
            let value = pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
            Some(value.trim_ascii())
        })
    }

    /// Cancelled once nobody waits for the answer any more.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        self.cancellation.get_or_init(CancellationToken::new)
    }
}

/// The head of another call that came with the same request, as in a batch: what it carries is the
/// same, and it is cancelled by itself.
impl Clone for RequestHead {
    fn clone(&self) -> Self {
        Self {
            for_page: self.for_page,
            ..Self::new(self.parts.clone(), self.client_addr)
        }
    }
}

/// The request line alone: headers hold cookies and tokens.
impl fmt::Debug for RequestHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.parts.method, self.parts.uri.path())
    }
}

/// What goes back besides the output of a call.
#[derive(Clone, Default)]
pub struct ReplyHead {
    /// Cookies to set.
    pub cookies: Vec<Cookie<'static>>,
    /// Headers to set.
    pub headers: HeaderMap,
    /// What the call made stale, besides what its function declares.
    pub affects: Vec<Cow<'static, str>>,
    /// True if the reply must not be stored for later requests with the same `Idempotency-Key`.
    pub forbids_replay: bool,
}

/// The names of cookies and headers without their values, which may be secrets.
impl fmt::Debug for ReplyHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cookies: Vec<_> = self.cookies.iter().map(Cookie::name).collect();
        let headers: Vec<_> = self.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("ReplyHead")
            .field("cookies", &cookies)
            .field("headers", &headers)
            .field("affects", &self.affects)
            .finish()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn head(cookies: &[&[u8]]) -> RequestHead {
        let mut request = http::Request::new(());
        for cookie in cookies {
            let value = http::HeaderValue::from_bytes(cookie).unwrap();
            request.headers_mut().append(http::header::COOKIE, value);
        }
        RequestHead::new(request.into_parts().0, None)
    }

    /// RFC 6265, section 4.2.1, and what browsers really send.
    #[test]
    fn reads_cookie_pairs() {
        let head =
            head(&[b"SID=31d4d96e407aad42; lang=en-US;no-space=1 ;\ttab=2; empty=; eq=a=b; a=1"]);
        let value = |name| Some(head.cookie(name)?.value().to_owned());
        for (name, expected) in [
            ("SID", Some("31d4d96e407aad42")),
            ("lang", Some("en-US")),
            ("no-space", Some("1")),
            ("tab", Some("2")),
            ("empty", Some("")),
            ("eq", Some("a=b")),
            ("a", Some("1")),
            ("sid", None),
            ("ang", None),
            ("absent", None),
            ("", None),
        ] {
            assert_eq!(value(name).as_deref(), expected, "{name}");
        }
    }

    /// RFC 9113, section 8.2.3: over HTTP/2 each pair may have a header line of its own.
    #[test]
    fn reads_several_cookie_headers_in_order() {
        let head = head(&[b"a=1; b=2", b"a=3", b"c=4"]);
        let values: Vec<_> = head.cookie_values("a").collect();
        assert_eq!(values, [b"1", b"3"]);
        assert_eq!(head.cookie("a").unwrap().value(), "1");
        assert_eq!(head.cookie("c").unwrap().value(), "4");
    }

    /// Browsers protect `__Host-` in a name only as it is written: whatever a server makes of other
    /// spellings, a sibling host can set. The second and third are spaces of Unicode, which `str::trim` removes.
    #[test]
    fn compares_cookie_names_byte_for_byte() {
        for name in [
            &b"__%48ost-session"[..],
            "\u{a0}__Host-session".as_bytes(),
            "\u{2000}__Host-session".as_bytes(),
            b"\x85__Host-session",
            b"__host-session",
            b"__Host-session ",
            b"\"__Host-session\"",
            b"$Version=1, __Host-session",
            b"__Host-session%3D",
        ] {
            let cookie = [name, b"=evil; x=1"].concat();
            let head = head(&[&cookie]);
            assert!(head.cookie("__Host-session").is_none(), "{cookie:?}");
            assert_eq!(head.cookie("x").unwrap().value(), "1");
        }
    }

    #[test]
    fn a_cookie_that_is_not_ascii_costs_no_other() {
        let head = head(&["a=é; session=token".as_bytes(), b"b=\xff; c=%ff; c=2"]);
        assert_eq!(head.cookie("session").unwrap().value(), "token");
        assert_eq!(head.cookie("a").unwrap().value(), "é");
        assert!(head.cookie("b").is_none(), "no text");
        assert_eq!(head.cookie("c").unwrap().value(), "2");
        assert_eq!(head.cookie_values("b").next(), Some(&b"\xff"[..]));
    }

    #[test]
    fn decodes_cookie_values() {
        let head = head(&[b"a=%C3%A9%3B%20+"]);
        assert_eq!(head.cookie("a").unwrap().value(), "é; +");
        assert_eq!(head.cookie_values("a").next(), Some(&b"%C3%A9%3B%20+"[..]));
    }
}
