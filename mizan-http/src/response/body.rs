//! The body of a response.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::task::JoinSet;

/// The body of a response: complete, or streamed line by line as the calls of a batch finish.
pub struct ReplyBody(Content);

enum Content {
    Complete(Bytes),
    Lines(JoinSet<Bytes>),
}

impl ReplyBody {
    pub(crate) fn complete(bytes: Bytes) -> Self {
        Self(Content::Complete(bytes))
    }

    pub(crate) fn empty() -> Self {
        Self::complete(Bytes::new())
    }

    /// Streams the lines that the tasks return, in the order in which the tasks finish.
    pub(crate) fn lines(lines: JoinSet<Bytes>) -> Self {
        Self(Content::Lines(lines))
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.0 {
            Content::Complete(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Complete(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            // A task fails only while the runtime shuts down. The client then notices missing lines.
            Content::Lines(lines) => lines
                .poll_join_next(cx)
                .map(|line| Some(Ok(Frame::data(line?.ok()?)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Content::Complete(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Complete(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Lines(_) => SizeHint::default(),
        }
    }
}

impl fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Complete(bytes) => write!(f, "ReplyBody({} bytes)", bytes.len()),
            Content::Lines(_) => f.write_str("ReplyBody(lines)"),
        }
    }
}
