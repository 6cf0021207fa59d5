use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::{Sink, SinkExt, Stream};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use mizan_channels::transport::{Close, CloseCode, ConnectionClosed, Received, Transport};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error as WsError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as WsCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role, WebSocketConfig};

use super::joined::{self, Joined};

/// What is allocated for reading, for as long as the socket is open.
const READ_BUFFER: usize = 2 * 1024;

/// The largest frame that is sent: a snapshot, most likely.
const LARGEST: usize = 16 * 1024 * 1024;

/// A WebSocket as a transport of channels.
pub(super) struct WebSocket {
    stream: WebSocketStream<Joined<TokioIo<Upgraded>>>,
    /// What was sent since the last flush, in bytes.
    sent: usize,
    owes_pong: bool,
    closing: Closing,
}

/// How far the closing has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Closing {
    No,
    /// The frame is on its way.
    Flushing,
    /// The other side is to answer, or to go away.
    Waiting,
    /// What it sends is no WebSocket any more, and is thrown away: a socket that is closed with something
    /// unread would take our frame with it.
    Discarding,
    /// All is said, and may not have been written yet.
    Done,
}

impl WebSocket {
    /// A socket whose handshake is done, which takes messages of at most `limit` bytes.
    pub(super) fn new(io: TokioIo<Upgraded>, limit: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(LARGEST)
            .max_message_size(Some(limit))
            .max_frame_size(Some(limit));
        // Nothing is read here: the future is ready at once.
        let stream = WebSocketStream::from_raw_socket(Joined::new(io), Role::Server, Some(config));
        Self {
            stream: futures_util::FutureExt::now_or_never(stream).expect("it waits for nothing"),
            sent: 0,
            owes_pong: false,
            closing: Closing::No,
        }
    }

    /// The library writes its answer to a close, and does not flush it.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Where it cannot be written, the other side is gone.
        Pin::new(self.stream.get_mut()).poll_flush(cx).map(|_| ())
    }

    fn poll_goodbye(&mut self, cx: &mut Context<'_>, close: &Close) -> Poll<()> {
        if self.closing == Closing::No {
            let frame = CloseFrame {
                code: WsCode::from(close.code().number()),
                reason: Utf8Bytes::from(close.reason()),
            };
            if Pin::new(&mut self.stream)
                .start_send(Message::Close(Some(frame)))
                .is_err()
            {
                return Poll::Ready(());
            }
            self.closing = Closing::Flushing;
        }
        if self.closing == Closing::Flushing {
            if ready!(self.stream.poll_flush_unpin(cx)).is_err() {
                return Poll::Ready(());
            }
            self.closing = Closing::Waiting;
        }
        while self.closing == Closing::Waiting {
            match ready!(Pin::new(&mut self.stream).poll_next(cx)) {
                None
                | Some(Err(WsError::ConnectionClosed | WsError::AlreadyClosed | WsError::Io(_))) => {
                    return Poll::Ready(());
                }
                Some(Ok(_)) => {}
                Some(Err(_)) => self.closing = Closing::Discarding,
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

impl Transport for WebSocket {
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        loop {
            // Whoever pings and does not read would fill the buffer with pongs otherwise.
            if self.owes_pong {
                if ready!(self.poll_flush(cx)).is_err() {
                    return Poll::Ready(Received::End);
                }
                self.owes_pong = false;
            }
            let message = match ready!(Pin::new(&mut self.stream).poll_next(cx)) {
                None => {
                    ready!(self.poll_rest(cx));
                    return Poll::Ready(Received::End);
                }
                Some(Err(error)) => return Poll::Ready(broken(&error)),
                Some(Ok(message)) => message,
            };
            return Poll::Ready(match message {
                Message::Text(text) => Received::Frame(Bytes::from(text)),
                Message::Ping(_) => {
                    self.owes_pong = true;
                    Received::Ping
                }
                Message::Pong(_) => Received::Ping,
                Message::Binary(_) => {
                    let reason = "frames are text, and this message is binary";
                    Received::Broken(Close::new(CloseCode::UnsupportedData, reason))
                }
                // The answer goes out with the next read, which then ends.
                Message::Close(_) | Message::Frame(_) => continue,
            });
        }
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>> {
        if self.sent >= joined::MOST {
            ready!(self.poll_flush(cx))?;
        }
        self.stream
            .poll_ready_unpin(cx)
            .map_err(|_| ConnectionClosed)
    }

    fn send(&mut self, frame: Bytes) -> Result<(), ConnectionClosed> {
        self.sent += frame.len();
        let text = Utf8Bytes::try_from(frame).map_err(|_| ConnectionClosed)?;
        let sent = self.stream.start_send_unpin(Message::Text(text));
        sent.map_err(|_| ConnectionClosed)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>> {
        ready!(self.stream.poll_flush_unpin(cx)).map_err(|_| ConnectionClosed)?;
        self.sent = 0;
        Poll::Ready(Ok(()))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>, close: &Close) -> Poll<()> {
        if self.closing != Closing::Done {
            ready!(self.poll_goodbye(cx, close));
            self.closing = Closing::Done;
        }
        self.poll_rest(cx)
    }
}

/// What an error of the WebSocket means for the connection.
fn broken(error: &WsError) -> Received {
    let close = match error {
        WsError::Capacity(CapacityError::MessageTooLong { max_size, .. }) => Close::new(
            CloseCode::MessageTooBig,
            format!("a message is at most {max_size} bytes"),
        ),
        WsError::Utf8(_) => Close::new(CloseCode::InvalidUtf8, "text is UTF-8"),
        WsError::Protocol(error) => Close::new(CloseCode::ProtocolError, error.to_string()),
        _ => return Received::End,
    };
    Received::Broken(close)
}
