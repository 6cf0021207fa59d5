//! The service that decides which responses are compressed.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Extensions, HeaderMap, Request, Response, StatusCode, Version};
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::sync::Semaphore;
use tower_service::Service;

use super::body::CountedBody;
use super::decision;

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
    pub(super) permits: Arc<Semaphore>,
    pub(super) inner: S,
}

pin_project! {
    pub(super) struct DecideFuture<F> {
        #[pin]
        response: F,
        permits: Arc<Semaphore>,
        is_possible: bool,
    }
}

/// Returns the predicate of responses that [`Decide`] has chosen.
pub(super) fn is_chosen() -> IsChosen {
    |_, _, _, extensions| extensions.get::<Chosen>().is_some()
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
