use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use http_body::{Body, Frame, SizeHint};
use uuid::Uuid;

use super::document::END;
use crate::renderer::RenderStream;

/// The body of a page: whole, or the shell first and the rest as it comes.
///
/// Dropping it ends the render.
///
/// An error behind the shell does not break it off. What is missing is marked in the markup, and the
/// browser renders it itself once the document ends; so the document ends as it should. The error is in
/// the log, under the id that stands in the document's `<template data-mizan-error>`.
pub struct PageBody(Kind);

enum Kind {
    /// Left out, as for `HEAD`: how long it would be is not said.
    None,
    Whole(Bytes),
    Stream(Box<Streamed>),
}

struct Streamed {
    /// The document up to the end of the shell.
    begin: Option<Bytes>,
    rest: Option<RenderStream>,
    component: String,
}

impl PageBody {
    pub(crate) fn none() -> Self {
        Self(Kind::None)
    }

    pub(crate) fn whole(html: impl Into<Bytes>) -> Self {
        Self(Kind::Whole(html.into()))
    }

    /// `begin`, what comes of `rest`, and the document's end.
    pub(crate) fn stream(begin: String, rest: RenderStream, component: &str) -> Self {
        Self(Kind::Stream(Box::new(Streamed {
            begin: Some(begin.into()),
            rest: Some(rest),
            component: component.into(),
        })))
    }
}

impl Streamed {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(begin) = self.begin.take() {
            return Poll::Ready(Some(begin));
        }
        let Some(rest) = &mut self.rest else {
            return Poll::Ready(None);
        };
        match ready!(Pin::new(rest).poll_next(cx)) {
            Some(Ok(part)) => Poll::Ready(Some(part)),
            Some(Err(error)) => {
                let id = Uuid::new_v4();
                tracing::error!(%id, component = self.component, %error, "a page was not finished");
                let mark = format!("<template data-mizan-error=\"{id}\"></template>");
                Poll::Ready(Some(mark.into()))
            }
            None => {
                self.rest = None;
                Poll::Ready(Some(Bytes::from_static(END.as_bytes())))
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
        let part = match &mut self.0 {
            Kind::None => None,
            Kind::Whole(bytes) if bytes.is_empty() => None,
            Kind::Whole(bytes) => Some(std::mem::take(bytes)),
            Kind::Stream(streamed) => ready!(streamed.poll(cx)),
        };
        Poll::Ready(part.map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::None => true,
            Kind::Whole(bytes) => bytes.is_empty(),
            Kind::Stream(streamed) => streamed.rest.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::None | Kind::Stream(_) => SizeHint::default(),
        }
    }
}

impl fmt::Debug for PageBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::None => f.write_str("PageBody(none)"),
            Kind::Whole(bytes) => write!(f, "PageBody({} bytes)", bytes.len()),
            Kind::Stream(_) => f.write_str("PageBody(stream)"),
        }
    }
}
