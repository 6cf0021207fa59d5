//! The body of a response.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::StreamExt;
use http_body::{Body, Frame, SizeHint};
use tokio::task::JoinSet;

#[cfg(feature = "channels")]
use crate::channel_events::ChannelEvents;
use crate::download::DownloadStream;
use crate::streaming::body::EventStream;

/// The body of a response: complete, streamed line by line as the calls of a batch finish, a file, or the parts of
/// a stream as server-sent events.
///
/// An error means that the rest of a file or a stream cannot be sent. A server must then abort the response, as hyper
/// does, so that the client does not take a part of the file for the whole.
pub struct ReplyBody(Content);

enum Content {
    Complete(Bytes),
    Lines(JoinSet<Bytes>),
    /// Boxed, because it is larger than the other bodies, which are more frequent.
    Download(Box<DownloadStream>),
    Events(Box<EventStream>),
    #[cfg(feature = "channels")]
    ChannelEvents(ChannelEvents),
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

    pub(crate) fn download(content: DownloadStream) -> Self {
        Self(Content::Download(Box::new(content)))
    }

    pub(crate) fn events(events: EventStream) -> Self {
        Self(Content::Events(Box::new(events)))
    }

    #[cfg(feature = "channels")]
    pub(crate) fn channel_events(events: ChannelEvents) -> Self {
        Self(Content::ChannelEvents(events))
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut self.0 {
            Content::Complete(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Complete(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            // A task fails only while the runtime shuts down. The client then notices missing lines.
            Content::Lines(lines) => lines
                .poll_join_next(cx)
                .map(|line| Some(Ok(Frame::data(line?.ok()?)))),
            Content::Download(content) => content
                .poll_next_unpin(cx)
                .map(|part| part.map(|part| part.map(Frame::data))),
            Content::Events(events) => events
                .poll_next_unpin(cx)
                .map(|event| event.map(|event| event.map(Frame::data))),
            #[cfg(feature = "channels")]
            Content::ChannelEvents(events) => events
                .poll_next_unpin(cx)
                .map(|event| event.map(|event| event.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Complete(bytes) => bytes.is_empty(),
            Content::Lines(_) | Content::Events(_) => false,
            #[cfg(feature = "channels")]
            Content::ChannelEvents(_) => false,
            Content::Download(content) => content.has_ended(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Complete(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Lines(_) | Content::Events(_) => SizeHint::default(),
            #[cfg(feature = "channels")]
            Content::ChannelEvents(_) => SizeHint::default(),
            Content::Download(content) => content
                .remaining()
                .map_or_else(SizeHint::default, SizeHint::with_exact),
        }
    }
}

impl fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Complete(bytes) => write!(f, "ReplyBody({} bytes)", bytes.len()),
            Content::Lines(_) => f.write_str("ReplyBody(lines)"),
            Content::Download(content) => write!(f, "ReplyBody(download of {content:?})"),
            Content::Events(events) => write!(f, "ReplyBody(stream of {events:?})"),
            #[cfg(feature = "channels")]
            Content::ChannelEvents(_) => f.write_str("ReplyBody(connection of channels)"),
        }
    }
}
