//! A layer that rejects requests for other hosts, which protects against DNS rebinding.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::future::MapOk;
use futures_util::{FutureExt, TryFutureExt};
use http::uri::Authority;
use http::{HeaderMap, Request, Response, StatusCode, Uri, header};
use http_body_util::Either;
use tower_layer::Layer;
use tower_service::Service;

use crate::response::ReplyBody;
use crate::response::reply;
use crate::service::config_error::{HttpConfigError, HttpConfigErrorKind};

/// A layer that rejects requests for hosts other than those of the application.
///
/// Put it around the whole application, including pages, calls, WebSockets and error pages.
///
/// It protects against DNS rebinding: if the name of another site resolves to the address of this
/// server, a browser treats the server as part of that site and lets the site's pages read its responses.
/// The request still contains the name of that site, in `Host` or, over HTTP/2, in `:authority`. A request
/// for another host is answered with 421 (Misdirected Request), a request without a valid host with 400.
/// Ports are ignored.
///
/// ```no_run
/// use mizan_core::Registry;
/// use mizan_http::{AllowedHosts, MizanService, serve};
/// use tower_layer::Layer;
///
/// async fn run() -> Result<(), Box<dyn std::error::Error>> {
///     let hosts = AllowedHosts::new(["https://example.com"])?;
///     let service = hosts.layer(MizanService::new(Registry::new().build()?));
///     let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
///     serve(listener, service).await?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct AllowedHosts {
    hosts: Arc<[Host]>,
    allows_local: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Name(String),
    /// A name and all of its subdomains.
    Domain(String),
    Address(IpAddr),
}

impl AllowedHosts {
    /// Creates a layer that allows names such as `example.com`, domains with their subdomains such as
    /// `.example.com`, IP addresses, and the hosts of URLs such as `https://example.com/path`.
    ///
    /// # Errors
    ///
    /// Returns an error with the first host that is none of these.
    pub fn new<H: AsRef<str>>(hosts: impl IntoIterator<Item = H>) -> Result<Self, HttpConfigError> {
        let hosts = hosts
            .into_iter()
            .map(|host| {
                let host = host.as_ref();
                Host::from_setting(host).ok_or_else(|| HttpConfigErrorKind::Host(host.to_owned()))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            hosts,
            allows_local: false,
        })
    }

    /// Creates a layer for development that allows only this computer: `localhost` and its subdomains,
    /// `127.0.0.0/8` and `[::1]`.
    ///
    /// These names are safe, because no DNS record can assign them to another site.
    #[must_use]
    pub fn local() -> Self {
        Self {
            hosts: Arc::new([]),
            allows_local: true,
        }
    }

    /// Also allows the hosts of [`local`](Self::local).
    #[must_use]
    pub fn and_local(mut self) -> Self {
        self.allows_local = true;
        self
    }

    fn allows(&self, host: &Host) -> bool {
        self.allows_local && host.is_local()
            || self.hosts.iter().any(|allowed| allowed.includes(host))
    }
}

impl Host {
    fn from_setting(text: &str) -> Option<Self> {
        if text.contains("://") {
            let uri: Uri = text.parse().ok()?;
            return Self::from_authority(uri.authority()?);
        }
        if let Ok(addr) = text.parse::<IpAddr>() {
            return Some(Self::Address(addr.to_canonical()));
        }
        if let Some(domain) = text.strip_prefix('.') {
            return match Self::from_authority(&domain.parse().ok()?)? {
                Self::Name(name) => Some(Self::Domain(name)),
                _ => None,
            };
        }
        Self::from_authority(&text.parse().ok()?)
    }

    fn from_request(uri: &Uri, headers: &HeaderMap) -> Option<Self> {
        if let Some(authority) = uri.authority() {
            return Self::from_authority(authority);
        }
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = Authority::try_from(hosts.next()?.as_bytes()).ok()?;
        hosts
            .next()
            .is_none()
            .then(|| Self::from_authority(&host))
            .flatten()
    }

    fn from_authority(authority: &Authority) -> Option<Self> {
        let host = authority.host();
        if authority.as_str().contains('@') {
            return None;
        }
        let without_brackets = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        if let Ok(addr) = without_brackets.unwrap_or(host).parse::<IpAddr>() {
            return Some(Self::Address(addr.to_canonical()));
        }
        // A trailing dot is the root of the domain name system.
        let name = host.strip_suffix('.').unwrap_or(host);
        let is_name = name.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        });
        is_name.then(|| Self::Name(name.to_ascii_lowercase()))
    }

    fn includes(&self, host: &Self) -> bool {
        match (self, host) {
            (Self::Domain(domain), Self::Name(name)) => name
                .strip_suffix(&**domain)
                .is_some_and(|subdomain| subdomain.is_empty() || subdomain.ends_with('.')),
            _ => self == host,
        }
    }

    fn is_local(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Self::Address(addr) => addr.is_loopback(),
            Self::Domain(_) => false,
        }
    }
}

