//! Shutdown by SIGTERM and SIGINT, and exit on a second signal.

use std::sync::Arc;
use std::time::Duration;

use mizan_channels::Channels;
use mizan_channels::broker::MemoryBroker;
use mizan_http::{MizanService, serve, shutdown_signal};
use serde_json::json;
use tokio::net::TcpListener;

use crate::child::{Process, announce, is_child};
use crate::harness::{Socket, echo, raw_post};
use crate::websocket::app::{ByName, app};
use crate::websocket::client::Client;

/// Runs a server as an application would.
#[tokio::test]
#[ignore = "runs in a child process of the other tests"]
async fn child() {
    if !is_child() {
        return;
    }
    let channels = Channels::new(MemoryBroker::new());
    let state = Arc::default();
    let mizan = MizanService::builder(app(channels.clone(), &state))
        .authenticate(ByName(Arc::clone(&state)))
        .build()
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    announce(listener.local_addr().unwrap());
    serve(listener, mizan.clone())
        .with_graceful_shutdown(async move {
            shutdown_signal().await;
            channels.drain(Duration::from_millis(200)).await;
        })
        .await
        .unwrap();
    mizan.wait_idle().await;
    // Exit here instead of returning to the test harness.
    std::process::exit(0);
}

async fn process() -> Process {
    Process::start("signals::child", ":").await
}

#[tokio::test]
async fn first_signal_finishes_requests_in_progress() {
    for signal in ["TERM", "INT"] {
        let process = process().await;
        // The second half of this request follows after the signal.
        let request = echo("late");
        let (first, second) = request.split_at(request.len() - 5);
        let mut busy = Socket::connect(process.addr).await;
        busy.send(first).await;
        let mut idle = Socket::connect(process.addr).await;
        idle.send(echo("hi")).await;
        assert_eq!(idle.reply().await.status, 200);
        let mut sockets = Vec::new();
        for _ in 0..5 {
            sockets.push(Client::hello(process.addr, "mia").await);
        }
        process.signal(signal).await;
        for socket in &mut sockets {
            assert!(socket.until("drain").await["after"].is_u64());
        }
        busy.send(second).await;
        assert_eq!(busy.reply().await.json(), json!({ "message": "late" }));
        drop(busy);
        for socket in &mut sockets {
            assert_eq!(socket.closed().await.0, 1012);
        }
        assert_eq!(idle.read_to_end().await, b"");
        let (status, log) = process.wait_for_exit().await;
        assert_eq!(status, Some(0), "{signal} {log}");
    }
}

#[tokio::test]
async fn second_signal_exits_at_once() {
    for (first, second, status) in [
        ("TERM", "TERM", 143),
        ("INT", "INT", 130),
        ("TERM", "INT", 130),
    ] {
        let process = process().await;
        // Without the second signal, the call would run until its deadline of 30 seconds.
        let mut busy = Socket::connect(process.addr).await;
        busy.send(raw_post("/api/mizan/call/wait", "", "")).await;
        let mut socket = Client::hello(process.addr, "mia").await;
        process.signal(first).await;
        socket.until("drain").await;
        process.signal(second).await;
        let (ended, log) = process.wait_for_exit().await;
        assert_eq!(ended, Some(status), "{first} {second} {log}");
        assert_eq!(busy.read_to_end().await, b"");
    }
}
