//! A client that follows PROTOCOL.md: it reconnects, offers its position, and checks every `prev`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use mizan_core::channel::Position;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::audit::Audit;

pub(crate) async fn run(
    number: usize,
    addr: SocketAddr,
    audit: Arc<Audit>,
    is_over: Arc<AtomicBool>,
) {
    let mut position = None;
    while !is_over.load(Ordering::Relaxed) {
        // A closed connection is expected and is not recorded.
        let _ = connection(number, addr, &audit, &mut position).await;
        let wait = u64::from(getrandom::u32().unwrap() % 100);
        sleep(Duration::from_millis(wait)).await;
    }
}

async fn connection(
    number: usize,
    addr: SocketAddr,
    audit: &Audit,
    position: &mut Option<Position>,
) -> Option<()> {
    let stream = TcpStream::connect(addr).await.ok()?;
    let mut request = format!("ws://{addr}/api/mizan/ws")
        .into_client_request()
        .unwrap();
    let protocol = "mizan.v1.json".parse().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocol);
    let connected = timeout(Duration::from_secs(5), client_async(request, stream)).await;
    let (mut socket, _) = connected.ok()?.ok()?;
    send_frame(
        &mut socket,
        &json!({ "t": "hello", "client": format!("chaos-{number:04}") }),
    )
    .await?;
    let mut sub = json!({ "t": "sub", "sub": 0, "channel": "log", "params": { "room": "chaos" } });
    if let Some(since) = &*position {
        sub["since"] = json!(since);
    }
    send_frame(&mut socket, &sub).await?;
    // The server has not yet answered the offered position.
    let mut offered = position.clone();
    loop {
        let message = timeout(Duration::from_secs(40), socket.next())
            .await
            .ok()??;
        let Message::Text(text) = message.ok()? else {
            continue;
        };
        let frame: Value = serde_json::from_str(&text).unwrap();
        match frame["t"].as_str().unwrap() {
            "subok" if frame["recovered"] == true => {
                assert_eq!(
                    offered.take(),
                    Some(position_of(&frame)),
                    "recovered from another position"
                );
            }
            "subok" => {
                if offered.is_none() {
                    *position = Some(position_of(&frame));
                    audit.joined(number, position_of(&frame));
                }
            }
            "gap" => {
                let from = position_of(&frame["from"]);
                let known = offered.take().or_else(|| position.clone());
                assert_eq!(
                    Some(&from),
                    known.as_ref(),
                    "the gap starts at another position"
                );
                let to = position_of(&frame);
                audit.gap_reported(number, &from, &to);
                *position = Some(to);
            }
            "pub" => {
                assert_eq!(
                    offered, None,
                    "a message arrived before the position of the subscription was known"
                );
                let at = position.as_mut().unwrap();
                assert_eq!(frame["prev"], at.offset, "a message was lost without a gap");
                at.offset = frame["offset"].as_u64().unwrap();
                audit.received(number, at, frame["data"].as_u64().unwrap());
            }
            "ping" => send_frame(&mut socket, &json!({ "t": "pong" })).await?,
            "state" => audit.broker_state_changed(frame["state"] == "suspended"),
            "welcome" => {}
            // The server shuts down. The next connection reaches another one.
            "drain" => {
                let after = frame["after"].as_u64().unwrap();
                sleep(Duration::from_millis(after)).await;
                return None;
            }
            "unsub" => panic!("{frame}"),
            other => panic!("{other}"),
        }
    }
}

async fn send_frame(socket: &mut WebSocketStream<TcpStream>, frame: &Value) -> Option<()> {
    socket.send(Message::text(frame.to_string())).await.ok()
}

fn position_of(frame: &Value) -> Position {
    serde_json::from_value(json!({ "epoch": frame["epoch"], "offset": frame["offset"] })).unwrap()
}
