//! The events of a stream as the body of a response.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream, StreamExt};
use mizan_core::adapter::CallStream;
use mizan_core::{Error, ErrorCode};
use parking_lot::Mutex;
use serde_json::json;
use tokio::task::AbortHandle;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::active::StreamShare;
use super::event::{Event, HEARTBEAT, retry};
use crate::calls::resources::StreamResources;
use crate::response::problem_document;
use crate::service::limits::HttpLimits;

/// The time after which a client reconnects when the process shuts down.
const RECONNECT_DELAY: Duration = Duration::from_secs(1);

/// Starts a check of the session, the policy and `authorize`, as at the beginning of the call.
pub(crate) type AccessCheck = Box<dyn Fn() -> BoxFuture<'static, Result<(), Error>> + Send>;

/// The limits of one stream.
#[derive(Clone, Copy)]
pub(crate) struct StreamSettings {
    deadline: Duration,
    heartbeat: Duration,
    read_timeout: Duration,
    access_interval: Duration,
}

impl StreamSettings {
    pub(crate) fn new(limits: &HttpLimits) -> Self {
        Self {
            deadline: limits.stream_deadline,
            heartbeat: limits.stream_heartbeat,
            read_timeout: limits.stream_read_timeout,
            access_interval: limits.stream_access_interval,
        }
    }
}

/// The events of a stream, each encoded when the server takes it. Dropping it drops the function.
pub(crate) struct EventStream {
    running: Arc<Mutex<Option<Running>>>,
    has_ended: bool,
    stall_watch: AbortHandle,
    function: &'static str,
}

/// A stream that has not ended.
struct Running {
    stream: Box<CallStream>,
    resources: StreamResources,
    _share: StreamShare,
    settings: StreamSettings,
    /// Ready when the process shuts down.
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
    access: AccessCheck,
    access_check: Option<BoxFuture<'static, Result<(), Error>>>,
    next_access_check: Instant,
    deadline: Instant,
    last_sent: Instant,
    last_polled: Instant,
    timer: Option<Pin<Box<Sleep>>>,
    has_begun: bool,
}

/// The event that a poll of a running stream produced.
enum Step {
    Event(Bytes),
    /// The last event.
    Last(Bytes),
}

impl EventStream {
    pub(crate) fn new(
        stream: Box<CallStream>,
        resources: StreamResources,
        share: StreamShare,
        access: AccessCheck,
        settings: StreamSettings,
    ) -> Self {
        let now = Instant::now();
        let function = resources.function();
        let running = Running {
            stream,
            resources,
            closing: Box::pin(share.closing.clone().cancelled_owned()),
            _share: share,
            settings,
            access,
            access_check: None,
            next_access_check: now + settings.access_interval,
            deadline: now + settings.deadline,
            last_sent: now,
            last_polled: now,
            timer: None,
            has_begun: false,
        };
        let running = Arc::new(Mutex::new(Some(running)));
        let watch = watch_for_stall(Arc::downgrade(&running), settings, function);
        Self {
            running,
            has_ended: false,
            stall_watch: tokio::spawn(watch).abort_handle(),
            function,
        }
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        self.stall_watch.abort();
        if let Some(running) = self.running.lock().take() {
            running.resources.cancel();
        }
    }
}

/// Drops the function of a client that stopped reading. The server of the connection polls the body only when it
/// can send more, at the latest for a heartbeat.
async fn watch_for_stall(
    running: Weak<Mutex<Option<Running>>>,
    settings: StreamSettings,
    function: &'static str,
) {
    let limit = settings.heartbeat + settings.read_timeout;
    let mut wake_at = Instant::now() + limit;
    loop {
        sleep_until(wake_at).await;
        let Some(running) = running.upgrade() else {
            return;
        };
        let mut guard = running.lock();
        let Some(last_polled) = guard.as_ref().map(|running| running.last_polled) else {
            return;
        };
        wake_at = last_polled + limit;
        if wake_at <= Instant::now() {
            if let Some(stalled) = guard.take() {
                stalled.resources.cancel();
            }
            metrics::counter!("mizan_http_stalled_streams_total").increment(1);
            tracing::info!(function, "ending a stream whose client does not read");
            return;
        }
    }
}

