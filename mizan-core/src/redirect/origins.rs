//! The origins to which functions may redirect.

use std::panic::Location;

use http::Uri;
use http::uri::Scheme;

/// The origins of other sites to which functions may redirect.
#[derive(Debug, Default)]
pub(crate) struct RedirectOrigins(Vec<DeclaredOrigin>);

#[derive(Debug)]
struct DeclaredOrigin {
    text: String,
    /// `None` if the text is not an origin.
    origin: Option<Origin>,
    at: &'static Location<'static>,
}

/// The scheme, the host and the port of a site.
#[derive(Debug, PartialEq, Eq)]
struct Origin {
    is_https: bool,
    host: String,
    port: u16,
}

/// A declared origin that no URL can have.
pub(crate) struct InvalidOrigin {
    pub(crate) text: String,
    pub(crate) at: String,
}

impl RedirectOrigins {
    pub(crate) fn add(&mut self, text: String, at: &'static Location<'static>) {
        let is_origin = |uri: &Uri| uri.path() == "/" && uri.query().is_none();
        let uri = parse(&text).filter(is_origin);
        let uri = uri.filter(|_| !text.ends_with('/'));
        let origin = uri.as_ref().and_then(Origin::of);
        self.0.push(DeclaredOrigin { text, origin, at });
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Returns the declarations that are not origins.
    pub(crate) fn invalid(&self) -> impl Iterator<Item = InvalidOrigin> {
        let invalid = self.0.iter().filter(|declared| declared.origin.is_none());
        invalid.map(|declared| InvalidOrigin {
            text: declared.text.clone(),
            at: declared.at.to_string(),
        })
    }

    /// Returns `true` if every browser resolves `location` to a URL of one of the origins.
    pub(crate) fn contain(&self, location: &str) -> bool {
        let origin = parse(location).as_ref().and_then(Origin::of);
        origin.is_some() && self.0.iter().any(|declared| declared.origin == origin)
    }
}

impl Origin {
    /// Returns the origin of a URL of the web without user information.
    fn of(uri: &Uri) -> Option<Self> {
        let scheme = uri.scheme()?;
        let is_https = *scheme == Scheme::HTTPS;
        if !is_https && *scheme != Scheme::HTTP {
            return None;
        }
        let authority = uri.authority()?;
        let text = authority.as_str();
        let host = authority.host();
        if host.is_empty() || host.contains('*') || text.contains('@') || text.ends_with(':') {
            return None;
        }
        let default_port = if is_https { 443 } else { 80 };
        let port = authority.port_u16().unwrap_or(default_port);
        Some(Self {
            is_https,
            host: host.to_ascii_lowercase(),
            port,
        })
    }
}

/// Parses an absolute URL of characters that no browser changes.
fn parse(url: &str) -> Option<Uri> {
    let is_plain = url
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_plain { url.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(texts: &[&str]) -> RedirectOrigins {
        let mut origins = RedirectOrigins::default();
        for text in texts {
            origins.add((*text).to_owned(), Location::caller());
        }
        origins
    }

    #[test]
    fn allows_only_urls_of_the_origins() {
        let origins = origins(&["https://pay.example.com", "http://localhost:8080"]);
        for url in [
            "https://pay.example.com",
            "https://pay.example.com/session/1?a=b#c",
            "https://PAY.example.com:443/",
            "HTTPS://pay.example.com/a",
            "http://localhost:8080/x",
            "https://pay.example.com/@evil.example",
        ] {
            assert!(origins.contain(url), "{url}");
        }
        for url in [
            "",
            "/",
            "//pay.example.com",
            "pay.example.com",
            "http://pay.example.com",
            "https://pay.example.com:8443",
            "https://pay.example.com.evil.example",
            "https://pay.example.com@evil.example",
            "https://pay.example.com:443@evil.example",
            "https://evil.example#@pay.example.com",
            "https://evil.example\\@pay.example.com",
            "https://pay.example.com\\.evil.example",
            "https:///pay.example.com",
            "https:pay.example.com",
            "https:/pay.example.com",
            "https://pay.example.com:",
            " https://pay.example.com",
            "https://pay.example.com/\r\nset-cookie: a=b",
            "https://pay.example.com/\t",
            "https://pay.example.c\u{f6}m",
            "https://user@pay.example.com",
            "javascript://pay.example.com/%0aalert(1)",
            "data:text/html,x",
            "http://localhost",
        ] {
            assert!(!origins.contain(url), "{url}");
        }
    }

    #[test]
    fn reports_declarations_that_are_no_origins() {
        for text in [
            "",
            "*",
            "example.com",
            "https://",
            "https://example.com/",
            "https://example.com/a",
            "https://example.com?a",
            "https://a@example.com",
            "ftp://example.com",
            "https://*.example.com/*",
        ] {
            assert_eq!(origins(&[text]).invalid().count(), 1, "{text}");
        }
        for text in [
            "https://example.com",
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
        ] {
            assert_eq!(origins(&[text]).invalid().count(), 0, "{text}");
        }
    }
}
