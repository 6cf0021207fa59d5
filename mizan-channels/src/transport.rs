use std::fmt;
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::close::Close;

/// What carries frames in order and whole: a WebSocket, and whatever comes after it.
///
/// Methods are called from one task, and none after one that said that the other side is gone.
pub trait Transport: Send + Unpin + 'static {
    /// The next thing that comes. Where a frame is one that the transport does not take, such as one
    /// that is too large, it says why.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Received>;

    /// Waits until a frame can be sent. Keep what is buffered small: frames wait in a log that all
    /// connections share, and cost nothing there.
    ///
    /// # Errors
    ///
    /// The other side is gone.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>>;

    /// Sends a frame, once [`poll_ready`](Self::poll_ready) said that it can be.
    ///
    /// # Errors
    ///
    /// The other side is gone.
    fn send(&mut self, frame: Bytes) -> Result<(), Gone>;

    /// Waits until all that was sent is with the other side, as far as this one can tell.
    ///
    /// # Errors
    ///
    /// The other side is gone.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Gone>>;

    /// Says why the connection ends, and ends it.
    fn poll_close(&mut self, cx: &mut Context<'_>, close: &Close) -> Poll<()>;
}

/// What came over a [`Transport`].
#[derive(Debug)]
pub enum Received {
    /// A whole text message.
    Frame(Bytes),
    /// A sign of life that is no frame.
    Ping,
    /// What ends the connection: the other side left, or broke a rule.
    Broken(Close),
    /// The end.
    End,
}

/// The other side is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the other side is gone")
    }
}

impl std::error::Error for Gone {}
