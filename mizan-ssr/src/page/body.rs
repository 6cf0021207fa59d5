//! The body of a page.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use http_body::{Body, Frame, SizeHint};

use super::document::DOCUMENT_END;
use super::navigation_stream::NavigationStream;
use crate::log_text::log_text;
use crate::observation::error_id;
use crate::renderer::RenderStream;

/// The body of a page, complete or streamed: first the shell, then the suspended parts as they complete.
///
/// Dropping the body cancels the render.
///
/// An error after the shell does not abort the response. The markup marks the missing parts, and the
/// browser renders them once the document is complete. The server logs the error with an id, which is
/// also in `<template data-mizan-error>` of the document.
pub struct PageBody(Content);

enum Content {
    /// No content and no content length, as for `HEAD`.
    Empty,
    Complete(Bytes),
    Streamed(Box<DocumentStream>),
    Navigation(Box<NavigationStream>),
}

struct DocumentStream {
    /// The document up to and including the shell, until it is sent.
    beginning: Option<Bytes>,
    rest: Option<RenderStream>,
    component: String,
}

impl PageBody {
    pub(crate) fn empty() -> Self {
        Self(Content::Empty)
    }

    pub(super) fn complete(html: impl Into<Bytes>) -> Self {
        Self(Content::Complete(html.into()))
    }

    /// Streams `beginning`, the chunks of `rest` and the end of the document.
    pub(super) fn streamed(beginning: String, rest: RenderStream, component: &str) -> Self {
        Self(Content::Streamed(Box::new(DocumentStream {
            beginning: Some(beginning.into()),
            rest: Some(rest),
            component: component.into(),
        })))
    }
}

impl From<NavigationStream> for PageBody {
    fn from(stream: NavigationStream) -> Self {
        Self(Content::Navigation(Box::new(stream)))
    }
}

impl DocumentStream {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(beginning) = self.beginning.take() {
            return Poll::Ready(Some(beginning));
        }
        let Some(rest) = &mut self.rest else {
            return Poll::Ready(None);
        };
        match ready!(Pin::new(&mut *rest).poll_next(cx)) {
            Some(Ok(chunk)) => Poll::Ready(Some(chunk)),
            Some(Err(error)) => {
                let id = rest.span().in_scope(error_id);
                tracing::error!(error_id = id, component = self.component, error = %log_text(&error), "rendering failed after the shell of the page was sent");
                let mark = format!("<template data-mizan-error=\"{id}\"></template>");
                Poll::Ready(Some(mark.into()))
            }
            None => {
                self.rest = None;
                Poll::Ready(Some(Bytes::from_static(DOCUMENT_END.as_bytes())))
            }
        }
    }
}

impl Body for PageBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = match &mut self.0 {
            Content::Empty => None,
            Content::Complete(bytes) if bytes.is_empty() => None,
            Content::Complete(bytes) => Some(std::mem::take(bytes)),
            Content::Streamed(stream) => ready!(stream.poll_next(cx)),
            Content::Navigation(stream) => ready!(stream.poll_next(cx)),
        };
        Poll::Ready(data.map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Empty => true,
            Content::Complete(bytes) => bytes.is_empty(),
            Content::Streamed(stream) => stream.rest.is_none(),
            Content::Navigation(stream) => stream.is_end(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Complete(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Empty | Content::Streamed(_) | Content::Navigation(_) => SizeHint::default(),
        }
    }
}

impl fmt::Debug for PageBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Empty => f.write_str("PageBody(empty)"),
            Content::Complete(bytes) => write!(f, "PageBody({} bytes)", bytes.len()),
            Content::Streamed(_) | Content::Navigation(_) => f.write_str("PageBody(stream)"),
        }
    }
}