impl<S> Layer<S> for AllowedHosts {
    type Service = AllowedHostsService<S>;

    fn layer(&self, inner: S) -> AllowedHostsService<S> {
        AllowedHostsService {
            hosts: self.clone(),
            inner,
        }
    }
}

/// The service of the layer [`AllowedHosts`].
#[derive(Clone, Debug)]
pub struct AllowedHostsService<S> {
    hosts: AllowedHosts,
    inner: S,
}

type Allowed<F, R> = MapOk<F, fn(Response<R>) -> Response<Either<R, ReplyBody>>>;
type Rejected<R, E> = Ready<Result<Response<Either<R, ReplyBody>>, E>>;

impl<S, B, R> Service<Request<B>> for AllowedHostsService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<Either<R, ReplyBody>>;
    type Error = S::Error;
    type Future = futures_util::future::Either<Allowed<S::Future, R>, Rejected<R, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let rejection = match Host::from_request(request.uri(), request.headers()) {
            Some(host) if self.hosts.allows(&host) => {
                let wrap: fn(Response<R>) -> _ = |response| response.map(Either::Left);
                return self.inner.call(request).map_ok(wrap).left_future();
            }
            Some(_) => plain_text(
                StatusCode::MISDIRECTED_REQUEST,
                "host not allowed: if this server should answer for the host of the request, add it to the \
                 allowed hosts\n",
            ),
            None => plain_text(
                StatusCode::BAD_REQUEST,
                "the request does not name exactly one valid host\n",
            ),
        };
        tracing::debug!(
            host = ?request.headers().get(header::HOST),
            "rejected a request for a host that is not allowed"
        );
        ready(Ok(rejection.map(Either::Right))).right_future()
    }
}

fn plain_text(status: StatusCode, message: &'static str) -> Response<ReplyBody> {
    let body = ReplyBody::complete(Bytes::from_static(message.as_bytes()));
    let mut response = reply::response(body, "text/plain; charset=utf-8", "no-store");
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(hosts: &AllowedHosts, host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        Host::from_request(&Uri::from_static("/"), &headers).is_some_and(|host| hosts.allows(&host))
    }

    #[test]
    fn matches_whole_names_without_ports() {
        let hosts = AllowedHosts::new([
            "https://example.com:8443/path",
            "Other.Example",
            ".tenants.example",
            "192.0.2.1",
            "[2001:db8::1]:80",
        ])
        .unwrap();
        for host in [
            "example.com",
            "EXAMPLE.com.",
            "example.com:8000",
            "other.example",
            "tenants.example",
            "a.b.tenants.example:1",
            "192.0.2.1:8000",
            "[2001:db8::1]",
            "[2001:DB8:0::1]:5",
        ] {
            assert!(allows(&hosts, host), "{host}");
        }
        for host in [
            "",
            ".",
            "evil.example",
            "example.com.evil.example",
            "notexample.com",
            "sub.example.com",
            "eviltenants.example",
            "example.com@evil.example",
            "evil.example@example.com",
            "example.com,evil.example",
            "192.0.2.10",
            "localhost",
            "127.0.0.1",
            "*",
        ] {
            assert!(!allows(&hosts, host), "{host}");
        }
    }

    #[test]
    fn local_allows_names_and_addresses_of_this_computer() {
        for hosts in [
            AllowedHosts::local(),
            AllowedHosts::new(["example.com"]).unwrap().and_local(),
        ] {
            for host in [
                "localhost:8000",
                "LOCALHOST.",
                "app.localhost",
                "127.0.0.1:8000",
                "127.1.2.3",
                "[::1]:8000",
                "[::ffff:127.0.0.1]",
            ] {
                assert!(allows(&hosts, host), "{host}");
            }
            for host in [
                "localhost.evil.example",
                "notlocalhost",
                "127.0.0.1.evil.example",
                "0.0.0.0",
                "192.168.0.1",
                "[::]",
            ] {
                assert!(!allows(&hosts, host), "{host}");
            }
        }
    }

    #[test]
    fn rejects_hosts_that_could_never_match() {
        for host in [
            "",
            ".",
            "*",
            "*.example.com",
            "https://",
            "a b",
            "a/b",
            ".127.0.0.1",
            "a@b",
            "a..b",
        ] {
            let error = AllowedHosts::new([host]).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("invalid host `{host}`")),
                "{error}"
            );
        }
    }
}
