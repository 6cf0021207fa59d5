//! A collector of traces that counts what it receives over OTLP.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// The maximum size of an export.
const MAX_EXPORT_BYTES: usize = 16 * 1024 * 1024;

/// The exports that were received.
#[derive(Clone, Default)]
pub(super) struct Collector(Arc<Counts>);

#[derive(Default)]
struct Counts {
    exports: AtomicU64,
    bytes: AtomicU64,
}

impl Collector {
    /// Starts a collector on a free port, and returns its URL. It stops with the runtime.
    pub(super) async fn start() -> anyhow::Result<(Self, String)> {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.context("cannot listen for traces")?;
        let url = format!("http://{}", listener.local_addr()?);
        let collector = Self::default();
        let accepting = collector.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let collector = accepting.clone();
                let service = service_fn(move |request| {
                    let collector = collector.clone();
                    async move { collector.receive(request).await }
                });
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        });
        Ok((collector, url))
    }

    async fn receive(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Empty<Bytes>>, std::convert::Infallible> {
        let mut response = Response::new(Empty::new());
        match Limited::new(request, MAX_EXPORT_BYTES).collect().await {
            Ok(body) => {
                let bytes = body.to_bytes().len() as u64;
                self.0.exports.fetch_add(1, Ordering::Relaxed);
                self.0.bytes.fetch_add(bytes, Ordering::Relaxed);
            }
            Err(_) => *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE,
        }
        Ok(response)
    }

    /// Returns the number of exports, and of their bytes.
    pub(super) fn counts(&self) -> (u64, u64) {
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        (count(&self.0.exports), count(&self.0.bytes))
    }
}