impl Running {
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        self.last_polled = Instant::now();
        if !std::mem::replace(&mut self.has_begun, true) {
            // Makes the server and proxies send the head of the response before the first part.
            return Poll::Ready(Step::Event(HEARTBEAT));
        }
        loop {
            let now = Instant::now();
            if let Some(error) = self.poll_reason_to_end(now, cx) {
                let error = self.stream.fail(error);
                return Poll::Ready(Step::Last(problem(&error)));
            }
            match self.stream.poll_next_unpin(cx) {
                Poll::Ready(Some(Ok(part))) => {
                    self.last_sent = now;
                    return Poll::Ready(Step::Event(Event::Part.encode(&part)));
                }
                Poll::Ready(Some(Err(error))) => {
                    return Poll::Ready(Step::Last(problem(&error)));
                }
                Poll::Ready(None) => return Poll::Ready(Step::Last(Bytes::new())),
                Poll::Pending => {}
            }
            let heartbeat_at = self.last_sent + self.settings.heartbeat;
            if now >= heartbeat_at {
                self.last_sent = now;
                return Poll::Ready(Step::Event(HEARTBEAT));
            }
            let wake_at = heartbeat_at.min(self.deadline).min(self.next_access_check);
            let timer = self
                .timer
                .get_or_insert_with(|| Box::pin(sleep_until(wake_at)));
            if timer.deadline() > wake_at {
                timer.as_mut().reset(wake_at);
            }
            // Parts that were sent since the timer was set postpone the heartbeat, so it may fire early.
            ready!(timer.as_mut().poll(cx));
            self.timer = None;
        }
    }

    /// Returns the error that ends the stream early.
    fn poll_reason_to_end(&mut self, now: Instant, cx: &mut Context<'_>) -> Option<Error> {
        if self.closing.as_mut().poll(cx).is_ready() {
            let error = Error::new(ErrorCode::Unavailable, "the server is shutting down");
            return Some(error.with_retry_after(RECONNECT_DELAY));
        }
        if now >= self.deadline {
            let message = "the stream exceeded its deadline";
            return Some(Error::new(ErrorCode::DeadlineExceeded, message));
        }
        if self.access_check.is_none() && now >= self.next_access_check {
            self.access_check = Some((self.access)());
            self.next_access_check = now + self.settings.access_interval;
        }
        let checked = self.access_check.as_mut()?.poll_unpin(cx);
        if let Poll::Ready(checked) = checked {
            self.access_check = None;
            return checked.err();
        }
        None
    }

    /// Returns the last event, after the work that the function left behind has started.
    fn finish(self, last: Bytes) -> Bytes {
        let end = self.stream.finish();
        self.resources.run_background(end.background);
        if !last.is_empty() {
            return last;
        }
        let affects: Vec<_> = end.affects.iter().map(ToString::to_string).collect();
        let end = if affects.is_empty() {
            json!({})
        } else {
            json!({ "affects": affects.join(",") })
        };
        Event::End.encode(end.to_string().as_bytes())
    }
}

/// Encodes the error that ends a stream, after the time in which the client may call again.
fn problem(error: &Error) -> Bytes {
    let event = Event::Problem.encode(&problem_document::to_json(error, false));
    match error.retry_after() {
        Some(delay) => [retry(delay), event].concat().into(),
        None => event,
    }
}

impl Stream for EventStream {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        let mut guard = self.running.lock();
        let step = guard.as_mut().map(|running| running.poll_step(cx));
        let last = match step {
            Some(Poll::Pending) => return Poll::Pending,
            Some(Poll::Ready(Step::Event(event))) => return Poll::Ready(Some(Ok(event))),
            Some(Poll::Ready(Step::Last(last))) => guard.take().map(|running| running.finish(last)),
            None => None,
        };
        drop(guard);
        self.has_ended = true;
        let stalled = || {
            io::Error::new(
                io::ErrorKind::TimedOut,
                "the client did not read the stream",
            )
        };
        Poll::Ready(Some(last.ok_or_else(stalled)))
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.function)
    }
}
