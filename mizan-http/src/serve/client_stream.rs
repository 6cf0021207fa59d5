use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::admission::Place;

/// The maximum number of bytes of a refused body that the server still reads after it sent the answer.
const LINGER_BYTES: usize = 64 * 1024 * 1024;
/// The maximum time in which the client sends no more of a refused body.
const LINGER_QUIET: Duration = Duration::from_secs(5);

/// A connection that ends when its client takes nothing of what it is sent for too long.
///
/// Without it, clients that ask and never read hold their connections, and what was to be sent on
/// them, for ever. It holds its place among the server's connections for as long as it lives, also
/// as a WebSocket.
pub(super) struct ClientStream {
    stream: TcpStream,
    write_timeout: Duration,
    end: Option<Pin<Box<Sleep>>>,
    request: Arc<RequestState>,
    linger: Option<Box<Linger>>,
    _place: Place,
}

impl ClientStream {
    pub(super) fn new(stream: TcpStream, write_timeout: Duration, place: Place) -> Self {
        Self {
            stream,
            write_timeout,
            end: None,
            request: Arc::default(),
            linger: None,
            _place: place,
        }
    }

    /// The state of the connection's last request, to be kept up to date.
    pub(super) fn request(&self) -> Arc<RequestState> {
        Arc::clone(&self.request)
    }

    fn limited<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.end = None;
            return written;
        }
        let limit = self.write_timeout;
        let end = self.end.get_or_insert_with(|| Box::pin(sleep(limit)));
        end.as_mut()
            .poll(cx)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

/// The state of a connection's last HTTP/1.1 request, which decides how the connection is closed.
#[derive(Default)]
pub(super) struct RequestState {
    may_have_unread_body: AtomicBool,
    is_answering: AtomicBool,
}

impl RequestState {
    pub(super) fn begin(self: Arc<Self>, has_body: bool) -> Answering {
        self.may_have_unread_body.store(has_body, Ordering::Relaxed);
        self.is_answering.store(true, Ordering::Relaxed);
        Answering(self)
    }

    /// The connection is told to end. If it is idle, the body before has been read.
    pub(super) fn stop(&self) {
        if !self.is_answering.load(Ordering::Relaxed) {
            self.may_have_unread_body.store(false, Ordering::Relaxed);
        }
    }
}

/// A request that is being answered.
pub(super) struct Answering(Arc<RequestState>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.is_answering.store(false, Ordering::Relaxed);
    }
}

/// The end of a connection whose client may still send a body that was refused.
///
/// A socket that is closed with something unread resets the connection, and a browser then shows an
/// error of the network instead of the answer (RFC 9112, section 9.6).
struct Linger {
    left: usize,
    end: Pin<Box<Sleep>>,
    quiet: Pin<Box<Sleep>>,
    scratch: Box<[u8]>,
}

impl Linger {
    fn new(limit: Duration) -> Self {
        Self {
            left: LINGER_BYTES,
            end: Box::pin(sleep(limit)),
            quiet: Box::pin(sleep(LINGER_QUIET.min(limit))),
            scratch: vec![0; 16 * 1024].into(),
        }
    }

    /// Reads and discards what comes, until the client ends or has had its time.
    fn poll(&mut self, stream: &mut TcpStream, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.end.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::new(&mut self.scratch);
            match Pin::new(&mut *stream).poll_read(cx, &mut buffer) {
                Poll::Ready(read) => {
                    let length = buffer.filled().len();
                    self.left = self.left.saturating_sub(length);
                    if read.is_err() || length == 0 || self.left == 0 {
                        return Poll::Ready(());
                    }
                    let quiet = tokio::time::Instant::now() + LINGER_QUIET;
                    self.quiet.as_mut().reset(quiet);
                }
                Poll::Pending => return self.quiet.as_mut().poll(cx),
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
        self.limited(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.limited(cx, written)
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
            if !this.request.may_have_unread_body.load(Ordering::Relaxed) {
                return Poll::Ready(Ok(()));
            }
        }
        let limit = this.write_timeout;
        let linger = this
            .linger
            .get_or_insert_with(|| Box::new(Linger::new(limit)));
        linger.poll(&mut this.stream, cx).map(Ok)
    }
}
