//! Conformance to RFC 6455, without compression.

use super::app::start_server;
use super::client::{CLOSE, Client, FIN, PING, PONG, Sent, TEXT, frame, text};

const HELLO: &str = r#"{"t":"hello","client":"abcdefgh","token":"mia"}"#;

/// Returns how the server answers these bytes on a new WebSocket: `None` if it sends `welcome`.
async fn outcome(addr: std::net::SocketAddr, bytes: &[u8]) -> Option<u16> {
    let mut client = Client::connect(addr, "").await;
    client.raw(bytes).await;
    loop {
        match client.received().await {
            Sent::Text(_) => return None,
            Sent::Pong(_) => {}
            Sent::Close(code, _) => return Some(code),
            Sent::End => return Some(0),
        }
    }
}

#[tokio::test]
async fn accepts_fragments_with_interleaved_control_frames() {
    let running = start_server(|_| {}).await;
    let addr = running.server.addr;
    let (one, two) = HELLO.as_bytes().split_at(10);
    let whole = [frame(TEXT, one), frame(FIN, two)].concat();
    assert_eq!(outcome(addr, &whole).await, None);
    let with_ping = [frame(TEXT, one), frame(FIN | PING, b"x"), frame(FIN, two)].concat();
    assert_eq!(outcome(addr, &with_ping).await, None);
    let empty = [
        frame(TEXT, b""),
        frame(0, one),
        frame(0, b""),
        frame(FIN, two),
    ]
    .concat();
    assert_eq!(outcome(addr, &empty).await, None);
    let single: Vec<u8> = [frame(TEXT, b"")]
        .into_iter()
        .chain(HELLO.as_bytes().chunks(1).map(|byte| frame(0, byte)))
        .chain([frame(FIN, b"")])
        .flatten()
        .collect();
    assert_eq!(outcome(addr, &single).await, None);
}

#[tokio::test]
async fn accepts_frames_byte_by_byte() {
    let running = start_server(|_| {}).await;
    let mut client = Client::connect(running.server.addr, "").await;
    for byte in text(HELLO) {
        client.raw([byte]).await;
    }
    client.next("welcome").await;
}

#[tokio::test]
async fn accepts_all_length_encodings() {
    let running = start_server(|_| {}).await;
    let padded = |length: usize| text(&format!("{HELLO}{}", " ".repeat(length - HELLO.len())));
    for length in [HELLO.len(), 125, 126, 127, 128, 65_535, 65_536] {
        assert_eq!(
            outcome(running.server.addr, &padded(length)).await,
            None,
            "{length}"
        );
    }
    assert_eq!(
        outcome(running.server.addr, &padded(65_537)).await,
        Some(1009)
    );
}

#[tokio::test]
async fn protocol_violations_close_the_connection_with_1002() {
    let running = start_server(|_| {}).await;
    let hello = HELLO.as_bytes();
    let mut unmasked = vec![FIN | TEXT, hello.len() as u8];
    unmasked.extend(hello);
    for (name, bytes) in [
        ("unmasked", unmasked),
        ("a reserved bit", frame(FIN | TEXT | 0x40, hello)),
        ("another reserved bit", frame(FIN | TEXT | 0x20, hello)),
        ("the last reserved bit", frame(FIN | TEXT | 0x10, hello)),
        ("a reserved opcode", frame(FIN | 3, hello)),
        ("a reserved control opcode", frame(FIN | 11, b"")),
        ("a ping in fragments", frame(PING, b"x")),
        ("a long ping", frame(FIN | PING, &[0; 126])),
        ("a continuation without a message", frame(FIN, hello)),
        (
            "a new message within a message",
            [frame(TEXT, b"{"), frame(FIN | TEXT, b"}")].concat(),
        ),
        ("a close of one byte", frame(FIN | CLOSE, &[3])),
        (
            "a close with a code that must not be sent",
            frame(FIN | CLOSE, &1005_u16.to_be_bytes()),
        ),
        (
            "a close with a reserved code",
            frame(FIN | CLOSE, &1016_u16.to_be_bytes()),
        ),
    ] {
        assert_eq!(
            outcome(running.server.addr, &bytes).await,
            Some(1002),
            "{name}"
        );
    }
    running.server.assert_works().await;
}

#[tokio::test]
async fn validates_utf8_across_fragments() {
    let running = start_server(|_| {}).await;
    let hello = HELLO.replace("{", "{\"ä\":1,");
    let split = hello.find('ä').unwrap() + 1;
    let (one, two) = hello.as_bytes().split_at(split);
    let fragments = [frame(TEXT, one), frame(FIN, two)].concat();
    assert_eq!(outcome(running.server.addr, &fragments).await, None);
    let cut = frame(FIN | TEXT, one);
    assert_eq!(outcome(running.server.addr, &cut).await, Some(1007));
    let wrong = [frame(TEXT, b"\xc0\xaf"), frame(FIN, b"")].concat();
    assert_eq!(outcome(running.server.addr, &wrong).await, Some(1007));
    let surrogate = frame(FIN | TEXT, b"\xed\xa0\x80");
    assert_eq!(outcome(running.server.addr, &surrogate).await, Some(1007));
    let reason = frame(FIN | CLOSE, b"\x03\xe8\xff");
    assert_eq!(outcome(running.server.addr, &reason).await, Some(1007));
}

#[tokio::test]
async fn echoes_ping_payload() {
    let running = start_server(|_| {}).await;
    let mut client = Client::hello(running.server.addr, "mia").await;
    client.raw(frame(FIN | PONG, b"unasked")).await;
    for payload in [&b""[..], b"hello", &[0xff; 125]] {
        client.raw(frame(FIN | PING, payload)).await;
        assert_eq!(client.received().await, Sent::Pong(payload.to_vec()));
    }
}

#[tokio::test]
async fn answers_close_and_ends_the_connection() {
    let running = start_server(|_| {}).await;
    for (payload, answer) in [
        (&b""[..], 1005),
        (b"\x03\xe8", 1000),
        (b"\x03\xe9gone", 1001),
        (b"\x0f\xa0", 4000),
    ] {
        let mut client = Client::hello(running.server.addr, "mia").await;
        client.raw(frame(FIN | CLOSE, payload)).await;
        let Sent::Close(code, _) = client.received().await else {
            panic!("expected a close frame");
        };
        assert_eq!(code, answer);
        assert_eq!(client.received().await, Sent::End);
    }
}
