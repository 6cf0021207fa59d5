//! The body of a response with a file.

use std::fmt;
use std::io::{self, SeekFrom};
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_util::Stream;
use http_body::{Body, Frame, SizeHint};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, Take};
use tokio_util::io::ReaderStream;

use super::content::Content;

/// The size of the pieces in which a file on disk is sent.
const CHUNK_BYTES: usize = 64 << 10;

/// The body of a response of [`BrowserFilesService`](super::BrowserFilesService): a file, or the body of the
/// fallback `B`.
pub struct BrowserFileBody<B>(Source<B>);

enum Source<B> {
    File(FileBody),
    Fallback(Pin<Box<B>>),
}

/// A file or a part of one.
pub(super) struct FileBody(FileContent);

enum FileContent {
    /// No content, as for `HEAD`.
    Empty,
    Memory(Bytes),
    Disk {
        stream: Box<ReaderStream<Take<File>>>,
        remaining: u64,
    },
}

impl<B> BrowserFileBody<B> {
    pub(super) fn file(body: FileBody) -> Self {
        Self(Source::File(body))
    }

    pub(super) fn fallback(body: B) -> Self {
        Self(Source::Fallback(Box::pin(body)))
    }
}

impl FileBody {
    pub(super) fn empty() -> Self {
        Self(FileContent::Empty)
    }

    /// Opens the bytes of `content` in `range`, which must be within its length.
    pub(super) async fn open(content: &Content, range: Range<u64>) -> io::Result<Self> {
        let (file, length) = match content {
            Content::Memory(bytes) => {
                let out_of_range = |_| io::Error::from(io::ErrorKind::InvalidInput);
                let start = usize::try_from(range.start).map_err(out_of_range)?;
                let end = usize::try_from(range.end).map_err(out_of_range)?;
                return Ok(Self(FileContent::Memory(bytes.slice(start..end))));
            }
            Content::Disk { file, length } => (file, *length),
        };
        let mut file = File::open(file).await?;
        if file.metadata().await?.len() != length {
            return Err(io::Error::other(
                "the file changed after the server started",
            ));
        }
        file.seek(SeekFrom::Start(range.start)).await?;
        let remaining = range.end - range.start;
        let stream = ReaderStream::with_capacity(file.take(remaining), CHUNK_BYTES);
        Ok(Self(FileContent::Disk {
            stream: Box::new(stream),
            remaining,
        }))
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        match &mut self.0 {
            FileContent::Empty => Poll::Ready(None),
            FileContent::Memory(bytes) if bytes.is_empty() => Poll::Ready(None),
            FileContent::Memory(bytes) => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            FileContent::Disk { remaining: 0, .. } => Poll::Ready(None),
            FileContent::Disk { stream, remaining } => {
                match ready!(Pin::new(stream).poll_next(cx)) {
                    Some(Ok(bytes)) => {
                        *remaining = remaining.saturating_sub(bytes.len() as u64);
                        Poll::Ready(Some(Ok(bytes)))
                    }
                    // The client must not take a truncated file for a complete one.
                    None => Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
                    error => Poll::Ready(error),
                }
            }
        }
    }

    fn remaining(&self) -> u64 {
        match &self.0 {
            FileContent::Empty => 0,
            FileContent::Memory(bytes) => bytes.len() as u64,
            FileContent::Disk { remaining, .. } => *remaining,
        }
    }
}

impl<B> Body for BrowserFileBody<B>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match &mut self.0 {
            Source::File(file) => {
                let chunk = ready!(file.poll_next(cx));
                Poll::Ready(chunk.map(|chunk| chunk.map(Frame::data).map_err(Into::into)))
            }
            Source::Fallback(body) => {
                let frame = ready!(body.as_mut().poll_frame(cx));
                Poll::Ready(frame.map(|frame| {
                    frame
                        .map(|frame| {
                            frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))
                        })
                        .map_err(Into::into)
                }))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Source::File(file) => file.remaining() == 0,
            Source::Fallback(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            // Without a hint, the response to `HEAD` keeps the `Content-Length` of the file.
            Source::File(FileBody(FileContent::Empty)) => SizeHint::default(),
            Source::File(file) => SizeHint::with_exact(file.remaining()),
            Source::Fallback(body) => body.size_hint(),
        }
    }
}

impl<B> fmt::Debug for BrowserFileBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::File(file) => write!(f, "BrowserFileBody({} bytes)", file.remaining()),
            Source::Fallback(_) => f.write_str("BrowserFileBody(fallback)"),
        }
    }
}
