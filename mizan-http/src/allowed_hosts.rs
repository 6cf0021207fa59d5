//! The hosts that a server answers for.

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

use crate::ConfigError;
use crate::body::ReplyBody;
use crate::config::ConfigErrorKind;
use crate::reply;

/// Refuses requests for other hosts than those of the application, as a layer around all of it: pages,
/// calls, WebSockets and error pages.
///
/// Against DNS rebinding: a site whose name resolves to this server's address is no other site to the
/// browser, which lets its pages read what is there. The name stays in the request's `Host`, or in
/// `:authority` with HTTP/2. A request for another host is answered with 421 (Misdirected Request), one without
/// a valid host with 400. Ports do not matter.
///
/// ```no_run
/// use mizan_core::Registry;
/// use mizan_http::{AllowedHosts, MizanService, serve};
/// use tower_layer::Layer;
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let hosts = AllowedHosts::new(["https://example.com"])?;
/// let service = hosts.layer(MizanService::new(Registry::new().build()?));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
/// serve(listener, service).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AllowedHosts {
    hosts: Arc<[Host]>,
    local: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Name(String),
    /// A name and all names below it.
    Domain(String),
    Address(IpAddr),
}

impl AllowedHosts {
    /// The hosts of an application: names such as `example.com`, domains with their subdomains such as
    /// `.example.com`, IP addresses, and the hosts of URLs such as `https://example.com/path`.
    ///
    /// # Errors
    ///
    /// The first that is none of these.
    pub fn new<H: AsRef<str>>(hosts: impl IntoIterator<Item = H>) -> Result<Self, ConfigError> {
        let hosts = hosts.into_iter().map(|host| {
            let host = host.as_ref();
            Host::configured(host).ok_or_else(|| ConfigError {
                kind: ConfigErrorKind::Host(host.to_owned()),
            })
        });
        Ok(Self {
            hosts: hosts.collect::<Result<_, _>>()?,
            local: false,
        })
    }

    /// The names and addresses of this computer alone, for development: `localhost` and what is below it,
    /// `127.0.0.0/8` and `[::1]`. No DNS record of another site makes one of them its own.
    #[must_use]
    pub fn local() -> Self {
        Self {
            hosts: Arc::new([]),
            local: true,
        }
    }

    /// Adds those of [`local`](Self::local).
    #[must_use]
    pub fn and_local(mut self) -> Self {
        self.local = true;
        self
    }

    fn allow(&self, host: &Host) -> bool {
        self.local && host.is_local() || self.hosts.iter().any(|allowed| allowed.includes(host))
    }
}

impl Host {
    /// The host of a setting.
    fn configured(text: &str) -> Option<Self> {
        if text.contains("://") {
            let uri: Uri = text.parse().ok()?;
            return Self::of(uri.authority()?);
        }
        if let Ok(addr) = text.parse::<IpAddr>() {
            return Some(Self::Address(addr.to_canonical()));
        }
        if let Some(domain) = text.strip_prefix('.') {
            return match Self::of(&domain.parse().ok()?)? {
                Self::Name(name) => Some(Self::Domain(name)),
                _ => None,
            };
        }
        Self::of(&text.parse().ok()?)
    }

    /// The host that a request names.
    fn requested(uri: &Uri, headers: &HeaderMap) -> Option<Self> {
        if let Some(authority) = uri.authority() {
            return Self::of(authority);
        }
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = Authority::try_from(hosts.next()?.as_bytes()).ok()?;
        hosts.next().is_none().then(|| Self::of(&host)).flatten()
    }

    fn of(authority: &Authority) -> Option<Self> {
        let host = authority.host();
        if authority.as_str().contains('@') {
            return None;
        }
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'));
        if let Ok(addr) = bare.unwrap_or(host).parse::<IpAddr>() {
            return Some(Self::Address(addr.to_canonical()));
        }
        // The root of all domains may be written out.
        let name = host.strip_suffix('.').unwrap_or(host);
        let is_name = name.split('.').all(|label| {
            let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            !label.is_empty() && label.bytes().all(is_letter)
        });
        is_name.then(|| Self::Name(name.to_ascii_lowercase()))
    }

    fn includes(&self, host: &Self) -> bool {
        match (self, host) {
            (Self::Domain(domain), Self::Name(name)) => match name.strip_suffix(&**domain) {
                Some(above) => above.is_empty() || above.ends_with('.'),
                None => false,
            },
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
    type Service = CheckHost<S>;

    fn layer(&self, inner: S) -> CheckHost<S> {
        CheckHost {
            hosts: self.clone(),
            inner,
        }
    }
}

/// A service behind [`AllowedHosts`].
#[derive(Clone, Debug)]
pub struct CheckHost<S> {
    hosts: AllowedHosts,
    inner: S,
}

type Passed<F, R> = MapOk<F, fn(Response<R>) -> Response<Either<R, ReplyBody>>>;
type Refused<R, E> = Ready<Result<Response<Either<R, ReplyBody>>, E>>;

impl<S, B, R> Service<Request<B>> for CheckHost<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<Either<R, ReplyBody>>;
    type Error = S::Error;
    type Future = futures_util::future::Either<Passed<S::Future, R>, Refused<R, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let host = Host::requested(request.uri(), request.headers());
        let refusal = match host {
            Some(host) if self.hosts.allow(&host) => {
                let pass: fn(Response<R>) -> _ = |response| response.map(Either::Left);
                return self.inner.call(request).map_ok(pass).left_future();
            }
            Some(_) => refuse(
                StatusCode::MISDIRECTED_REQUEST,
                "this server does not answer for the host that the request names; if it should, add the \
                 host to the allowed hosts\n",
            ),
            None => refuse(
                StatusCode::BAD_REQUEST,
                "the request does not name one valid host\n",
            ),
        };
        tracing::debug!(
            host = ?request.headers().get(header::HOST),
            "refused a request for a host that is not allowed"
        );
        ready(Ok(refusal.map(Either::Right))).right_future()
    }
}

fn refuse(status: StatusCode, message: &'static str) -> Response<ReplyBody> {
    let body = ReplyBody::whole(Bytes::from_static(message.as_bytes()));
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
        Host::requested(&Uri::from_static("/"), &headers).is_some_and(|host| hosts.allow(&host))
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
    fn local_hosts_are_names_and_addresses_of_this_computer() {
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
    fn a_host_that_could_never_match_is_an_error() {
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
                error.starts_with(&format!("`{host}` is not a host")),
                "{error}"
            );
        }
    }
}
