//! The service that compresses the responses of another service.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Extensions, HeaderMap, Request, Response, StatusCode, Version};
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::sync::Semaphore;
use tower_http::CompressionLevel;
use tower_http::compression::Compression as TowerCompression;
use tower_layer::Layer as _;
use tower_service::Service;

use super::body::CountedBody;
use super::decision;
use super::future::CompressionFuture;

/// The service of the layer [`Compression`](super::Compression).
#[derive(Clone)]
pub struct CompressionService<S> {
    inner: TowerCompression<Decide<S>, IsChosen>,
}

/// The predicate of responses that [`Decide`] has chosen.
pub(super) type IsChosen = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;

/// Marks a response that is to be compressed.
#[derive(Clone, Copy)]
struct Chosen;

/// The application's service, which decides about each of its responses.
///
/// The predicate of tower-http sees only the response, but the decision depends on the request too.
#[derive(Clone)]
pub(super) struct Decide<S> {
    permits: Arc<Semaphore>,
    inner: S,
}

pin_project! {
    pub(super) struct DecideFuture<F> {
        #[pin]
        response: F,
        permits: Arc<Semaphore>,
        is_possible: bool,
    }
}

impl<S> CompressionService<S> {
    pub(super) fn new(permits: Arc<Semaphore>, inner: S) -> Self {
        let is_chosen: IsChosen = |_, _, _, extensions| extensions.get::<Chosen>().is_some();
        let layer = tower_http::compression::CompressionLayer::new()
            .quality(CompressionLevel::Default)
            .compress_when(is_chosen);
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

impl<S, B, R> Service<Request<B>> for Decide<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<CountedBody<R>>;
    type Error = S::Error;
    type Future = DecideFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        DecideFuture {
            is_possible: decision::is_possible(request.headers()),
            permits: Arc::clone(&self.permits),
            response: self.inner.call(request),
        }
    }
}

impl<F, R, E> Future for DecideFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
{
    type Output = Result<Response<CountedBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.response.poll(cx))?;
        let mut permit = None;
        if decision::pays(&response) {
            decision::vary_by_encoding(response.headers_mut());
            if *this.is_possible {
                permit = Arc::clone(this.permits).try_acquire_owned().ok();
            }
        }
        if permit.is_some() {
            response.extensions_mut().insert(Chosen);
        }
        Poll::Ready(Ok(response.map(|body| CountedBody { body, permit })))
    }
}

impl<S> fmt::Debug for CompressionService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompressionService").finish_non_exhaustive()
    }
}
