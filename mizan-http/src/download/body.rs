//! The content of a file as the body of a response.

use std::fmt;
use std::io;
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use mizan_core::download::{DownloadBody, DownloadFile};
use tokio::task::spawn_blocking;
use tokio::time::{Sleep, sleep};

use crate::client_budget::Share;

/// The content of a file, or a part of it. It ends with an error unless it has exactly its size, so that
/// the server aborts the response instead of completing it.
pub(crate) struct DownloadStream {
    content: BoxStream<'static, io::Result<Bytes>>,
    /// The number of bytes that have to follow, if the size is known.
    remaining: Option<u64>,
    /// The name of the function, for the log.
    function: &'static str,
    part_timeout: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    has_ended: bool,
    _share: Share,
}

impl DownloadStream {
    /// `range` is the part to send, which only memory and files have.
    pub(super) fn new(
        body: DownloadBody,
        range: Option<Range<u64>>,
        function: &'static str,
        part_timeout: Duration,
        share: Share,
    ) -> Self {
        let size = body.size();
        let range = range.or(size.map(|size| 0..size));
        Self {
            content: content(body, range.clone().unwrap_or_default()),
            remaining: range.map(|range| range.end - range.start),
            function,
            part_timeout,
            timer: None,
            has_ended: false,
            _share: share,
        }
    }

    /// Returns the number of bytes that follow, if it is known.
    pub(crate) fn remaining(&self) -> Option<u64> {
        self.remaining
    }

    /// Returns `true` if no more bytes follow.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended || self.remaining == Some(0)
    }

    /// Logs why the rest of the file is not sent.
    fn fail(&mut self, error: io::Error) -> io::Error {
        self.has_ended = true;
        tracing::error!(
            function = self.function,
            %error,
            "aborting a download, because the rest of the file cannot be sent"
        );
        error
    }

    /// Subtracts the bytes of a part from those that follow.
    fn count(&mut self, part: &Bytes) -> io::Result<()> {
        if let Some(remaining) = self.remaining {
            let rest = remaining.checked_sub(part.len() as u64).ok_or_else(|| {
                io::Error::other("the content is longer than the size of the download")
            })?;
            self.remaining = Some(rest);
        }
        Ok(())
    }

    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        match self.content.poll_next_unpin(cx) {
            Poll::Ready(Some(part)) => {
                self.timer = None;
                let part = part?;
                self.count(&part)?;
                Poll::Ready(Ok(Some(part)))
            }
            Poll::Ready(None) if self.remaining.is_none_or(|rest| rest == 0) => {
                Poll::Ready(Ok(None))
            }
            Poll::Ready(None) => Poll::Ready(Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the content is shorter than the size of the download",
            ))),
            Poll::Pending => {
                let limit = self.part_timeout;
                let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(limit)));
                timer.as_mut().poll(cx).map(|()| {
                    Err(io::Error::new(
                        io::ErrorKind::TimedOut,
                        "the content had no next part within `download_part_timeout`",
                    ))
                })
            }
        }
    }
}

impl Stream for DownloadStream {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        self.poll_part(cx).map(|part| match part {
            Ok(Some(part)) => Some(Ok(part)),
            Ok(None) => {
                self.has_ended = true;
                None
            }
            Err(error) => Some(Err(self.fail(error))),
        })
    }
}

impl fmt::Debug for DownloadStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {:?} bytes", self.function, self.remaining)
    }
}

fn content(body: DownloadBody, range: Range<u64>) -> BoxStream<'static, io::Result<Bytes>> {
    match body {
        DownloadBody::Bytes(bytes) => {
            let index = |position: u64| usize::try_from(position).unwrap_or(usize::MAX);
            let part = bytes.slice(index(range.start)..index(range.end));
            stream::iter((!part.is_empty()).then_some(Ok(part))).boxed()
        }
        DownloadBody::File(file) => read_file(file, range).boxed(),
        DownloadBody::Stream { content, .. } => catch_panics(content).boxed(),
        _ => stream::once(async { Err(io::Error::other("this kind of content is not supported")) })
            .boxed(),
    }
}

/// Reads a file part by part on threads for blocking work. Each part is read when the client has received
/// the one before.
fn read_file(
    file: DownloadFile,
    range: Range<u64>,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let file = Arc::new(file);
    stream::try_unfold(range.start, move |position| {
        let file = Arc::clone(&file);
        let rest = range.end - position;
        async move {
            if rest == 0 {
                return Ok(None);
            }
            let read = spawn_blocking(move || file.read(position));
            let mut part = read.await.map_err(io::Error::other)??;
            part.truncate(usize::try_from(rest).unwrap_or(usize::MAX));
            let next = position + part.len() as u64;
            Ok(Some((part, next)))
        }
    })
}

/// Turns a panic of the function's stream into an error, so that only this download fails.
fn catch_panics(
    content: BoxStream<'static, io::Result<Bytes>>,
) -> impl Stream<Item = io::Result<Bytes>> {
    AssertUnwindSafe(content)
        .catch_unwind()
        .map(|part| part.unwrap_or_else(|_| Err(io::Error::other("the stream panicked"))))
}
