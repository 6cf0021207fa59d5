//! The origins that components may request, and the limits of their requests.

use std::fmt;

use http::HeaderMap;
use url::{Host, Origin, Url};

use super::address::is_internal;

/// The origins to which components may send requests with `fetch`, and the limits of the requests.
///
/// An origin is a scheme, a host and, if it is not the default, a port. Redirects are followed only to allowed
/// origins. Host names of [`allow_origin`](Self::allow_origin) that resolve to an internal address, such as
/// that of a metadata service, are refused, so that a change of the name cannot lead requests into the own
/// network. Requests carry no cookies of their own, and cookies of responses are not stored.
///
/// ```no_run
/// use mizan_ssr::Renderer;
/// use mizan_ssr::fetch::FetchPolicy;
///
/// fn renderer() -> Result<Renderer, Box<dyn std::error::Error>> {
///     let policy = FetchPolicy::new()
///         .allow_origin("https://api.example.com")
///         .allow_internal_origin("http://10.0.0.5:8080")
///         .max_response_bytes(4 << 20);
///     Ok(Renderer::builder().root("web").fetch(policy).build()?)
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a policy has an effect only as a setting of a renderer"]
pub struct FetchPolicy {
    origins: Vec<AllowedOrigin>,
    pub(super) max_requests: usize,
    pub(super) max_request_bytes: usize,
    pub(super) max_response_bytes: usize,
    pub(super) trace_context: Option<fn(&mut HeaderMap)>,
}

#[derive(Clone, Debug)]
struct AllowedOrigin {
    text: String,
    internal: bool,
}

/// The error of an origin that cannot be allowed.
#[derive(Debug)]
pub(crate) struct InvalidOrigin {
    pub(crate) origin: String,
    pub(crate) reason: &'static str,
}

/// The origins of a policy, parsed.
#[derive(Debug)]
pub(super) struct Origins(Vec<(Origin, Network)>);

/// The addresses that the host of an allowed origin may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Network {
    Public,
    Any,
}

impl Default for FetchPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl FetchPolicy {
    /// Creates a policy that allows no origin.
    pub fn new() -> Self {
        Self {
            origins: Vec::new(),
            max_requests: 100,
            max_request_bytes: 1 << 20,
            max_response_bytes: 16 << 20,
            trace_context: None,
        }
    }

    /// Allows requests to `origin`, for example `https://api.example.com`, at public addresses.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(AllowedOrigin {
            text: origin.into(),
            internal: false,
        });
        self
    }

    /// Allows requests to `origin` also if its host has an internal address, for example
    /// `http://127.0.0.1:8080`.
    pub fn allow_internal_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(AllowedOrigin {
            text: origin.into(),
            internal: true,
        });
        self
    }

    /// Sets the maximum number of requests in one render, without redirects. The default is 100.
    pub fn max_requests(mut self, requests: usize) -> Self {
        self.max_requests = requests;
        self
    }

    /// Sets the maximum size of a request's body. The default is 1 MB.
    pub fn max_request_bytes(mut self, bytes: usize) -> Self {
        self.max_request_bytes = bytes;
        self
    }

    /// Sets the maximum size of the bodies of all responses in one render, after they are decompressed. The
    /// default is 16 MB.
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// Sets the function that adds headers to each request within its span, such as the `traceparent` of the current
    /// trace (W3C Trace Context), for services that continue the trace.
    ///
    /// `inject_trace_context` of mizan-http is such a function. It replaces headers of the component, and sends the ids of
    /// traces to all allowed origins.
    ///
    /// ```
    /// use mizan_ssr::fetch::FetchPolicy;
    ///
    /// let policy = FetchPolicy::new()
    ///     .allow_origin("https://api.example.com")
    ///     .trace_context(|headers| {
    ///         headers.insert("x-service", http::HeaderValue::from_static("pages"));
    ///     });
    /// ```
    pub fn trace_context(mut self, add_headers: fn(&mut HeaderMap)) -> Self {
        self.trace_context = Some(add_headers);
        self
    }

    /// Parses the allowed origins.
    pub(super) fn parse(&self) -> Result<Origins, InvalidOrigin> {
        let parse = |allowed: &AllowedOrigin| {
            let invalid = |reason| InvalidOrigin {
                origin: allowed.text.clone(),
                reason,
            };
            let url = Url::parse(&allowed.text)
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https"))
                .ok_or_else(|| {
                    invalid("write the scheme and the host, as in `https://api.example.com`")
                })?;
            let is_origin = url.path() == "/"
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty();
            if !is_origin {
                return Err(invalid("remove everything after the host and port"));
            }
            if !allowed.internal && address(&url).is_some_and(is_internal) {
                return Err(invalid(
                    "the address is internal; allow it with `FetchPolicy::allow_internal_origin`",
                ));
            }
            let network = if allowed.internal {
                Network::Any
            } else {
                Network::Public
            };
            Ok((url.origin(), network))
        };
        self.origins
            .iter()
            .map(parse)
            .collect::<Result<_, _>>()
            .map(Origins)
    }
}

impl Origins {
    /// Returns the addresses that the host of `url` may have; `None` if its origin is not allowed.
    pub(super) fn network(&self, url: &Url) -> Option<Network> {
        let origin = url.origin();
        let matching = self.0.iter().filter(|(allowed, _)| *allowed == origin);
        let networks: Vec<Network> = matching.map(|(_, network)| *network).collect();
        if networks.contains(&Network::Any) {
            return Some(Network::Any);
        }
        networks.first().copied()
    }
}

impl fmt::Display for InvalidOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, reason } = self;
        write!(f, "cannot allow `fetch` to the origin `{origin}`: {reason}")
    }
}

/// Returns the address of a URL whose host is an address.
pub(super) fn address(url: &Url) -> Option<std::net::IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{FetchPolicy, Network};

    fn network(policy: &FetchPolicy, url: &str) -> Option<Network> {
        let origins = policy.parse().expect("valid origins");
        origins.network(&Url::parse(url).expect("a URL"))
    }

    #[test]
    fn compares_scheme_host_and_port() {
        let policy = FetchPolicy::new()
            .allow_origin("https://api.example.com")
            .allow_internal_origin("http://10.0.0.5:8080/");
        assert_eq!(
            network(&policy, "https://API.example.com:443/a?b"),
            Some(Network::Public)
        );
        assert_eq!(
            network(&policy, "http://10.0.0.5:8080/"),
            Some(Network::Any)
        );
        for other in [
            "http://api.example.com/",
            "https://api.example.com:8443/",
            "https://api.example.com.evil.org/",
            "https://evil.org/?https://api.example.com",
            "http://10.0.0.5/",
            "file:///etc/passwd",
        ] {
            assert_eq!(network(&policy, other), None, "{other}");
        }
    }

    #[test]
    fn refuses_invalid_origins_with_fix() {
        for (origin, reason) in [
            ("api.example.com", "scheme"),
            ("ftp://example.com", "scheme"),
            ("https://example.com/v1", "remove"),
            ("https://user@example.com", "remove"),
            ("http://127.0.0.1:8000", "allow_internal_origin"),
            ("http://[::1]", "allow_internal_origin"),
            ("http://2130706433/", "allow_internal_origin"),
        ] {
            let error = FetchPolicy::new().allow_origin(origin).parse();
            let error = error.expect_err("an invalid origin").to_string();
            assert!(error.contains(origin) && error.contains(reason), "{error}");
        }
    }
}
