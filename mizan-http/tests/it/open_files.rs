//! A server that runs out of file descriptors.

use std::time::{Duration, Instant};

use mizan_http::serve::Serve;
use mizan_http::{MizanService, serve};
use tokio::net::{TcpListener, TcpStream};

use crate::child::{Process, announce, is_child};
use crate::harness::{Socket, TIMEOUT, echo, service};

#[tokio::test]
#[ignore = "a child of the tests of this file"]
async fn child_with_too_many_connections() {
    run(|serve| serve.max_connections(10_000)).await;
}

#[tokio::test]
#[ignore = "a child of the tests of this file"]
async fn child() {
    run(|serve| serve).await;
}

async fn run(change: impl FnOnce(Serve<MizanService>) -> Serve<MizanService>) {
    if !is_child() {
        return;
    }
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
    let (_, service): (_, MizanService) = service();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    announce(listener.local_addr().unwrap());
    let server = serve(listener, service)
        .max_connections_per_client(10_000)
        .header_timeout(Duration::from_secs(60))
        .with_graceful_shutdown(mizan_http::shutdown_signal());
    change(server).await.unwrap();
    std::process::exit(0);
}

#[tokio::test]
async fn default_limit_leaves_half_of_the_files_to_the_application() {
    let process = Process::start("open_files::child", "ulimit -n 64").await;
    let mut held = Vec::new();
    for _ in 0..32 {
        let mut socket = Socket::connect(process.addr).await;
        socket.send(echo("hi")).await;
        assert_eq!(socket.reply().await.status, 200);
        held.push(socket);
    }
    // Further connections wait instead of being refused.
    let mut waiting = Vec::new();
    for _ in 0..40 {
        let mut socket = Socket::connect(process.addr).await;
        socket.send(echo("hi")).await;
        waiting.push(socket);
    }
    let answer = tokio::time::timeout(Duration::from_millis(300), waiting[0].reply());
    assert!(answer.await.is_err());
    drop(held);
    for mut socket in waiting {
        assert_eq!(socket.reply().await.status, 200);
    }
    process.signal("TERM").await;
    let (status, log) = process.wait_for_exit().await;
    assert_eq!(status, Some(0), "{log}");
    assert!(!log.contains("cannot accept connections"), "{log}");
    assert!(
        log.contains("max_connections=32 max_open_files=64"),
        "{log}"
    );
}

#[tokio::test]
async fn refuses_connections_without_file_descriptors_and_recovers() {
    let process = Process::start(
        "open_files::child_with_too_many_connections",
        "ulimit -n 64",
    )
    .await;
    let mut held = Vec::new();
    let mut refused = 0;
    for _ in 0..200 {
        let mut socket = Socket::connect(process.addr).await;
        let request = echo("hi");
        let sent = tokio::io::AsyncWriteExt::write_all(&mut socket.stream, request.as_bytes());
        let is_served = sent.await.is_ok() && answers(&mut socket.stream).await;
        if is_served {
            held.push(socket);
        } else {
            refused += 1;
        }
    }
    assert!(held.len() < 64, "{}", held.len());
    assert!(refused > 100, "{refused}");
    drop(held);
    let began = Instant::now();
    loop {
        let mut stream = TcpStream::connect(process.addr).await.unwrap();
        let request = echo("hi");
        let sent = tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes());
        if sent.await.is_ok() && answers(&mut stream).await {
            break;
        }
        assert!(began.elapsed() < TIMEOUT);
    }
    process.signal("TERM").await;
    let (status, log) = process.wait_for_exit().await;
    assert_eq!(status, Some(0), "{log}");
    assert_eq!(log.matches("cannot accept connections").count(), 1, "{log}");
}

async fn answers(stream: &mut TcpStream) -> bool {
    let mut reply = [0; 12];
    let read = tokio::io::AsyncReadExt::read_exact(stream, &mut reply);
    crate::harness::within_timeout(read).await.is_ok()
}
