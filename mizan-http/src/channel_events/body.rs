//! The events of a connection as the body of a response.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use tokio::time::{Instant, Sleep, sleep};

use super::buffer::EventBuffer;
use crate::streaming::HEARTBEAT;

/// Sends the events of a connection as soon as there are any, and comments in between. Dropping it ends the connection.
pub(crate) struct ChannelEvents {
    buffer: EventBuffer,
    heartbeat: Duration,
    timer: Pin<Box<Sleep>>,
}

impl ChannelEvents {
    pub(super) fn new(buffer: EventBuffer, heartbeat: Duration) -> Self {
        Self {
            buffer,
            heartbeat,
            timer: Box::pin(sleep(heartbeat)),
        }
    }

    fn restart_timer(&mut self) {
        let next = Instant::now() + self.heartbeat;
        self.timer.as_mut().reset(next);
    }
}

impl Stream for ChannelEvents {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(events) = self.buffer.poll_take(cx) {
            self.restart_timer();
            return Poll::Ready(events.map(Ok));
        }
        ready!(self.timer.as_mut().poll(cx));
        self.restart_timer();
        Poll::Ready(Some(Ok(HEARTBEAT)))
    }
}

impl Drop for ChannelEvents {
    fn drop(&mut self) {
        self.buffer.abandon();
    }
}
