//! The future that records the status of a response.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use http::Response;
use pin_project_lite::pin_project;
use tracing::instrument::Instrumented;

pin_project! {
    /// The future of a [`TracedService`](super::TracedService).
    #[derive(Debug)]
    pub struct TracedFuture<F> {
        #[pin]
        pub(super) inner: Instrumented<F>,
        pub(super) started: Instant,
        pub(super) method: &'static str,
    }
}

impl<F, R, E> Future for TracedFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let result = ready!(this.inner.as_mut().poll(cx));
        let span = this.inner.span();
        // The server closes the connection if the service fails.
        let status = result
            .as_ref()
            .map_or(500, |response| response.status().as_u16());
        span.record("http.response.status_code", status);
        if status >= 500 {
            span.record("otel.status_code", "ERROR");
            span.record("error.type", status);
        }
        metrics::histogram!(
            "mizan_http_request_duration_seconds",
            "method" => *this.method,
            "status" => status.to_string(),
        )
        .record(this.started.elapsed().as_secs_f64());
        Poll::Ready(result)
    }
}
