//! The streams of an HTTP/2 connection: how many are under way, and which of them wait for a client
//! that takes nothing.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use hyper::rt::Executor;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep};

/// The largest piece of a body that is given to HTTP/2 at once, and thus the most that it holds for a
/// client that takes nothing.
const PIECE: usize = 16 * 1024;
/// The largest body that is given to HTTP/2 whole. Of others, the last byte goes by itself: HTTP/2 holds the
/// last piece for as long as the client likes, after the stream has ended here.
const WHOLE: usize = 1024;

tokio::task_local! {
    static PROGRESS: Arc<Progress>;
}

/// The streams of one connection.
pub(super) struct Streams(Mutex<StreamsState>);

struct StreamsState {
    under_way: usize,
    /// When the last stream ended, or the connection began.
    idle_since: Instant,
}

impl Streams {
    pub(super) fn new() -> Self {
        Self(Mutex::new(StreamsState {
            under_way: 0,
            idle_since: Instant::now(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, StreamsState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn are_under_way(&self) -> bool {
        self.state().under_way > 0
    }

    /// Waits until no stream has been under way for as long as `limit`.
    ///
    /// It looks now and then instead of being told of each stream, which would wake the connection
    /// twice for each request.
    pub(super) async fn idle(&self, limit: Duration) {
        loop {
            let idle_for = {
                let state = self.state();
                (state.under_way == 0).then(|| state.idle_since.elapsed())
            };
            match idle_for {
                Some(idle_for) if idle_for >= limit => return,
                Some(idle_for) => sleep(limit - idle_for).await,
                None => sleep(limit).await,
            }
        }
    }
}

/// A stream under way.
struct UnderWay(Arc<Streams>);

impl UnderWay {
    fn begin(streams: &Arc<Streams>) -> Self {
        streams.state().under_way += 1;
        Self(Arc::clone(streams))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.under_way -= 1;
        state.idle_since = Instant::now();
    }
}

/// Runs the streams of a connection as tasks, and resets those whose client takes nothing of the
/// response for too long.
#[derive(Clone)]
pub(super) struct StreamExecutor {
    pub(super) streams: Arc<Streams>,
    pub(super) write_timeout: Duration,
}

impl<F> Executor<F> for StreamExecutor
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        let under_way = UnderWay::begin(&self.streams);
        let limit = self.write_timeout;
        tokio::spawn(async move {
            let _under_way = under_way;
            until_stuck(stream, limit).await;
        });
    }
}

/// Runs a stream to its end, or until its client has taken nothing for `limit`. Dropping the stream
/// then resets it.
async fn until_stuck<F: Future>(stream: F, limit: Duration) {
    let progress = Arc::new(Progress::default());
    let mut stream = pin!(PROGRESS.scope(Arc::clone(&progress), stream));
    let mut end: Option<(usize, Pin<Box<Sleep>>)> = None;
    poll_fn(|cx| {
        if stream.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        let Some(piece) = progress.waiting_piece() else {
            end = None;
            return Poll::Pending;
        };
        let (_, end) = match &mut end {
            Some(end) if end.0 == piece => end,
            end => end.insert((piece, Box::pin(sleep(limit)))),
        };
        let is_over = end.as_mut().poll(cx).is_ready();
        if is_over {
            tracing::debug!("resetting a stream whose client takes nothing");
            return Poll::Ready(());
        }
        Poll::Pending
    })
    .await;
}

/// The progress of a response: the number of its pieces, and whether the next one waits for the client.
#[derive(Default)]
struct Progress {
    pieces: AtomicUsize,
    is_waiting: AtomicBool,
}

impl Progress {
    /// The number of the piece that the client has not taken.
    fn waiting_piece(&self) -> Option<usize> {
        self.is_waiting
            .load(Ordering::Relaxed)
            .then(|| self.pieces.load(Ordering::Relaxed))
    }

    /// The body is asked for more: the piece before is on its way.
    fn asked(&self) {
        self.is_waiting.store(false, Ordering::Relaxed);
    }

    fn handed_over(&self) {
        self.pieces.fetch_add(1, Ordering::Relaxed);
        self.is_waiting.store(true, Ordering::Relaxed);
    }
}

pin_project! {
    /// A response's body on its way to the client: the service's, or the server's own.
    ///
    /// Over HTTP/2 it goes in pieces, each of which shows that the client took the one before.
    pub(super) struct SentBody<B> {
        #[pin]
        body: Option<B>,
        rest: Bytes,
        progress: Option<Arc<Progress>>,
    }
}

impl<B> SentBody<B> {
    /// The body of a response, as its stream begins to send it.
    pub(super) fn of_service(body: B) -> Self {
        Self {
            body: Some(body),
            rest: Bytes::new(),
            progress: PROGRESS.try_with(Arc::clone).ok(),
        }
    }

    pub(super) fn of_server(bytes: Bytes) -> Self {
        Self {
            body: None,
            rest: bytes,
            progress: PROGRESS.try_with(Arc::clone).ok(),
        }
    }
}

impl<B: Body> Body for SentBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        if let Some(progress) = this.progress {
            progress.asked();
        }
        let mut data = if !this.rest.is_empty() {
            std::mem::take(this.rest)
        } else {
            let Some(body) = this.body.as_pin_mut() else {
                return Poll::Ready(None);
            };
            let frame = match std::task::ready!(body.poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                other => {
                    return Poll::Ready(other.map(|failed| failed.map(|_| unreachable!())));
                }
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
            if data.len() > PIECE {
                *this.rest = data.split_off(PIECE);
            } else if data.len() > WHOLE {
                *this.rest = data.split_off(data.len() - 1);
            }
            progress.handed_over();
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
