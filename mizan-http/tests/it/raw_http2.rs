//! An HTTP/2 client that sends only the frames that a test specifies.

use std::net::SocketAddr;

use bytes::{Buf, BufMut, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::within_timeout;

pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const DATA: u8 = 0;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const ACK: u8 = 1;
const INITIAL_WINDOW_SIZE: u16 = 4;

#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: BytesMut,
}

pub(crate) struct RawHttp2 {
    stream: TcpStream,
    read: BytesMut,
    pub(crate) answers_pings: bool,
}

impl RawHttp2 {
    /// Opens a connection whose streams have this initial window size.
    pub(crate) async fn connect(addr: SocketAddr, window: u32) -> Self {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        within_timeout(stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
            .await
            .unwrap();
        let mut client = Self {
            stream,
            read: BytesMut::new(),
            answers_pings: true,
        };
        let mut settings = BytesMut::new();
        settings.put_u16(INITIAL_WINDOW_SIZE);
        settings.put_u32(window);
        client.send(SETTINGS, 0, 0, &settings).await;
        client
    }

    pub(crate) async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let mut frame = BytesMut::new();
        frame.put_uint(payload.len() as u64, 3);
        frame.put_u8(kind);
        frame.put_u8(flags);
        frame.put_u32(stream);
        frame.put_slice(payload);
        // Errors are ignored, because the server may have closed the connection.
        let _ = within_timeout(self.stream.write_all(&frame)).await;
    }

    /// Requests a path, with additional headers.
    pub(crate) async fn get(&mut self, stream: u32, path: &str, headers: &[(&str, &str)]) {
        // HPACK without compression (RFC 7541): `:method`, `:scheme`, `:path`, `:authority`.
        let mut block = BytesMut::from(&[0x82, 0x86][..]);
        let literal = |block: &mut BytesMut, text: &str| {
            // An integer with a prefix of 7 bits (RFC 7541, section 5.1).
            match text.len().checked_sub(0x7f) {
                None => block.put_u8(u8::try_from(text.len()).unwrap()),
                Some(mut rest) => {
                    block.put_u8(0x7f);
                    while rest >= 0x80 {
                        block.put_u8((rest % 0x80) as u8 | 0x80);
                        rest /= 0x80;
                    }
                    block.put_u8(rest as u8);
                }
            }
            block.put_slice(text.as_bytes());
        };
        block.put_u8(0x04);
        literal(&mut block, path);
        block.put_u8(0x01);
        literal(&mut block, "localhost");
        for (name, value) in headers {
            block.put_u8(0);
            literal(&mut block, name);
            literal(&mut block, value);
        }
        // END_STREAM and END_HEADERS.
        self.send(HEADERS, 0x1 | 0x4, stream, &block).await;
    }

    pub(crate) async fn update_window(&mut self, stream: u32, by: u32) {
        self.send(WINDOW_UPDATE, 0, stream, &by.to_be_bytes()).await;
    }

    /// Reads the next frame, or returns `None` at the end of the connection.
    pub(crate) async fn frame(&mut self) -> Option<Frame> {
        loop {
            while self.read.len() < 9 || self.read.len() < 9 + self.length() {
                let read = within_timeout(self.stream.read_buf(&mut self.read)).await;
                if read.is_err() || read.is_ok_and(|read| read == 0) {
                    return None;
                }
            }
            let length = self.length();
            let mut head = self.read.split_to(9);
            head.advance(3);
            let frame = Frame {
                kind: head.get_u8(),
                flags: head.get_u8(),
                stream: head.get_u32(),
                payload: self.read.split_to(length),
            };
            match frame.kind {
                PING if frame.flags & ACK == 0 && self.answers_pings => {
                    self.send(PING, ACK, 0, &frame.payload).await;
                }
                SETTINGS if frame.flags & ACK == 0 => self.send(SETTINGS, ACK, 0, &[]).await,
                PING | SETTINGS | WINDOW_UPDATE => {}
                _ => return Some(frame),
            }
        }
    }

    fn length(&self) -> usize {
        let mut length = &self.read[..3];
        usize::try_from(length.get_uint(3)).unwrap()
    }

    /// Reads frames until one has this kind.
    pub(crate) async fn until(&mut self, kind: u8) -> Frame {
        loop {
            let frame = self.frame().await.expect("the connection is open");
            if frame.kind == kind {
                return frame;
            }
        }
    }

    /// Reads until the connection closes, and returns the kinds of the frames.
    pub(crate) async fn read_to_end(&mut self) -> Vec<u8> {
        let mut kinds = Vec::new();
        while let Some(frame) = self.frame().await {
            kinds.push(frame.kind);
        }
        kinds
    }
}
