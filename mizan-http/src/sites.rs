//! Which sites' pages may call.

use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, header};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what the pages of other sites ask for, by what browsers say of a request: no tokens, no
/// state (<https://words.filippo.io/csrf/>, as Go's `CrossOriginProtection` has it).
pub(crate) struct Sites {
    public_origins: Vec<HeaderValue>,
}

impl Sites {
    /// Takes requests from the pages of `public_origins` besides those of the server's own.
    ///
    /// # Errors
    ///
    /// The first that a browser would not write like this, and that would never match.
    pub(crate) fn new(public_origins: Vec<String>) -> Result<Self, String> {
        let public_origins = public_origins.into_iter().map(|origin| {
            if is_origin(&origin) {
                HeaderValue::try_from(&origin).map_err(|_| origin)
            } else {
                Err(origin)
            }
        });
        Ok(Self {
            public_origins: public_origins.collect::<Result<_, _>>()?,
        })
    }

    /// Whether the request may be answered, as far as the site that it comes from goes.
    ///
    /// Reads are checked too. The other site could not see the answer, but could see how long it
    /// took (<https://web.dev/articles/fetch-metadata>).
    pub(crate) fn admit<B>(&self, request: &Request<B>) -> bool {
        let headers = request.headers();
        let is_read = request.method().is_safe();
        let origin = headers.get(header::ORIGIN);
        if origin.is_some_and(|origin| self.public_origins.contains(origin)) {
            return true;
        }
        match headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes) {
            Some(b"same-origin" | b"none") => true,
            Some(b"same-site") => is_read,
            Some(_) => false,
            // No browser, or one from before 2023: these tell the origin of writes at least.
            None => is_read || origin.is_none_or(|origin| is_own(origin, request.uri(), headers)),
        }
    }
}

#[cfg(feature = "channels")]
impl Sites {
    /// Whether a page may open a socket. Browsers send their users' cookies with it to wherever a page
    /// says, and let the page read the answers: only their `Origin` says where it is from.
    pub(crate) fn admit_socket(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else {
            return !headers.contains_key(header::COOKIE);
        };
        if self.public_origins.contains(origin) {
            return true;
        }
        match headers.get(SEC_FETCH_SITE) {
            Some(site) => site == "same-origin",
            None => is_own(origin, uri, headers),
        }
    }
}

/// Whether `origin` is where the request goes to. The scheme is left out: behind a proxy that ends
/// TLS, the server does not know it.
fn is_own(origin: &HeaderValue, uri: &Uri, headers: &HeaderMap) -> bool {
    let target = match uri.authority() {
        Some(authority) => Some(authority.as_str().as_bytes()),
        None => headers.get(header::HOST).map(HeaderValue::as_bytes),
    };
    let origin = origin.as_bytes();
    let authority = origin
        .strip_prefix(b"https://")
        .or_else(|| origin.strip_prefix(b"http://"));
    authority.is_some() && authority == target
}

/// Whether `origin` is written as browsers write it (<https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin>):
/// lower case, without the scheme's own port, without a path.
fn is_origin(origin: &str) -> bool {
    let Ok(uri) = origin.parse::<Uri>() else {
        return false;
    };
    let own_port = match uri.scheme_str() {
        Some("https") => 443,
        Some("http") => 80,
        _ => return false,
    };
    let is_bare = uri
        .authority()
        .is_some_and(|authority| origin.ends_with(authority.as_str()));
    let is_lower_case = !origin.bytes().any(|byte| byte.is_ascii_uppercase());
    is_bare && is_lower_case && uri.port_u16() != Some(own_port) && !origin.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_do() {
        for origin in [
            "https://example.com",
            "http://localhost:5173",
            "https://xn--exmple-cua.com:8443",
            "http://[::1]:8000",
        ] {
            assert!(Sites::new(vec![origin.to_owned()]).is_ok(), "{origin}");
        }
        for origin in [
            "",
            "*",
            "null",
            "example.com",
            "https://",
            "https://Example.com",
            "https://exämple.com",
            "https://example.com/",
            "https://example.com/path",
            "https://example.com?query",
            "https://example.com:443",
            "http://example.com:80",
            "https://user@example.com",
            "ftp://example.com",
        ] {
            assert!(Sites::new(vec![origin.to_owned()]).is_err(), "{origin}");
        }
    }
}
