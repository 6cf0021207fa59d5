//! The layer and its settings.

use ipnet::IpNet;
use tower_layer::Layer;

use super::service::TracedService;
use super::trace_context;
use super::trusted_peers::TrustedPeers;

/// A layer around the whole application that creates a span for each request (`http.request`), and a metric of its
/// duration.
///
/// Calls, renders, mails and messages of the request are in the span. With the feature `opentelemetry`, a request
/// continues the trace that its `traceparent` header names (W3C Trace Context), if a trusted proxy sent it, and the ids of
/// logged errors are ids of traces. The formats are those of the propagator that
/// `opentelemetry::global::set_text_map_propagator` sets.
///
/// ```no_run
/// use axum::Router;
/// use mizan_http::{RequestTracing, serve};
/// use tower_layer::Layer;
///
/// async fn run(router: Router) -> Result<(), Box<dyn std::error::Error>> {
///     let tracing = RequestTracing::new().trusted_proxies(["10.0.0.0/8".parse()?]);
///     let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
///     serve(listener, tracing.layer(router)).await?;
///     Ok(())
/// }
/// ```
///
/// A client could choose the id of a trace, or request that it is recorded, so headers of other peers are ignored, as
/// are several headers, malformed ones, and those that are longer than 512 bytes.
#[derive(Clone, Debug, Default)]
pub struct RequestTracing {
    trusted: TrustedPeers,
}

impl RequestTracing {
    /// Creates a layer that begins a trace with each request.
    #[must_use]
    pub fn new() -> Self {
        trace_context::install_trace_ids();
        Self::default()
    }

    /// Continues the traces of requests from `addresses`. Their clients must not be able to pass a `traceparent` through
    /// them, unless you trust the clients.
    #[must_use]
    pub fn trusted_proxies(mut self, addresses: impl IntoIterator<Item = IpNet>) -> Self {
        self.trusted.set_proxies(addresses);
        self
    }

    /// Continues the traces of all requests: for services that only other services reach.
    #[must_use]
    pub fn trust_clients(mut self) -> Self {
        self.trusted.includes_clients = true;
        self
    }
}

impl<S> Layer<S> for RequestTracing {
    type Service = TracedService<S>;

    fn layer(&self, inner: S) -> TracedService<S> {
        TracedService {
            inner,
            trusted: self.trusted.clone(),
        }
    }
}
