//! The body of requests to the application within `FormPages`.

use std::pin::Pin;
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// The body of a request to the application within [`FormPages`](super::FormPages): the body that the
    /// client sent, or an empty body if `FormPages` requests a page.
    #[derive(Debug)]
    pub struct FormPageBody<B> {
        #[pin]
        body: Option<B>,
    }
}

impl<B> FormPageBody<B> {
    pub(super) fn of_client(body: B) -> Self {
        Self { body: Some(body) }
    }

    pub(super) fn empty() -> Self {
        Self { body: None }
    }
}

impl<B: Body> Body for FormPageBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        match self.project().body.as_pin_mut() {
            Some(body) => body.poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
