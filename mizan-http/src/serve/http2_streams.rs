//! The streams of an HTTP/2 connection, with a timeout for clients that do not read.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use hyper::rt::Executor;
use parking_lot::Mutex;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep};

/// The maximum size of a chunk that is passed to the HTTP/2 implementation, and thus the maximum that it
/// buffers for a client that does not read.
const MAX_CHUNK_BYTES: usize = 16 * 1024;
/// The maximum size of a chunk that is sent whole. The last byte of a larger chunk is sent as a separate
/// chunk: the HTTP/2 implementation keeps the last chunk of a body after the stream has ended here, without
/// a time limit, so the last chunk must be small.
const MAX_UNSPLIT_BYTES: usize = 1024;

tokio::task_local! {
    static PROGRESS: Arc<Progress>;
}

/// The active streams of one connection.
pub(super) struct ActiveStreams(Mutex<StreamsState>);

struct StreamsState {
    active: usize,
    /// The time at which the last stream ended, or the connection started.
    idle_since: Instant,
}

impl ActiveStreams {
    pub(super) fn new() -> Self {
        Self(Mutex::new(StreamsState {
            active: 0,
            idle_since: Instant::now(),
        }))
    }

    pub(super) fn is_any_active(&self) -> bool {
        self.0.lock().active > 0
    }

    /// Waits until no stream has been active for `duration`.
    ///
    /// It polls periodically. A notification for each stream would wake the connection twice for each
    /// request.
    pub(super) async fn wait_idle_for(&self, duration: Duration) {
        loop {
            let idle_time = {
                let state = self.0.lock();
                (state.active == 0).then(|| state.idle_since.elapsed())
            };
            match idle_time {
                Some(idle_time) if idle_time >= duration => return,
                Some(idle_time) => sleep(duration - idle_time).await,
                None => sleep(duration).await,
            }
        }
    }
}

/// A guard that counts a stream as active.
struct ActiveStream(Arc<ActiveStreams>);

impl ActiveStream {
    fn begin(streams: &Arc<ActiveStreams>) -> Self {
        streams.0.lock().active += 1;
        Self(Arc::clone(streams))
    }
}

impl Drop for ActiveStream {
    fn drop(&mut self) {
        let mut state = self.0.0.lock();
        state.active -= 1;
        state.idle_since = Instant::now();
    }
}

/// Runs each stream of a connection as a task, and resets streams whose client does not read.
#[derive(Clone)]
pub(super) struct StreamExecutor {
    pub(super) streams: Arc<ActiveStreams>,
    pub(super) write_timeout: Duration,
}

impl<F> Executor<F> for StreamExecutor
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        let active = ActiveStream::begin(&self.streams);
        let timeout = self.write_timeout;
        tokio::spawn(async move {
            let _active = active;
            run_until_stalled(stream, timeout).await;
        });
    }
}

/// Runs a stream until it ends, or until the client has read nothing for `timeout`. Dropping the stream
/// then resets it.
async fn run_until_stalled<F: Future>(stream: F, timeout: Duration) {
    let progress = Arc::new(Progress::default());
    let mut stream = pin!(PROGRESS.scope(Arc::clone(&progress), stream));
    let mut timer: Option<(usize, Pin<Box<Sleep>>)> = None;
    poll_fn(|cx| {
        if stream.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let Some(chunk) = progress.pending_chunk() else {
            timer = None;
            return Poll::Pending;
        };
        let (_, timer) = match &mut timer {
            Some(timer) if timer.0 == chunk => timer,
            timer => timer.insert((chunk, Box::pin(sleep(timeout)))),
        };
        ready!(timer.as_mut().poll(cx));
        tracing::debug!("resetting a stream: write timeout");
        Poll::Ready(())
    })
    .await;
}

/// The progress of a response: the number of chunks that were passed to the HTTP/2 implementation, and
/// whether the last one is still waiting for the client.
#[derive(Default)]
struct Progress {
    chunks: AtomicUsize,
    is_pending: AtomicBool,
}

impl Progress {
    /// Returns the number of the chunk that is waiting for the client, if any.
    fn pending_chunk(&self) -> Option<usize> {
        self.is_pending
            .load(Ordering::Relaxed)
            .then(|| self.chunks.load(Ordering::Relaxed))
    }

    /// Records that the HTTP/2 implementation requests the next chunk, and so is sending the previous one.
    fn on_poll(&self) {
        self.is_pending.store(false, Ordering::Relaxed);
    }

    fn on_chunk(&self) {
        self.chunks.fetch_add(1, Ordering::Relaxed);
        self.is_pending.store(true, Ordering::Relaxed);
    }
}

pin_project! {
    /// The body of a response, from the service or from the server itself.
    ///
    /// Over HTTP/2, it is split into chunks: a request for the next chunk shows that the client has read
    /// the previous one.
    pub(super) struct TrackedBody<B> {
        #[pin]
        body: Option<B>,
        rest: Bytes,
        progress: Option<Arc<Progress>>,
    }
}

impl<B> TrackedBody<B> {
    pub(super) fn of_service(body: B) -> Self {
        Self::new(Some(body), Bytes::new())
    }

    pub(super) fn of_server(bytes: Bytes) -> Self {
        Self::new(None, bytes)
    }

    fn new(body: Option<B>, rest: Bytes) -> Self {
        Self {
            body,
            rest,
            progress: PROGRESS.try_with(Arc::clone).ok(),
        }
    }
}

impl<B: Body> Body for TrackedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        if let Some(progress) = this.progress {
            progress.on_poll();
        }
        let mut data = if !this.rest.is_empty() {
            std::mem::take(this.rest)
        } else {
            let Some(body) = this.body.as_pin_mut() else {
                return Poll::Ready(None);
            };
            let frame = match ready!(body.poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            };
            match frame.into_data() {
                Ok(mut data) => data.copy_to_bytes(data.remaining()),
                Err(frame) => {
                    let trailers = frame.into_trailers().unwrap_or_default();
                    return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
                }
            }
        };
        if let Some(progress) = this.progress {
            if data.len() > MAX_CHUNK_BYTES {
                *this.rest = data.split_off(MAX_CHUNK_BYTES);
            } else if data.len() > MAX_UNSPLIT_BYTES {
                *this.rest = data.split_off(data.len() - 1);
            }
            progress.on_chunk();
        }
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self
            .body
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint);
        let rest = self.rest.len() as u64;
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}
