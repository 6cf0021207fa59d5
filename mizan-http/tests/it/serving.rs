//! The server: HTTP versions, timeouts, shutdown.

use std::time::Duration;

use http_body_util::BodyExt;

use crate::harness::{Server, echo, post, raw_get, raw_post, service, within_timeout};

const SHORT: Duration = Duration::from_millis(500);

#[tokio::test]
async fn serves_many_requests_on_one_connection() {
    let (_, service) = service();
    let server = Server::start(service).await;
    let mut socket = server.connect().await;
    for text in ["one", "two", "three"] {
        socket.send(echo(text)).await;
        assert_eq!(socket.reply().await.json()["message"], text);
    }
    socket.send([echo("four"), echo("five")].concat()).await;
    assert_eq!(socket.reply().await.json()["message"], "four");
    assert_eq!(socket.reply().await.json()["message"], "five");
}

#[tokio::test]
async fn accepts_http2_with_prior_knowledge() {
    let (probe, service) = service();
    let server = Server::start(service).await;
    let mut client = server.connect_http2().await;
    let uri = |name: &str| format!("http://localhost/api/mizan/call/{name}");
    let slow = client.send_request(post(&uri("wait"), ""));
    let slow = tokio::spawn(slow);
    probe.started.wait_for(1).await;
    let fast = client.send_request(post(&uri("echo"), r#"{"text":"hi"}"#));
    let fast = within_timeout(fast).await.unwrap();
    assert_eq!(fast.status(), 200);
    let body = fast.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, r#"{"message":"hi"}"#);
    probe.gate.let_through(1);
    assert_eq!(within_timeout(slow).await.unwrap().unwrap().status(), 200);
    let large = client.send_request(post(&uri("echo"), vec![b' '; 2 * 1024 * 1024]));
    assert_eq!(within_timeout(large).await.unwrap().status(), 413);
    let again = client.send_request(post(&uri("echo"), r#"{"text":"hi"}"#));
    assert_eq!(within_timeout(again).await.unwrap().status(), 200);
}

#[tokio::test]
async fn closes_connection_without_request_after_header_timeout() {
    let (_, service) = service();
    let server = Server::start_with(service, |serve| serve.header_timeout(SHORT)).await;
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for begun in ["", "P", &preface[..20], "GET / HTTP/1.1\r\nhost: "] {
        let mut socket = server.connect().await;
        socket.send(begun).await;
        assert_eq!(socket.read_to_end().await, b"", "{begun:?}");
    }
    // Over HTTP/2, the server has already sent its settings.
    let mut socket = server.connect().await;
    socket.send(preface).await;
    assert_ne!(socket.read_to_end().await, b"");
    // The timeout starts again with each request.
    let mut socket = server.connect().await;
    for _ in 0..2 {
        socket.send(echo("hi")).await;
        assert_eq!(socket.reply().await.status, 200);
    }
    socket.send("POST /api").await;
    assert_eq!(socket.read_to_end().await, b"");
    server.assert_works().await;
}

#[tokio::test]
async fn closes_connection_that_sends_its_head_slowly() {
    let (_, service) = service();
    let server = Server::start_with(service, |serve| serve.header_timeout(SHORT)).await;
    let mut socket = server.connect().await;
    let start = tokio::time::Instant::now();
    let head = b"GET /api/mizan/call/read HTTP/1.1\r\n"
        .iter()
        .chain(b"x".iter().cycle());
    for byte in head {
        let written = tokio::io::AsyncWriteExt::write_all(&mut socket.stream, &[*byte]).await;
        if written.is_err() {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(start.elapsed() >= SHORT);
}

#[tokio::test]
async fn call_may_exceed_the_header_timeout() {
    let (probe, service) = service();
    let server = Server::start_with(service, |serve| serve.header_timeout(SHORT)).await;
    let mut socket = server.connect().await;
    socket.send(raw_get("/api/mizan/call/wait")).await;
    probe.started.wait_for(1).await;
    tokio::time::sleep(2 * SHORT).await;
    probe.gate.let_through(1);
    assert_eq!(socket.reply().await.json(), "waited");
}

#[tokio::test]
async fn shutdown_waits_only_for_calls() {
    let (probe, service) = service();
    let mut server = Server::start(service).await;
    let mut fresh = server.connect().await;
    let mut undecided = server.connect().await;
    undecided.send("P").await;
    let mut idle = server.connect().await;
    idle.send(echo("hi")).await;
    idle.reply().await;
    let idle_http2 = server.connect_http2().await;
    let mut busy = server.connect().await;
    busy.send(raw_get("/api/mizan/call/wait")).await;
    let mut busy_http2 = server.connect_http2().await;
    let request = post("http://localhost/api/mizan/call/work", "");
    let answer = tokio::spawn(busy_http2.send_request(request));
    probe.started.wait_for(2).await;

    server.stop();
    for socket in [&mut fresh, &mut undecided, &mut idle] {
        assert_eq!(socket.read_to_end().await, b"");
    }
    let refused = tokio::net::TcpStream::connect(server.addr).await;
    assert!(refused.is_err());
    assert!(!server.task.is_finished());
    probe.gate.let_through(2);
    let reply = busy.reply().await;
    assert_eq!(reply.json(), "waited");
    assert_eq!(within_timeout(answer).await.unwrap().unwrap().status(), 200);
    within_timeout(server.task).await.unwrap().unwrap();
    drop(idle_http2);
}

#[tokio::test]
async fn closes_connections_after_the_grace_period() {
    let (probe, service) = service();
    let mut server =
        Server::start_with(service.clone(), |serve| serve.shutdown_grace_period(SHORT)).await;
    let mut query = server.connect().await;
    query.send(raw_get("/api/mizan/call/wait")).await;
    let mut mutation = server.connect().await;
    mutation
        .send(raw_post("/api/mizan/call/work", "", ""))
        .await;
    probe.started.wait_for(2).await;
    server.stop();
    within_timeout(server.task).await.unwrap().unwrap();
    assert_eq!(
        (query.read_to_end().await, mutation.read_to_end().await),
        (vec![], vec![])
    );
    probe.dropped.wait_for(1).await;
    probe.gate.let_through(1);
    probe.finished.wait_for(1).await;
    within_timeout(service.wait_idle()).await;
}

#[tokio::test]
async fn dropping_the_server_closes_connections() {
    let (probe, service) = service();
    let server = Server::start(service).await;
    let mut socket = server.connect().await;
    socket.send(raw_get("/api/mizan/call/wait")).await;
    probe.started.wait_for(1).await;
    server.task.abort();
    assert_eq!(socket.read_to_end().await, b"");
    probe.dropped.wait_for(1).await;
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let (_, service) = service();
    let server = Server::start_with(service, |serve| serve.max_connections(2)).await;
    let mut first = server.connect().await;
    let mut second = server.connect().await;
    for socket in [&mut first, &mut second] {
        socket.send(echo("hi")).await;
        socket.reply().await;
    }
    let mut third = server.connect().await;
    third.send(echo("third")).await;
    let early = tokio::time::timeout(SHORT, third.reply()).await;
    assert!(early.is_err(), "{early:?}");
    drop(first);
    assert_eq!(third.reply().await.json()["message"], "third");
}
