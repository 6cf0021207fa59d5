//! The transport of a connection over server-sent events.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use mizan_channels::transport::{Close, ConnectionClosed, Received, Transport};
use serde_json::json;
use tokio::sync::mpsc;

use super::buffer::EventBuffer;
use super::connections::Registration;
use crate::streaming::Event;

pub(super) struct EventTransport {
    buffer: EventBuffer,
    frames: mpsc::Receiver<Bytes>,
    /// Frames are received until the transport is dropped.
    _registration: Registration,
    is_closing: bool,
}

impl EventTransport {
    pub(super) fn new(
        buffer: EventBuffer,
        frames: mpsc::Receiver<Bytes>,
        registration: Registration,
    ) -> Self {
        Self {
            buffer,
            frames,
            _registration: registration,
            is_closing: false,
        }
    }
}

impl Transport for EventTransport {
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        if self.buffer.poll_abandoned(cx).is_ready() {
            return Poll::Ready(Received::End);
        }
        let frame = ready!(self.frames.poll_recv(cx));
        Poll::Ready(frame.map_or(Received::End, Received::Frame))
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>> {
        self.buffer.poll_ready(cx)
    }

    fn send(&mut self, frame: Bytes) -> Result<(), ConnectionClosed> {
        self.buffer.push(&Event::Part.encode(&frame))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>> {
        self.buffer.poll_flush(cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>, close: &Close) -> Poll<()> {
        if !self.is_closing {
            self.is_closing = true;
            let close = json!({ "code": close.code().number(), "reason": close.reason() });
            let event = Event::Close.encode(close.to_string().as_bytes());
            if self.buffer.push(&event).is_err() {
                return Poll::Ready(());
            }
            self.buffer.complete();
        }
        self.buffer.poll_flush(cx).map(|_| ())
    }
}

impl Drop for EventTransport {
    fn drop(&mut self) {
        self.buffer.complete();
    }
}
