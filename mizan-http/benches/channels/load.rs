//! Clients that only count and look at the clock.

use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::servers::now;

/// When a message was published, and when it came.
type Arrival = (u64, u64);

pub(crate) struct Load {
    clients: u32,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    _tasks: JoinSet<()>,
}

impl Load {
    pub(crate) async fn connect(kind: &str, port: u16, clients: u32) -> Self {
        let (sender, arrivals) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        for number in 0..clients {
            let client = client(kind, port, number).await;
            tasks.spawn(listen(client, sender.clone()));
        }
        Self {
            clients,
            arrivals,
            _tasks: tasks,
        }
    }

    /// Those of so many messages at every client.
    pub(crate) async fn arrivals(&mut self, messages: u32) -> Vec<Arrival> {
        let wanted = messages as usize * self.clients as usize;
        let mut arrivals = Vec::with_capacity(wanted);
        while arrivals.len() < wanted {
            let arrival = tokio::time::timeout(Duration::from_secs(30), self.arrivals.recv());
            arrivals.push(arrival.await.expect("all arrive").unwrap());
        }
        arrivals
    }
}

pub(crate) fn per_second(arrivals: &[Arrival]) -> f64 {
    let first = arrivals.iter().map(|(sent, _)| *sent).min().unwrap();
    let last = arrivals.iter().map(|(_, came)| *came).max().unwrap();
    arrivals.len() as f64 / Duration::from_nanos(last - first).as_secs_f64()
}

/// The median and the 99th percentile, in milliseconds.
pub(crate) fn latencies(arrivals: &[Arrival]) -> (f64, f64) {
    // The clocks of two processes may differ by less than a delivery takes.
    let waits = arrivals
        .iter()
        .map(|(sent, came)| came.saturating_sub(*sent));
    let mut waits: Vec<_> = waits.collect();
    waits.sort_unstable();
    let at = |part: f64| waits[((waits.len() - 1) as f64 * part) as usize] as f64 / 1e6;
    (at(0.5), at(0.99))
}

/// A text frame; its mask is zero, so that its payload is as it is.
fn text(payload: &str) -> Vec<u8> {
    let mut frame = vec![
        0x81,
        0x80 | u8::try_from(payload.len()).unwrap(),
        0,
        0,
        0,
        0,
    ];
    frame.extend(payload.as_bytes());
    frame
}

async fn client(kind: &str, port: u16, number: u32) -> (TcpStream, BytesMut) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let path = if kind == "socket.io" {
        "/socket.io/?EIO=4&transport=websocket"
    } else {
        "/api/mizan/ws"
    };
    let handshake = format!(
        "GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         sec-websocket-protocol: mizan.v1.json\r\n\r\n"
    );
    stream.write_all(handshake.as_bytes()).await.unwrap();
    let mut read = BytesMut::with_capacity(1024);
    let head = loop {
        stream.read_buf(&mut read).await.unwrap();
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    assert!(read.starts_with(b"HTTP/1.1 101"), "{read:?}");
    read.advance(head);
    if kind == "mizan" {
        let hello = format!(r#"{{"t":"hello","client":"bench-{number:06}"}}"#);
        stream.write_all(&text(&hello)).await.unwrap();
        stream
            .write_all(&text(r#"{"t":"sub","sub":0,"channel":"ticks"}"#))
            .await
            .unwrap();
        until(&mut stream, &mut read, b"\"subok\"").await;
    } else if kind == "socket.io" {
        stream.write_all(&text("40")).await.unwrap();
        until(&mut stream, &mut read, b"40{\"sid\"").await;
    }
    (stream, read)
}

/// Reads until there is `part`, and forgets what there was.
async fn until(stream: &mut TcpStream, read: &mut BytesMut, part: &[u8]) {
    while !read.windows(part.len()).any(|found| found == part) {
        assert!(stream.read_buf(read).await.unwrap() > 0, "{read:?}");
    }
    read.clear();
}

async fn listen(
    (mut stream, mut read): (TcpStream, BytesMut),
    arrivals: mpsc::UnboundedSender<Arrival>,
) {
    loop {
        while let Some(frame) = next_frame(&mut read) {
            let marker = b"\"at\":";
            let Some(start) = frame.windows(5).position(|found| found == marker) else {
                continue;
            };
            let digits = frame[start + 5..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit());
            let sent = digits.fold(0, |sent, digit| sent * 10 + u64::from(digit - b'0'));
            let _ = arrivals.send((sent, now()));
        }
        match stream.read_buf(&mut read).await {
            Ok(read) if read > 0 => {}
            _ => return,
        }
    }
}

fn next_frame(read: &mut BytesMut) -> Option<BytesMut> {
    let (head, length) = match *read.get(1)? {
        126 => (
            4,
            usize::from(u16::from_be_bytes([*read.get(2)?, *read.get(3)?])),
        ),
        127 => panic!("no message is so long"),
        short => (2, usize::from(short)),
    };
    if read.len() < head + length {
        return None;
    }
    read.advance(head);
    Some(read.split_to(length))
}
