//! The body of a response.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::sync::OwnedSemaphorePermit;
use tower_http::compression::CompressionBody;

pin_project! {
    /// A response body that is compressed, or passed on unchanged.
    pub struct CompressedBody<B: Body> {
        #[pin]
        body: CompressionBody<CountedBody<B>>,
    }
}

pin_project! {
    /// The body of the application, which counts towards the compressed responses while it has a permit.
    pub(super) struct CountedBody<B> {
        #[pin]
        pub(super) body: B,
        pub(super) permit: Option<OwnedSemaphorePermit>,
    }
}

impl<B: Body> CompressedBody<B> {
    pub(super) fn new(body: CompressionBody<CountedBody<B>>) -> Self {
        Self { body }
    }
}

impl<B> Body for CompressedBody<B>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B: Body> Body for CountedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<B: Body> fmt::Debug for CompressedBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_compressed = self.body.get_ref().permit.is_some();
        f.debug_struct("CompressedBody")
            .field("is_compressed", &is_compressed)
            .finish_non_exhaustive()
    }
}
