//! The check that protects against cross-site request forgery (CSRF).

use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, header};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Decides from the headers that browsers send whether a page may make a request.
///
/// It needs no tokens and no state (<https://words.filippo.io/csrf/>). It follows the algorithm of
/// `CrossOriginProtection` in Go.
pub(crate) struct CrossOriginPolicy {
    public_origins: Vec<HeaderValue>,
}

impl CrossOriginPolicy {
    /// Creates a policy that allows requests from pages of `public_origins` and of the server's own
    /// origin.
    ///
    /// # Errors
    ///
    /// Returns the first origin that differs from the form that browsers send, and so could never match.
    pub(crate) fn new(public_origins: Vec<String>) -> Result<Self, String> {
        let public_origins = public_origins
            .into_iter()
            .map(|origin| {
                if is_origin(&origin) {
                    HeaderValue::try_from(&origin).map_err(|_| origin)
                } else {
                    Err(origin)
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { public_origins })
    }

    /// Returns whether the service may answer a request.
    ///
    /// Reads are checked too. Although the page of another site cannot see the response, it can measure
    /// how long it takes (<https://web.dev/articles/fetch-metadata>).
    pub(crate) fn allows<B>(&self, request: &Request<B>) -> bool {
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
            // The client is no browser, or a browser from before 2023, which sends `Origin` with writes.
            None => {
                is_read || origin.is_none_or(|origin| is_own_origin(origin, request.uri(), headers))
            }
        }
    }
}

#[cfg(feature = "channels")]
impl CrossOriginPolicy {
    /// Returns whether a page may open a WebSocket.
    ///
    /// Browsers let the pages of any site open a WebSocket and read its messages, and they send the user's
    /// cookies with the handshake. So the server has to check the origin of the page.
    pub(crate) fn allows_websocket(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else {
            return !headers.contains_key(header::COOKIE);
        };
        if self.public_origins.contains(origin) {
            return true;
        }
        match headers.get(SEC_FETCH_SITE) {
            Some(site) => site == "same-origin",
            None => is_own_origin(origin, uri, headers),
        }
    }
}

/// Returns whether `origin` has the host to which the request was sent.
///
/// The scheme is ignored, because the server does not know it behind a proxy that terminates TLS.
fn is_own_origin(origin: &HeaderValue, uri: &Uri, headers: &HeaderMap) -> bool {
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

/// Returns whether `origin` has the form that browsers send
/// (<https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin>): in lower case, without the default
/// port of the scheme, without a path.
fn is_origin(origin: &str) -> bool {
    let Ok(uri) = origin.parse::<Uri>() else {
        return false;
    };
    let default_port = match uri.scheme_str() {
        Some("https") => 443,
        Some("http") => 80,
        _ => return false,
    };
    let ends_with_authority = uri
        .authority()
        .is_some_and(|authority| origin.ends_with(authority.as_str()));
    let is_lower_case = !origin.bytes().any(|byte| byte.is_ascii_uppercase());
    ends_with_authority
        && is_lower_case
        && uri.port_u16() != Some(default_port)
        && !origin.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_only_origins_in_the_form_that_browsers_send() {
        for origin in [
            "https://example.com",
            "http://localhost:5173",
            "https://xn--exmple-cua.com:8443",
            "http://[::1]:8000",
        ] {
            assert!(
                CrossOriginPolicy::new(vec![origin.to_owned()]).is_ok(),
                "{origin}"
            );
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
            assert!(
                CrossOriginPolicy::new(vec![origin.to_owned()]).is_err(),
                "{origin}"
            );
        }
    }
}
