use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much waits to be written at most. What is beyond waits in the log of its channel.
pub(super) const MOST: usize = 16 * 1024;

/// A stream whose writes are joined until it is flushed.
///
/// What waits is in memory only while it waits: of many connections few are written to at the same time, and
/// those that had much to write keep nothing of it.
pub(super) struct Joined<S> {
    inner: S,
    waiting: Vec<u8>,
}

impl<S> Joined<S> {
    pub(super) fn new(inner: S) -> Self {
        Self {
            inner,
            waiting: Vec::new(),
        }
    }
}

impl<S: AsyncWrite + Unpin> Joined<S> {
    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.waiting.is_empty() {
            let written = ready!(Pin::new(&mut self.inner).poll_write(cx, &self.waiting))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            if written == self.waiting.len() {
                self.waiting = Vec::new();
            } else {
                self.waiting.drain(..written);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Joined<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Joined<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.waiting.len() >= MOST {
            ready!(self.poll_waiting(cx))?;
        }
        if self.waiting.is_empty() && bytes.len() >= MOST {
            return Pin::new(&mut self.inner).poll_write(cx, bytes);
        }
        let taken = bytes.len().min(MOST - self.waiting.len());
        self.waiting.extend_from_slice(&bytes[..taken]);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_waiting(cx))?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_waiting(cx))?;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn nothing_is_written_before_it_is_flushed_and_nothing_is_kept_after() {
        let (here, mut there) = tokio::io::duplex(64);
        let mut joined = Joined::new(here);
        joined.write_all(b"one ").await.unwrap();
        joined.write_all(b"two").await.unwrap();
        let mut read = [0; 64];
        let early = tokio::time::timeout(Duration::ZERO, there.read(&mut read));
        early.await.unwrap_err();
        joined.flush().await.unwrap();
        let length = there.read(&mut read).await.unwrap();
        assert_eq!(&read[..length], b"one two");
        assert_eq!(joined.waiting.capacity(), 0);
    }

    #[tokio::test]
    async fn all_arrives_in_order_however_slowly_it_is_read() {
        let (here, mut there) = tokio::io::duplex(100);
        let all: Vec<u8> = (0..200_000_u32).flat_map(u32::to_be_bytes).collect();
        let sent = all.clone();
        let writing = tokio::spawn(async move {
            let mut joined = Joined::new(here);
            let (small, rest) = sent.split_at(50_000);
            let (large, rest) = rest.split_at(3 * MOST);
            for part in small.chunks(300).chain([large]).chain(rest.chunks(7_000)) {
                joined.write_all(part).await.unwrap();
                assert!(joined.waiting.len() <= MOST);
            }
            joined.shutdown().await.unwrap();
        });
        let mut read = Vec::new();
        there.read_to_end(&mut read).await.unwrap();
        writing.await.unwrap();
        assert!(read == all, "it is what was written");
    }
}
