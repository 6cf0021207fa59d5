//! The head of a request, and the client's network.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::OnceLock;

use cookie::Cookie;
use http::{HeaderMap, Method, Uri, request};
use percent_encoding::percent_decode;
use tokio_util::sync::CancellationToken;

use crate::trace::{CallOrigin, TraceId};

/// Returns the network that identifies a client for rate limits and quotas.
///
/// The network of an IPv4 address is the address itself. The network of an IPv6 address is its /64
/// prefix, because one host can use all addresses with that prefix.
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

/// The head of a request: everything except its body.
///
/// ```
/// use mizan_core::RequestHead;
///
/// let request = http::Request::get("/posts?page=2").header("cookie", "theme=dark").body(());
/// let (parts, ()) = request.unwrap().into_parts();
/// let head = RequestHead::new(parts, Some([192, 0, 2, 1].into()));
/// assert_eq!(head.uri().query(), Some("page=2"));
/// assert_eq!(head.cookie("theme").unwrap().value(), "dark");
/// ```
pub struct RequestHead {
    parts: request::Parts,
    client_addr: Option<IpAddr>,
    origin: CallOrigin,
    wants_timings: bool,
    trace_id: OnceLock<TraceId>,
    cancellation: OnceLock<CancellationToken>,
}

impl RequestHead {
    /// Creates a head from the parts of an HTTP request.
    ///
    /// `client_addr` is the address of the client. Behind a proxy, this is not the peer of the
    /// connection. A [`TraceId`] in the extensions is the id of the trace.
    #[must_use]
    pub fn new(parts: request::Parts, client_addr: Option<IpAddr>) -> Self {
        let trace_id = parts.extensions.get::<TraceId>().copied();
        Self {
            parts,
            client_addr,
            origin: CallOrigin::default(),
            wants_timings: false,
            trace_id: trace_id.map_or_else(OnceLock::new, OnceLock::from),
            cancellation: OnceLock::new(),
        }
    }

    /// Marks the request as a request for a page, which calls functions while it renders.
    #[must_use]
    pub fn for_page(self) -> Self {
        self.with_origin(CallOrigin::Page)
    }

    /// Sets the way in which the calls of this request reach dispatch, for spans and logs.
    #[must_use]
    pub fn with_origin(mut self, origin: CallOrigin) -> Self {
        self.origin = origin;
        self
    }

    /// Returns the way in which the calls of this request reach dispatch.
    #[must_use]
    pub fn origin(&self) -> CallOrigin {
        self.origin
    }

    /// Measures the [steps](crate::function::CallTimings) of the calls of this request.
    #[must_use]
    pub fn with_timings(mut self) -> Self {
        self.wants_timings = true;
        self
    }

    pub(crate) fn wants_timings(&self) -> bool {
        self.wants_timings
    }

    /// Returns the id of the trace that the request belongs to, which is random if no server or middleware added
    /// one to the extensions.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        let trace_id = || TraceId::current().unwrap_or_else(TraceId::random);
        *self.trace_id.get_or_init(trace_id)
    }

    /// Returns the path and query of the page that is rendered, or `None` outside of a page.
    #[must_use]
    pub fn page_path(&self) -> Option<&str> {
        let path = self.uri().path_and_query()?;
        (self.origin == CallOrigin::Page).then_some(path.as_str())
    }

    /// Creates the head of a call without HTTP.
    #[must_use]
    pub fn empty() -> Self {
        let (parts, ()) = http::Request::new(()).into_parts();
        Self::new(parts, None)
    }

    /// Returns the HTTP method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.parts.method
    }

    /// Returns the requested URI.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.parts.uri
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// Returns the values that the server and middleware attached to the request.
    #[must_use]
    pub fn extensions(&self) -> &http::Extensions {
        &self.parts.extensions
    }

    /// Returns the [network](client_network) of the client, if its address is known.
    #[must_use]
    pub fn client_network(&self) -> Option<IpAddr> {
        self.client_addr.map(client_network)
    }

    /// Returns the address of the client, if it is known.
    #[must_use]
    pub fn client_addr(&self) -> Option<IpAddr> {
        self.client_addr
    }

    /// Returns the cookie with this name, or the first of several.
    ///
    /// The name is compared byte for byte and never decoded, because browsers protect the prefixes
    /// `__Host-` and `__Secure-` only in this spelling. The value is percent-decoded, and ignored if
    /// the result is not UTF-8. [`cookie_values`](Self::cookie_values) returns the bytes.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<Cookie<'_>> {
        let value = self
            .cookie_values(name)
            .find_map(|value| percent_decode(value).decode_utf8().ok())?;
        Some(Cookie::new(name.to_owned(), value))
    }

    /// Returns the bytes of each cookie value with this name, in the order in which the client sent
    /// them.
    ///
    /// Several `Cookie` headers, which HTTP/2 allows, count as one.
    pub fn cookie_values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers()
            .get_all(http::header::COOKIE)
            .into_iter()
            .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
            .filter_map(|pair| {
                let pair = pair.trim_ascii();
                let value = pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
                Some(value.trim_ascii())
            })
    }

    /// Returns a token that is cancelled when the client stops waiting for the reply.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        self.cancellation.get_or_init(CancellationToken::new)
    }
}

/// Creates the head of another call in the same request, for example in a batch. The clone has its
/// own cancellation token.
impl Clone for RequestHead {
    fn clone(&self) -> Self {
        Self {
            origin: self.origin,
            wants_timings: self.wants_timings,
            trace_id: self.trace_id.clone(),
            ..Self::new(self.parts.clone(), self.client_addr)
        }
    }
}

/// Writes only the method and the path, because headers contain cookies and tokens.
impl fmt::Debug for RequestHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.parts.method, self.parts.uri.path())
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

    /// Covers RFC 6265, section 4.2.1, and the deviations of browsers.
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

    /// HTTP/2 clients may send each pair in its own header line (RFC 9113, section 8.2.3).
    #[test]
    fn reads_several_cookie_headers_in_order() {
        let head = head(&[b"a=1; b=2", b"a=3", b"c=4"]);
        let values: Vec<_> = head.cookie_values("a").collect();
        assert_eq!(values, [b"1", b"3"]);
        assert_eq!(head.cookie("a").unwrap().value(), "1");
        assert_eq!(head.cookie("c").unwrap().value(), "4");
    }

    /// Browsers protect `__Host-` only in this spelling. A sibling host can set a cookie with another
    /// spelling, so the server must not decode or trim names. The second and third case are Unicode
    /// spaces, which `str::trim` would remove.
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
    fn ignores_only_cookies_that_are_not_utf8() {
        let head = head(&["a=é; session=token".as_bytes(), b"b=\xff; c=%ff; c=2"]);
        assert_eq!(head.cookie("session").unwrap().value(), "token");
        assert_eq!(head.cookie("a").unwrap().value(), "é");
        assert!(head.cookie("b").is_none(), "not UTF-8");
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
