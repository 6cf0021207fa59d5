//! The events that a transport has written and the response has not taken yet.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::task::AtomicWaker;
use mizan_channels::transport::ConnectionClosed;
use parking_lot::Mutex;

/// The number of buffered bytes from which on the transport waits. Further messages wait in the log of their channel.
const MAX_BUFFERED_BYTES: usize = 16 * 1024;

/// A buffer between the transport, which writes events, and the body of the response, which takes them.
#[derive(Clone, Default)]
pub(super) struct EventBuffer(Arc<Shared>);

#[derive(Default)]
struct Shared {
    content: Mutex<Content>,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

#[derive(Default)]
struct Content {
    events: BytesMut,
    /// Set when the transport writes no further events.
    is_complete: bool,
    /// Set when the response takes no further events.
    is_abandoned: bool,
}

impl EventBuffer {
    /// Adds an event, even if the buffer is full.
    pub(super) fn push(&self, event: &[u8]) -> Result<(), ConnectionClosed> {
        let mut content = self.0.content.lock();
        if content.is_abandoned || content.is_complete {
            return Err(ConnectionClosed);
        }
        content.events.extend_from_slice(event);
        drop(content);
        self.0.reader.wake();
        Ok(())
    }

    /// Marks the last event as written.
    pub(super) fn complete(&self) {
        self.0.content.lock().is_complete = true;
        self.0.reader.wake();
    }

    /// Waits until the buffer has at most `max_bytes`.
    fn poll_at_most(
        &self,
        max_bytes: usize,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), ConnectionClosed>> {
        self.0.writer.register(cx.waker());
        let content = self.0.content.lock();
        if content.is_abandoned {
            Poll::Ready(Err(ConnectionClosed))
        } else if content.events.len() <= max_bytes {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    }

    /// Waits until the buffer accepts another event.
    pub(super) fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>> {
        self.poll_at_most(MAX_BUFFERED_BYTES, cx)
    }

    /// Waits until the response has taken all events.
    pub(super) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>> {
        self.poll_at_most(0, cx)
    }

    /// Returns whether the response has ended, and wakes the transport when it does.
    pub(super) fn poll_abandoned(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.writer.register(cx.waker());
        if self.0.content.lock().is_abandoned {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// Takes the written events, or returns `None` after the last one.
    pub(super) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.0.reader.register(cx.waker());
        let mut content = self.0.content.lock();
        if !content.events.is_empty() {
            let events = std::mem::take(&mut content.events).freeze();
            drop(content);
            self.0.writer.wake();
            Poll::Ready(Some(events))
        } else if content.is_complete {
            Poll::Ready(None)
        } else {
            Poll::Pending
        }
    }

    /// Ends the connection, because the response takes no further events.
    pub(super) fn abandon(&self) {
        let mut content = self.0.content.lock();
        content.is_abandoned = true;
        content.events = BytesMut::new();
        drop(content);
        self.0.writer.wake();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use std::future::poll_fn;

    use super::*;

    #[test]
    fn a_response_that_takes_no_events_stops_the_transport() {
        let buffer = EventBuffer::default();
        let ready = || poll_fn(|cx| buffer.poll_ready(cx)).now_or_never();
        let flushed = || poll_fn(|cx| buffer.poll_flush(cx)).now_or_never();
        let take = || poll_fn(|cx| buffer.poll_take(cx)).now_or_never();
        assert_eq!(
            (ready(), flushed(), take()),
            (Some(Ok(())), Some(Ok(())), None)
        );
        buffer.push(&[b'x'; MAX_BUFFERED_BYTES]).unwrap();
        assert_eq!((ready(), flushed()), (Some(Ok(())), None));
        buffer.push(b"y").unwrap();
        assert_eq!(ready(), None);
        assert_eq!(take().unwrap().unwrap().len(), MAX_BUFFERED_BYTES + 1);
        assert_eq!((ready(), flushed()), (Some(Ok(())), Some(Ok(()))));
        buffer.push(b"last").unwrap();
        buffer.complete();
        assert_eq!(buffer.push(b"later"), Err(ConnectionClosed));
        assert_eq!(take(), Some(Some("last".into())));
        assert_eq!(take(), Some(None));
    }
}
