//! The service that compresses the responses of another service.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tokio::sync::Semaphore;
use tower_http::CompressionLevel;
use tower_http::compression::Compression as TowerCompression;
use tower_layer::Layer as _;
use tower_service::Service;

use super::decide::{Decide, IsChosen, is_chosen};
use super::future::CompressionFuture;

/// The service of the layer [`Compression`](super::Compression).
#[derive(Clone)]
pub struct CompressionService<S> {
    inner: TowerCompression<Decide<S>, IsChosen>,
}

impl<S> CompressionService<S> {
    pub(super) fn new(permits: Arc<Semaphore>, inner: S) -> Self {
        let layer = tower_http::compression::CompressionLayer::new()
            .quality(CompressionLevel::Default)
            .compress_when(is_chosen());
        Self {
            inner: layer.layer(Decide { permits, inner }),
        }
    }
}

impl<S, B, R> Service<Request<B>> for CompressionService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<super::CompressedBody<R>>;
    type Error = S::Error;
    type Future = CompressionFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        CompressionFuture::new(self.inner.call(request))
    }
}

impl<S> fmt::Debug for CompressionService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompressionService").finish_non_exhaustive()
    }
}
