//! The service that creates the spans.

use std::task::{Context, Poll};
use std::time::Instant;

use http::{Method, Request, Response};
use tower_service::Service;
use tracing::Instrument as _;

use super::future::TracedFuture;
use super::trace_context;
use super::trusted_peers::TrustedPeers;

/// A service within a [`RequestTracing`](super::RequestTracing) layer.
#[derive(Clone, Debug)]
pub struct TracedService<S> {
    pub(super) inner: S,
    pub(super) trusted: TrustedPeers,
}

impl<S, B, R> Service<Request<B>> for TracedService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = TracedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let method = method_name(request.method());
        let span = tracing::info_span!(
            target: "mizan::http",
            "http.request",
            otel.name = method,
            otel.kind = "server",
            otel.status_code = tracing::field::Empty,
            http.request.method = method,
            http.response.status_code = tracing::field::Empty,
            http.route = tracing::field::Empty,
            url.path = request.uri().path(),
            error.r#type = tracing::field::Empty,
        );
        if !span.is_disabled() {
            if self.trusted.contain_peer(request.extensions()) {
                trace_context::continue_trace(&span, request.headers());
            }
            let id = trace_context::trace_id(&span);
            request.extensions_mut().insert(id);
        }
        let inner = span.in_scope(|| self.inner.call(request));
        TracedFuture {
            inner: inner.instrument(span),
            started: Instant::now(),
            method,
        }
    }
}

/// Returns the name of a method that HTTP defines, so that clients cannot create metrics.
fn method_name(method: &Method) -> &'static str {
    let known = [
        Method::GET,
        Method::POST,
        Method::HEAD,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
        Method::OPTIONS,
        Method::CONNECT,
        Method::TRACE,
    ];
    const NAMES: [&str; 9] = [
        "GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE",
    ];
    let index = known.iter().position(|known| known == method);
    index.map_or("_OTHER", |index| NAMES[index])
}
