//! The HTTP client of `fetch`, with one connection pool for all renders.

use std::error::Error as StdError;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use tokio::runtime::Runtime;
use url::Url;

use super::address::is_internal;
use super::policy::{FetchPolicy, InvalidOrigin, Network, Origins, address};
use super::request::{FetchRequest, Redirect, is_redirect};

/// The maximum number of redirects of one request, as in the Fetch standard.
const MAX_REDIRECTS: usize = 20;
/// The time for a connection. The deadline of the render limits the complete request.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends the requests of a renderer's components on a thread of its own.
#[derive(Debug)]
pub(crate) struct FetchClient {
    pub(super) policy: FetchPolicy,
    origins: Origins,
    public: Client,
    any: Client,
    /// `None` only while the client is dropped.
    runtime: Option<Runtime>,
}

/// The error of starting a client.
#[derive(Debug)]
pub(crate) enum FetchClientError {
    Origin(InvalidOrigin),
    Start(Box<dyn StdError + Send + Sync>),
}

/// A response whose body has not been read.
pub(super) struct Received {
    pub(super) response: Response,
    pub(super) url: Url,
    pub(super) redirected: bool,
}

impl FetchClient {
    pub(crate) fn start(policy: FetchPolicy) -> Result<Arc<Self>, FetchClientError> {
        let origins = policy.parse().map_err(FetchClientError::Origin)?;
        let started = || -> Result<_, Box<dyn StdError + Send + Sync>> {
            let tls = tls_config()?;
            let builder = || {
                Client::builder()
                    .tls_backend_preconfigured(tls.clone())
                    .user_agent("mizan-ssr")
                    // A proxy would resolve names itself.
                    .no_proxy()
                    .redirect(Policy::none())
                    .connect_timeout(CONNECT_TIMEOUT)
            };
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .thread_name("mizan-ssr-fetch")
                .enable_all()
                .build()?;
            let public = builder().dns_resolver(PublicResolver).build()?;
            Ok((public, builder().build()?, runtime))
        };
        let (public, any, runtime) = started().map_err(FetchClientError::Start)?;
        Ok(Arc::new(Self {
            policy,
            origins,
            public,
            any,
            runtime: Some(runtime),
        }))
    }

    pub(super) fn spawn(
        &self,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> Option<tokio::task::JoinHandle<()>> {
        Some(self.runtime.as_ref()?.spawn(task))
    }

    /// Sends a request and follows its redirects. Returns a message if that fails.
    pub(super) async fn send(&self, mut request: FetchRequest) -> Result<Received, String> {
        for redirects in 0..=MAX_REDIRECTS {
            let response = self.send_once(&request).await?;
            let status = response.status();
            if !is_redirect(status) || request.redirect == Redirect::Manual {
                return Ok(Received {
                    response,
                    url: request.url,
                    redirected: redirects > 0,
                });
            }
            let Some(location) = response.headers().get(http::header::LOCATION) else {
                return Ok(Received {
                    response,
                    url: request.url,
                    redirected: redirects > 0,
                });
            };
            let location = location
                .to_str()
                .ok()
                .and_then(|location| request.url.join(location).ok())
                .ok_or_else(|| format!("{} redirects to an invalid URL", request.url))?;
            if request.redirect == Redirect::Error {
                return Err(format!(
                    "{} redirects, and the request has the option `redirect: \"error\"`",
                    request.url
                ));
            }
            request.follow(status, location);
        }
        Err(format!("{} redirects too often", request.url))
    }

    async fn send_once(&self, request: &FetchRequest) -> Result<Response, String> {
        let client = self.client_for(&request.url)?;
        let mut builder = client
            .request(request.method.clone(), request.url.clone())
            .headers(request.headers.clone());
        if let Some(body) = &request.body {
            builder = builder.body(body.clone());
        }
        builder.send().await.map_err(|error| {
            format!(
                "cannot fetch {}: {}",
                request.url,
                innermost_message(&error)
            )
        })
    }

    /// Returns the client for an allowed URL, or a message with the setting that allows it.
    pub(super) fn client_for(&self, url: &Url) -> Result<&Client, String> {
        let origin = url.origin().ascii_serialization();
        match self.origins.network(url) {
            Some(Network::Any) => Ok(&self.any),
            Some(Network::Public) if address(url).is_some_and(is_internal) => {
                Err(internal_message(&origin))
            }
            Some(Network::Public) => Ok(&self.public),
            None => Err(format!(
                "`fetch` to the origin {origin} is not allowed; allow it with `FetchPolicy::allow_origin`"
            )),
        }
    }

    /// Reads the next chunk of a body, after it is decompressed.
    pub(super) async fn read(response: &mut Response) -> Result<Option<Bytes>, String> {
        let chunk = response.chunk().await;
        chunk.map_err(|error| format!("the response ended early: {}", innermost_message(&error)))
    }
}

impl Drop for FetchClient {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting for the thread is not possible in an asynchronous context.
            runtime.shutdown_background();
        }
    }
}

/// Resolves names, and refuses those that have only internal addresses.
struct PublicResolver;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let found = !addresses.is_empty();
            let public: Vec<SocketAddr> = addresses
                .into_iter()
                .filter(|address| !is_internal(address.ip()))
                .collect();
            if found && public.is_empty() {
                return Err(internal_message(name.as_str()).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

fn internal_message(host: &str) -> String {
    format!(
        "{host} has an internal address; allow the origin with `FetchPolicy::allow_internal_origin`"
    )
}

/// Returns the message of the error that caused the others.
fn innermost_message(error: &dyn StdError) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn tls_config() -> Result<rustls::ClientConfig, Box<dyn StdError + Send + Sync>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
