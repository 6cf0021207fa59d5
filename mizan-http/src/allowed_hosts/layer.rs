//! The layer and its settings.

use std::sync::Arc;

use tower_layer::Layer;

use super::host::{Host, HostSet};
use super::service::AllowedHostsService;
use crate::service::config_error::{HttpConfigError, HttpConfigErrorKind};

/// A layer that rejects requests for hosts that the application does not allow.
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
pub struct AllowedHosts(HostSet);

impl AllowedHosts {
    /// Creates a layer that allows names such as `example.com`, domains with their subdomains such as
    /// `.example.com`, IP addresses, and the hosts of URLs such as `https://example.com/path`.
    ///
    /// # Errors
    ///
    /// Returns an error that names the first invalid host.
    pub fn new<H: AsRef<str>>(hosts: impl IntoIterator<Item = H>) -> Result<Self, HttpConfigError> {
        let hosts = hosts
            .into_iter()
            .map(|host| {
                let host = host.as_ref();
                Host::from_setting(host).ok_or_else(|| HttpConfigErrorKind::Host(host.to_owned()))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self(HostSet {
            hosts,
            allows_local: false,
        }))
    }

    /// Creates a layer for development that allows only this computer: `localhost` and its subdomains,
    /// `127.0.0.0/8` and `[::1]`.
    ///
    /// These names are safe, because no DNS record can assign them to another site.
    #[must_use]
    pub fn local() -> Self {
        Self(HostSet {
            hosts: Arc::new([]),
            allows_local: true,
        })
    }

    /// Also allows the hosts of [`local`](Self::local).
    #[must_use]
    pub fn and_local(mut self) -> Self {
        self.0.allows_local = true;
        self
    }
}

impl<S> Layer<S> for AllowedHosts {
    type Service = AllowedHostsService<S>;

    fn layer(&self, inner: S) -> AllowedHostsService<S> {
        AllowedHostsService::new(self.0.clone(), inner)
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, Uri, header};

    use super::*;

    fn allows(hosts: &AllowedHosts, host: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        Host::from_request(&Uri::from_static("/"), &headers)
            .is_some_and(|host| hosts.0.allows(&host))
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
