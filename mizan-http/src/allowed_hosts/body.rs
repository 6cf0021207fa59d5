//! The body of the response.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::response::ReplyBody;

pin_project! {
    /// A response body: the application's, or the message of a rejection.
    #[derive(Debug)]
    pub struct AllowedHostsBody<R> {
        #[pin]
        content: Content<R>,
    }
}

pin_project! {
    #[project = ContentProjection]
    #[derive(Debug)]
    enum Content<R> {
        Allowed {
            #[pin]
            body: R,
        },
        Rejected {
            #[pin]
            body: ReplyBody,
        },
    }
}

impl<R> AllowedHostsBody<R> {
    pub(super) fn allowed(body: R) -> Self {
        Self {
            content: Content::Allowed { body },
        }
    }

    pub(super) fn rejected(body: ReplyBody) -> Self {
        Self {
            content: Content::Rejected { body },
        }
    }
}

impl<R: Body<Data = Bytes>> Body for AllowedHostsBody<R> {
    type Data = Bytes;
    type Error = R::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, R::Error>>> {
        match self.project().content.project() {
            ContentProjection::Allowed { body } => body.poll_frame(cx),
            // A problem document is in memory, so reading it never fails.
            ContentProjection::Rejected { body } => body
                .poll_frame(cx)
                .map(|frame| frame.and_then(Result::ok).map(Ok)),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Allowed { body } => body.is_end_stream(),
            Content::Rejected { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Allowed { body } => body.size_hint(),
            Content::Rejected { body } => body.size_hint(),
        }
    }
}
