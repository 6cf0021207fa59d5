//! The TCP stream of a connection, with a timeout for writes and a lingering close.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::acceptor::ConnectionSlot;

/// The maximum number of bytes of a rejected body that are read after the response.
const MAX_LINGER_BYTES: usize = 64 * 1024 * 1024;
/// The time after which a lingering connection is closed if its client sends nothing.
const LINGER_IDLE_TIMEOUT: Duration = Duration::from_secs(5);
/// The size of the buffer for discarded bytes.
const LINGER_BUFFER_BYTES: usize = 16 * 1024;

/// A connection that fails with a timeout if its client does not read.
///
/// Without the timeout, the server would keep the connection and the responses of a client that never reads
/// them. The stream holds its connection slot until it is dropped, even after it has become a WebSocket.
pub(super) struct ClientStream {
    stream: TcpStream,
    write_timeout: Duration,
    write_timer: Option<Pin<Box<Sleep>>>,
    request_state: Arc<RequestState>,
    linger: Option<Box<Linger>>,
    _slot: ConnectionSlot,
}

impl ClientStream {
    pub(super) fn new(stream: TcpStream, write_timeout: Duration, slot: ConnectionSlot) -> Self {
        Self {
            stream,
            write_timeout,
            write_timer: None,
            request_state: Arc::default(),
            linger: None,
            _slot: slot,
        }
    }

    /// Returns the state of the last request, which the server of the connection updates.
    pub(super) fn request_state(&self) -> Arc<RequestState> {
        Arc::clone(&self.request_state)
    }

    /// Fails a pending write after the timeout.
    fn with_write_timeout<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.write_timer = None;
            return written;
        }
        let timeout = self.write_timeout;
        self.write_timer
            .get_or_insert_with(|| Box::pin(sleep(timeout)))
            .as_mut()
            .poll(cx)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// The state of the last HTTP/1.1 request of a connection, which determines how the connection is closed.
#[derive(Default)]
pub(super) struct RequestState {
    may_have_unread_body: AtomicBool,
    is_in_progress: AtomicBool,
}

impl RequestState {
    /// Records the start of a request. It is in progress until the guard is dropped.
    pub(super) fn begin(self: Arc<Self>, has_body: bool) -> RequestGuard {
        self.may_have_unread_body.store(has_body, Ordering::Relaxed);
        self.is_in_progress.store(true, Ordering::Relaxed);
        RequestGuard(self)
    }

    /// Records that the server shuts down. If the connection is idle, its last body has been read.
    pub(super) fn shut_down(&self) {
        if !self.is_in_progress.load(Ordering::Relaxed) {
            self.may_have_unread_body.store(false, Ordering::Relaxed);
        }
    }
}

/// A guard that marks a request as in progress.
pub(super) struct RequestGuard(Arc<RequestState>);

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.0.is_in_progress.store(false, Ordering::Relaxed);
    }
}

/// A connection whose response has been sent, but whose client may still be sending a rejected body.
///
/// Closing a socket with unread bytes resets the connection, and a browser then shows a network error
/// instead of the response (RFC 9112, section 9.6).
struct Linger {
    bytes_left: usize,
    timer: Pin<Box<Sleep>>,
    idle_timer: Pin<Box<Sleep>>,
    scratch: Box<[u8]>,
}

impl Linger {
    fn new(timeout: Duration) -> Self {
        Self {
            bytes_left: MAX_LINGER_BYTES,
            timer: Box::pin(sleep(timeout)),
            idle_timer: Box::pin(sleep(LINGER_IDLE_TIMEOUT.min(timeout))),
            scratch: vec![0; LINGER_BUFFER_BYTES].into(),
        }
    }

    /// Reads and discards bytes until the client closes the connection or a limit is reached.
    fn poll(&mut self, stream: &mut TcpStream, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.timer.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::new(&mut self.scratch);
            match Pin::new(&mut *stream).poll_read(cx, &mut buffer) {
                Poll::Ready(read) => {
                    let length = buffer.filled().len();
                    self.bytes_left = self.bytes_left.saturating_sub(length);
                    if read.is_err() || length == 0 || self.bytes_left == 0 {
                        return Poll::Ready(());
                    }
                    let idle_deadline = Instant::now() + LINGER_IDLE_TIMEOUT;
                    self.idle_timer.as_mut().reset(idle_deadline);
                }
                Poll::Pending => return self.idle_timer.as_mut().poll(cx),
            }
        }
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.with_write_timeout(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.with_write_timeout(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            if !this
                .request_state
                .may_have_unread_body
                .load(Ordering::Relaxed)
            {
                return Poll::Ready(Ok(()));
            }
        }
        let timeout = this.write_timeout;
        this.linger
            .get_or_insert_with(|| Box::new(Linger::new(timeout)))
            .poll(&mut this.stream, cx)
            .map(Ok)
    }
}
