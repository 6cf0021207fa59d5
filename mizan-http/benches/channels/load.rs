//! Clients that only count messages and read the clock, all on one thread with minimal work.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use mio::{Events, Interest, Poll, Token};

use crate::servers::now;

/// The times at which a message was published and received.
type Arrival = (u64, u64);

pub(crate) struct Load {
    clients: u32,
    arrivals: Arc<Mutex<Vec<Arrival>>>,
}

impl Load {
    pub(crate) fn connect(kind: &str, port: u16, clients: u32) -> Self {
        let arrivals: Arc<Mutex<Vec<Arrival>>> = Arc::default();
        let numbers = 0..clients;
        let connected: Vec<_> = numbers
            .map(|number| Client::connect(kind, port, number))
            .collect();
        let noted = Arc::downgrade(&arrivals);
        std::thread::spawn(move || listen(connected, &noted));
        Self { clients, arrivals }
    }

    /// Waits for the times of `messages` messages at every client. It polls periodically, because wake-ups would
    /// take time from the servers.
    pub(crate) async fn arrivals(&mut self, messages: u32) -> Vec<Arrival> {
        let wanted = messages as usize * self.clients as usize;
        let all = async {
            while self.arrivals.lock().unwrap().len() < wanted {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            std::mem::take(&mut *self.arrivals.lock().unwrap())
        };
        let most = Duration::from_secs(60);
        tokio::time::timeout(most, all)
            .await
            .expect("all messages arrive in time")
    }
}

pub(crate) fn per_second(arrivals: &[Arrival]) -> f64 {
    let first = arrivals.iter().map(|(sent, _)| *sent).min().unwrap();
    let last = arrivals.iter().map(|(_, came)| *came).max().unwrap();
    arrivals.len() as f64 / Duration::from_nanos(last - first).as_secs_f64()
}

/// Returns the median and the 99th percentile in milliseconds.
pub(crate) fn latencies(arrivals: &[Arrival]) -> (f64, f64) {
    // The clocks of two processes may differ slightly.
    let waits = arrivals
        .iter()
        .map(|(sent, came)| came.saturating_sub(*sent));
    let mut waits: Vec<_> = waits.collect();
    waits.sort_unstable();
    let at = |part: f64| waits[((waits.len() - 1) as f64 * part) as usize] as f64 / 1e6;
    (at(0.5), at(0.99))
}

struct Client {
    stream: mio::net::TcpStream,
    /// The received part of an incomplete frame.
    part: Vec<u8>,
}

impl Client {
    fn connect(kind: &str, port: u16, number: u32) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
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
        stream.write_all(handshake.as_bytes()).unwrap();
        let mut part = Vec::new();
        let head = until(&mut stream, &mut part, b"\r\n\r\n");
        assert!(part.starts_with(b"HTTP/1.1 101"), "{part:?}");
        part.drain(..head);
        if kind == "mizan" {
            let hello = format!(r#"{{"t":"hello","client":"bench-{number:06}"}}"#);
            stream.write_all(&text(&hello)).unwrap();
            let sub = text(r#"{"t":"sub","sub":0,"channel":"ticks"}"#);
            stream.write_all(&sub).unwrap();
            until(&mut stream, &mut part, b"\"subok\"");
            part.clear();
        } else if kind == "socket.io" {
            stream.write_all(&text("40")).unwrap();
            until(&mut stream, &mut part, b"40{\"sid\"");
            part.clear();
        }
        stream.set_nonblocking(true).unwrap();
        let stream = mio::net::TcpStream::from_std(stream);
        Self { stream, part }
    }

    /// Reads once, and returns whether more bytes may be available.
    fn read(&mut self, buffer: &mut [u8], arrivals: &mut Vec<Arrival>) -> bool {
        // The server has closed the connection.
        let length = self.stream.read(buffer).unwrap_or(0);
        let came = now();
        let part = std::mem::take(&mut self.part);
        let whole;
        let mut rest = &buffer[..length];
        if !part.is_empty() {
            whole = [&part, rest].concat();
            rest = &whole;
        }
        while let Some((frame, after)) = next_frame(rest) {
            arrivals.extend(published_at(frame).map(|sent| (sent, came)));
            rest = after;
        }
        self.part = rest.to_vec();
        length == buffer.len()
    }
}

/// Encodes a text frame with a mask of zero, which leaves the payload unchanged.
fn text(payload: &str) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    let mut frame = vec![0x81, 0x80 | length, 0, 0, 0, 0];
    frame.extend(payload.as_bytes());
    frame
}

/// Reads until `text` has arrived, and returns its end.
fn until(stream: &mut TcpStream, read: &mut Vec<u8>, text: &[u8]) -> usize {
    loop {
        let mut parts = read.windows(text.len());
        if let Some(start) = parts.position(|part| part == text) {
            return start + text.len();
        }
        let mut some = [0; 1024];
        let length = stream.read(&mut some).unwrap();
        assert!(length > 0, "{read:?}");
        read.extend(&some[..length]);
    }
}

fn listen(mut clients: Vec<Client>, arrivals: &Weak<Mutex<Vec<Arrival>>>) {
    let mut poll = Poll::new().unwrap();
    for (index, client) in clients.iter_mut().enumerate() {
        let registry = poll.registry();
        registry
            .register(&mut client.stream, Token(index), Interest::READABLE)
            .unwrap();
    }
    let mut events = Events::with_capacity(1024);
    let mut buffer = vec![0; 64 * 1024];
    while let Some(arrivals) = arrivals.upgrade() {
        let second = Some(Duration::from_secs(1));
        poll.poll(&mut events, second).unwrap();
        let mut arrivals = arrivals.lock().unwrap();
        for event in &events {
            let client = &mut clients[event.token().0];
            // A read that does not fill the buffer has read all available bytes.
            while client.read(&mut buffer, &mut arrivals) {}
        }
    }
}

/// Returns the time at which the message in a frame was published.
fn published_at(frame: &[u8]) -> Option<u64> {
    let marker = b"\"at\":";
    let start = frame.windows(5).position(|found| found == marker)? + 5;
    let digits = frame[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |sent, digit| sent * 10 + u64::from(digit - b'0')))
}

/// Returns the payload of a frame and the bytes after the frame.
fn next_frame(read: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, length) = match *read.get(1)? {
        126 => (
            4,
            usize::from(u16::from_be_bytes([*read.get(2)?, *read.get(3)?])),
        ),
        127 => panic!("64-bit frame lengths are not supported"),
        short => (2, usize::from(short)),
    };
    let frame = read.get(head..head + length)?;
    Some((frame, &read[head + length..]))
}
