//! A WebSocket as a transport of channels.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{FutureExt, Sink, SinkExt, Stream};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use mizan_channels::transport::{Close, CloseCode, ConnectionClosed, Received, Transport};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error as WsError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as WsCloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role, WebSocketConfig};

use super::write_buffer::{MAX_BUFFERED_BYTES, WriteBuffer};

/// The size of the read buffer, which is allocated for as long as the WebSocket is open.
const READ_BUFFER_BYTES: usize = 2 * 1024;

/// The maximum size of a frame that the server sends. The largest frames contain snapshots.
const MAX_SENT_FRAME_BYTES: usize = 16 * 1024 * 1024;

pub(super) struct WebSocketTransport {
    stream: WebSocketStream<WriteBuffer<TokioIo<Upgraded>>>,
    /// The number of bytes that were sent since the last flush.
    unflushed_bytes: usize,
    has_unflushed_pong: bool,
    close_state: CloseState,
}

/// The progress of the closing handshake.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CloseState {
    Open,
    /// The close frame is being written.
    Flushing,
    /// Waits for the client to answer the close frame, or to disconnect.
    AwaitingReply,
    /// The client violates the protocol. Its bytes are discarded: closing a connection with unread bytes
    /// would reset it, and the close frame could be lost.
    Discarding,
    /// The handshake is complete. Its last frame may not have been flushed yet.
    Closed,
}

impl WebSocketTransport {
    /// Wraps a connection after the handshake. Messages of clients may have at most `max_frame_bytes`.
    pub(super) fn new(io: TokioIo<Upgraded>, max_frame_bytes: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_write_buffer_size(MAX_SENT_FRAME_BYTES)
            .max_message_size(Some(max_frame_bytes))
            .max_frame_size(Some(max_frame_bytes));
        let stream =
            WebSocketStream::from_raw_socket(WriteBuffer::new(io), Role::Server, Some(config))
                .now_or_never()
                .expect("creating a stream performs no I/O");
        Self {
            stream,
            unflushed_bytes: 0,
            has_unflushed_pong: false,
            close_state: CloseState::Open,
        }
    }

    /// Flushes the reply to a close frame, which the library writes but does not flush.
    fn poll_flush_reply(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // An error means that the client has disconnected.
        Pin::new(self.stream.get_mut()).poll_flush(cx).map(|_| ())
    }

    fn poll_closing_handshake(&mut self, cx: &mut Context<'_>, close: &Close) -> Poll<()> {
        if self.close_state == CloseState::Open {
            let frame = CloseFrame {
                code: WsCloseCode::from(close.code().number()),
                reason: Utf8Bytes::from(close.reason()),
            };
            if Pin::new(&mut self.stream)
                .start_send(Message::Close(Some(frame)))
                .is_err()
            {
                return Poll::Ready(());
            }
            self.close_state = CloseState::Flushing;
        }
        if self.close_state == CloseState::Flushing {
            if ready!(self.stream.poll_flush_unpin(cx)).is_err() {
                return Poll::Ready(());
            }
            self.close_state = CloseState::AwaitingReply;
        }
        while self.close_state == CloseState::AwaitingReply {
            match ready!(Pin::new(&mut self.stream).poll_next(cx)) {
                None
                | Some(Err(WsError::ConnectionClosed | WsError::AlreadyClosed | WsError::Io(_))) => {
                    return Poll::Ready(());
                }
                Some(Ok(_)) => {}
                Some(Err(_)) => self.close_state = CloseState::Discarding,
            }
        }
        self.poll_discard(cx)
    }

    fn poll_discard(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut scratch = [0; 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut scratch);
            let read = Pin::new(self.stream.get_mut()).poll_read(cx, &mut buffer);
            if ready!(read).is_err() || buffer.filled().is_empty() {
                return Poll::Ready(());
            }
        }
    }
}

impl Transport for WebSocketTransport {
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        loop {
            // Otherwise, a client that sends pings and reads nothing would fill the buffer with pongs.
            if self.has_unflushed_pong {
                if ready!(self.poll_flush(cx)).is_err() {
                    return Poll::Ready(Received::End);
                }
                self.has_unflushed_pong = false;
            }
            let message = match ready!(Pin::new(&mut self.stream).poll_next(cx)) {
                None => {
                    ready!(self.poll_flush_reply(cx));
                    return Poll::Ready(Received::End);
                }
                Some(Err(error)) => return Poll::Ready(received_error(&error)),
                Some(Ok(message)) => message,
            };
            return Poll::Ready(match message {
                Message::Text(text) => Received::Frame(Bytes::from(text)),
                Message::Ping(_) => {
                    self.has_unflushed_pong = true;
                    Received::Ping
                }
                Message::Pong(_) => Received::Ping,
                Message::Binary(_) => {
                    let reason = "binary messages are not supported: send text";
                    Received::Broken(Close::new(CloseCode::UnsupportedData, reason))
                }
                // The next read writes the reply and then ends.
                Message::Close(_) | Message::Frame(_) => continue,
            });
        }
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>> {
        if self.unflushed_bytes >= MAX_BUFFERED_BYTES {
            ready!(self.poll_flush(cx))?;
        }
        self.stream
            .poll_ready_unpin(cx)
            .map_err(|_| ConnectionClosed)
    }

    fn send(&mut self, frame: Bytes) -> Result<(), ConnectionClosed> {
        self.unflushed_bytes += frame.len();
        let text = Utf8Bytes::try_from(frame).map_err(|_| ConnectionClosed)?;
        self.stream
            .start_send_unpin(Message::Text(text))
            .map_err(|_| ConnectionClosed)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>> {
        ready!(self.stream.poll_flush_unpin(cx)).map_err(|_| ConnectionClosed)?;
        self.unflushed_bytes = 0;
        Poll::Ready(Ok(()))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>, close: &Close) -> Poll<()> {
        if self.close_state != CloseState::Closed {
            ready!(self.poll_closing_handshake(cx, close));
            self.close_state = CloseState::Closed;
        }
        self.poll_flush_reply(cx)
    }
}

/// Returns the effect of a WebSocket error on the connection.
fn received_error(error: &WsError) -> Received {
    let close = match error {
        WsError::Capacity(CapacityError::MessageTooLong { max_size, .. }) => Close::new(
            CloseCode::MessageTooBig,
            format!("message larger than {max_size} bytes"),
        ),
        WsError::Utf8(_) => Close::new(CloseCode::InvalidUtf8, "text message is not valid UTF-8"),
        WsError::Protocol(error) => Close::new(CloseCode::ProtocolError, error.to_string()),
        _ => return Received::End,
    };
    Received::Broken(close)
}
