//! A WebSocket client that sends arbitrary bytes.

use std::net::SocketAddr;

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Reply, Socket, within_timeout};

pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;
pub(crate) const PONG: u8 = 10;
pub(crate) const FIN: u8 = 0x80;

/// A frame from the server.
#[derive(Debug, PartialEq)]
pub(crate) enum Sent {
    Text(String),
    Pong(Vec<u8>),
    Close(u16, String),
    End,
}

pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    read: BytesMut,
}

/// Returns the handshake request. `headers` are lines that end with CRLF.
pub(crate) fn handshake(headers: &str) -> String {
    format!(
        "GET /api/mizan/ws HTTP/1.1\r\nhost: localhost\r\nconnection: keep-alive, Upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: mizan.v1.json\r\n{headers}\r\n"
    )
}

/// Encodes a masked frame, as clients send it (RFC 6455, section 5.3).
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    let mut frame = vec![first];
    match u16::try_from(payload.len()) {
        Ok(length) if length < 126 => frame.push(0x80 | payload.len() as u8),
        Ok(length) => {
            frame.push(0x80 | 126);
            frame.put_u16(length);
        }
        Err(_) => {
            frame.push(0x80 | 127);
            frame.put_u64(payload.len() as u64);
        }
    }
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(a, b)| a ^ b));
    frame
}

pub(crate) fn text(text: &str) -> Vec<u8> {
    frame(FIN | TEXT, text.as_bytes())
}

impl Client {
    /// Opens a WebSocket without sending `hello`.
    pub(crate) async fn connect(addr: SocketAddr, headers: &str) -> Self {
        let (reply, client) = Self::try_connect(addr, &handshake(headers)).await;
        assert_eq!(reply.status, 101, "{reply:?}");
        let accept = reply.header("sec-websocket-accept");
        assert_eq!(
            accept,
            Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            "as in RFC 6455, section 1.3"
        );
        assert_eq!(
            reply.header("sec-websocket-protocol"),
            Some("mizan.v1.json")
        );
        client
    }

    /// Sends a handshake request, and returns the response with the connection.
    pub(crate) async fn try_connect(addr: SocketAddr, request: &str) -> (Reply, Self) {
        let mut socket = Socket::connect(addr).await;
        socket.send(request).await;
        let reply = if request.contains("\r\nupgrade: websocket") {
            socket.head().await
        } else {
            socket.reply().await
        };
        let (stream, read) = socket.into_parts();
        (reply, Self::from_parts(stream, read))
    }

    pub(crate) fn from_parts(stream: TcpStream, read: BytesMut) -> Self {
        Self { stream, read }
    }

    /// Opens a WebSocket as `user` and sends `hello`.
    pub(crate) async fn hello(addr: SocketAddr, user: &str) -> Self {
        let mut client = Self::connect(addr, "").await;
        client
            .send(&json!({ "t": "hello", "client": format!("page-of-{user}"), "token": user }))
            .await;
        let welcome = client.next("welcome").await;
        assert_eq!(welcome["user"], user);
        client
    }

    pub(crate) async fn raw(&mut self, bytes: impl AsRef<[u8]>) {
        within_timeout(self.stream.write_all(bytes.as_ref()))
            .await
            .unwrap();
    }

    pub(crate) async fn send(&mut self, value: &Value) {
        self.raw(text(&value.to_string())).await;
    }

    pub(crate) async fn sub(&mut self, channel: &str, room: &str) {
        self.send(&json!({ "t": "sub", "sub": 1, "channel": channel, "params": { "room": room } }))
            .await;
    }

    /// Subscribes, and returns the frame that confirms it.
    pub(crate) async fn join(&mut self, channel: &str, room: &str) -> Value {
        self.sub(channel, room).await;
        self.next("subok").await
    }

    async fn read_more(&mut self) -> bool {
        let read = within_timeout(self.stream.read_buf(&mut self.read)).await;
        read.is_ok_and(|read| read > 0)
    }

    async fn read_exact(&mut self, length: usize) -> Option<Bytes> {
        while self.read.len() < length {
            if !self.read_more().await {
                return None;
            }
        }
        Some(self.read.split_to(length).freeze())
    }

    /// Reads the next WebSocket frame.
    pub(crate) async fn received(&mut self) -> Sent {
        let Some(head) = self.read_exact(2).await else {
            return Sent::End;
        };
        assert_eq!(head[1] & 0x80, 0, "a server does not mask");
        assert_eq!(head[0] & 0x70, 0, "no extensions are negotiated");
        let length = match head[1] {
            126 => {
                let length = self.read_exact(2).await.unwrap();
                usize::from(u16::from_be_bytes(length[..].try_into().unwrap()))
            }
            127 => {
                let length = self.read_exact(8).await.unwrap();
                u64::from_be_bytes(length[..].try_into().unwrap()) as usize
            }
            short => usize::from(short),
        };
        let payload = self.read_exact(length).await.unwrap().to_vec();
        match head[0] {
            0x81 => Sent::Text(String::from_utf8(payload).unwrap()),
            0x8a => Sent::Pong(payload),
            0x88 if payload.is_empty() => Sent::Close(1005, String::new()),
            0x88 => {
                let code = u16::from_be_bytes([payload[0], payload[1]]);
                Sent::Close(code, String::from_utf8(payload[2..].to_vec()).unwrap())
            }
            other => panic!("unexpected frame: first byte {other:#x}"),
        }
    }

    /// Reads the next frame of the protocol, and answers pings.
    pub(crate) async fn any(&mut self) -> Value {
        loop {
            match self.received().await {
                Sent::Text(text) => {
                    let value: Value = serde_json::from_str(&text).unwrap();
                    if value["t"] == "ping" {
                        self.send(&json!({ "t": "pong" })).await;
                        continue;
                    }
                    return value;
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// Reads the next frame, which must have this type.
    pub(crate) async fn next(&mut self, t: &str) -> Value {
        let value = self.any().await;
        assert_eq!(value["t"], t, "{value}");
        value
    }

    /// Reads frames until one has this type.
    pub(crate) async fn until(&mut self, t: &str) -> Value {
        loop {
            let value = self.any().await;
            if value["t"] == t {
                return value;
            }
        }
    }

    /// Waits for the close frame of the server, and answers it as the RFC requires.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            match self.received().await {
                Sent::Close(code, reason) => {
                    let _ = self
                        .stream
                        .write_all(&frame(FIN | CLOSE, &code.to_be_bytes()))
                        .await;
                    return (code, reason);
                }
                Sent::End => panic!("the connection ended without a close"),
                Sent::Text(_) | Sent::Pong(_) => {}
            }
        }
    }
}
