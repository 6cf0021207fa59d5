//! The future of the response.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use tower_http::compression::ResponseFuture;

use super::body::CompressedBody;
use super::decide::{DecideFuture, IsChosen};

pin_project! {
    /// The future of a [`CompressionService`](super::CompressionService).
    pub struct CompressionFuture<F> {
        #[pin]
        response: ResponseFuture<DecideFuture<F>, IsChosen>,
    }
}

impl<F> CompressionFuture<F> {
    pub(super) fn new(response: ResponseFuture<DecideFuture<F>, IsChosen>) -> Self {
        Self { response }
    }
}

impl<F, R, E> Future for CompressionFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
{
    type Output = Result<Response<CompressedBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(self.project().response.poll(cx))?;
        Poll::Ready(Ok(response.map(CompressedBody::new)))
    }
}
