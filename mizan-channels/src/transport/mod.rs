//! Transports that carry frames, and the authentication of the clients behind them.

mod authenticate;
mod close;

use std::fmt;
use std::task::{Context, Poll};

use bytes::Bytes;

pub use authenticate::{AuthenticateConnection, Authentication, Peer};
pub use close::{Close, CloseCode};

/// The WebSocket subprotocol of the frames.
pub const SUBPROTOCOL: &str = "mizan.v1.json";

/// Carries whole frames in order between a client and [`Channels::serve`](crate::Channels::serve).
///
/// `mizan-http` implements it for WebSockets. All methods are called from one task, and none is called again
/// after one of them has reported the end of the connection.
///
/// ```
/// use std::task::{Context, Poll};
///
/// use bytes::Bytes;
/// use mizan_channels::transport::{Close, ConnectionClosed, Received, Transport};
/// use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
///
/// /// A transport between two tasks of one process.
/// struct InProcess {
///     incoming: UnboundedReceiver<Bytes>,
///     outgoing: UnboundedSender<Bytes>,
/// }
///
/// impl Transport for InProcess {
///     fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
///         let frame = self.incoming.poll_recv(cx);
///         frame.map(|frame| frame.map_or(Received::End, Received::Frame))
///     }
///
///     fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>> {
///         Poll::Ready(Ok(()))
///     }
///
///     fn send(&mut self, frame: Bytes) -> Result<(), ConnectionClosed> {
///         self.outgoing.send(frame).map_err(|_| ConnectionClosed)
///     }
///
///     fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>> {
///         Poll::Ready(Ok(()))
///     }
///
///     fn poll_close(&mut self, _: &mut Context<'_>, _: &Close) -> Poll<()> {
///         Poll::Ready(())
///     }
/// }
/// ```
pub trait Transport: Send + Unpin + 'static {
    /// Receives the next event from the client.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Received>;

    /// Waits until the transport accepts another frame.
    ///
    /// A transport should buffer few frames: messages that are not sent yet wait in a log that all connections
    /// share.
    ///
    /// # Errors
    ///
    /// Returns [`ConnectionClosed`] if the connection has ended.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>>;

    /// Sends a frame. Called after [`poll_ready`](Self::poll_ready) has returned `Ready`.
    ///
    /// # Errors
    ///
    /// Returns [`ConnectionClosed`] if the connection has ended.
    fn send(&mut self, frame: Bytes) -> Result<(), ConnectionClosed>;

    /// Waits until all frames have been written to the network.
    ///
    /// # Errors
    ///
    /// Returns [`ConnectionClosed`] if the connection has ended.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>>;

    /// Sends the close code and reason, and closes the connection.
    fn poll_close(&mut self, cx: &mut Context<'_>, close: &Close) -> Poll<()>;
}

/// An event from a [`Transport`].
#[derive(Debug)]
pub enum Received {
    /// A whole text message.
    Frame(Bytes),
    /// A ping or pong of the transport itself, which shows that the client is alive.
    Ping,
    /// The client violated the transport's protocol; the connection is closed with this code.
    Broken(Close),
    /// The connection has ended.
    End,
}

/// The error of a transport whose connection has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionClosed;

impl fmt::Display for ConnectionClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is closed")
    }
}

impl std::error::Error for ConnectionClosed {}
