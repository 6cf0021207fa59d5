//! A stream that collects writes until it is flushed.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The maximum number of buffered bytes. Further messages wait in the log of their channel.
pub(super) const MAX_BUFFERED_BYTES: usize = 16 * 1024;

/// A stream whose writes are buffered until it is flushed.
///
/// The buffer is allocated only while it contains data: at any time, the server writes to few of its
/// connections, and a connection must not keep the memory of a large write.
pub(super) struct WriteBuffer<S> {
    inner: S,
    buffer: Vec<u8>,
}

impl<S> WriteBuffer<S> {
    pub(super) fn new(inner: S) -> Self {
        Self {
            inner,
            buffer: Vec::new(),
        }
    }
}

impl<S: AsyncWrite + Unpin> WriteBuffer<S> {
    fn poll_write_buffer(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.buffer.is_empty() {
            let written = ready!(Pin::new(&mut self.inner).poll_write(cx, &self.buffer))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            if written == self.buffer.len() {
                self.buffer = Vec::new();
            } else {
                self.buffer.drain(..written);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteBuffer<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteBuffer<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.buffer.len() >= MAX_BUFFERED_BYTES {
            ready!(self.poll_write_buffer(cx))?;
        }
        if self.buffer.is_empty() && bytes.len() >= MAX_BUFFERED_BYTES {
            return Pin::new(&mut self.inner).poll_write(cx, bytes);
        }
        let accepted = bytes.len().min(MAX_BUFFERED_BYTES - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..accepted]);
        Poll::Ready(Ok(accepted))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_write_buffer(cx))?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_write_buffer(cx))?;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn writes_on_flush_and_frees_the_buffer() {
        let (here, mut there) = tokio::io::duplex(64);
        let mut writer = WriteBuffer::new(here);
        writer.write_all(b"one ").await.unwrap();
        writer.write_all(b"two").await.unwrap();
        let mut read = [0; 64];
        let early = tokio::time::timeout(Duration::ZERO, there.read(&mut read));
        early.await.unwrap_err();
        writer.flush().await.unwrap();
        let length = there.read(&mut read).await.unwrap();
        assert_eq!(&read[..length], b"one two");
        assert_eq!(writer.buffer.capacity(), 0);
    }

    #[tokio::test]
    async fn delivers_all_bytes_in_order_to_a_slow_reader() {
        let (here, mut there) = tokio::io::duplex(100);
        let all: Vec<u8> = (0..200_000_u32).flat_map(u32::to_be_bytes).collect();
        let sent = all.clone();
        let writing = tokio::spawn(async move {
            let mut writer = WriteBuffer::new(here);
            let (small, rest) = sent.split_at(50_000);
            let (large, rest) = rest.split_at(3 * MAX_BUFFERED_BYTES);
            for part in small.chunks(300).chain([large]).chain(rest.chunks(7_000)) {
                writer.write_all(part).await.unwrap();
                assert!(writer.buffer.len() <= MAX_BUFFERED_BYTES);
            }
            writer.shutdown().await.unwrap();
        });
        let mut read = Vec::new();
        there.read_to_end(&mut read).await.unwrap();
        writing.await.unwrap();
        assert!(read == all, "all bytes arrived in order");
    }
}
