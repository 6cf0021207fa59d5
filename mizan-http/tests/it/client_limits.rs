//! The limits of each client: calls, bodies, files.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mizan_http::{HttpLimits, MizanService, PeerAddr};
use tower_service::Service;

use crate::app::{Gate, Probe, app, limits};
use crate::forms_app::{BOUNDARY, FormProbe, Part, Site, multipart, text};
use crate::harness::{
    Reply, Server, Socket, call, echo, get, post, raw_post, with, within_timeout,
};

const ONE: &str = "192.0.2.1";
const OTHER: &str = "192.0.2.2";
const SUBMIT: &str = "/api/mizan/call/contact.submit";

fn limited(change: impl FnOnce(&mut HttpLimits)) -> (Arc<Probe>, MizanService) {
    let probe = Arc::default();
    let service = MizanService::builder(app(&probe))
        .limits(limits(change))
        .trusted_proxies(["127.0.0.0/8".parse().unwrap()]);
    (probe, service.build().unwrap())
}

fn from<B>(mut request: http::Request<B>, addr: &str) -> http::Request<B> {
    let addr = SocketAddr::new(addr.parse().unwrap(), 1);
    request.extensions_mut().insert(PeerAddr(addr));
    request
}

fn is_busy(reply: &Reply) -> bool {
    let is_busy = reply.status == 503;
    if is_busy {
        assert_eq!(reply.failure(), (503, "unavailable".to_owned()));
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
    is_busy
}

/// Sends a request without the end of its body.
async fn send_incomplete(
    server: &Server,
    addr: &str,
    path: &str,
    headers: &str,
    body: &[u8],
) -> Socket {
    let mut socket = server.connect().await;
    socket
        .send(format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: {addr}\r\n{headers}\r\n"
        ))
        .await;
    socket.send(body).await;
    socket
}

async fn send_incomplete_echo(
    server: &Server,
    addr: &str,
    announced: usize,
    sent: usize,
) -> Socket {
    let headers = format!("content-type: application/json\r\ncontent-length: {announced}\r\n");
    let mut body = vec![b' '; sent];
    if sent > 2 {
        body[..2].copy_from_slice(b"{ ");
    }
    send_incomplete(server, addr, "/api/mizan/call/echo", &headers, &body).await
}

#[tokio::test]
async fn limits_concurrent_calls_per_client() {
    let (probe, service) = limited(|limits| limits.max_concurrent_calls_per_client = 2);
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let mut service = service.clone();
            let request = from(get("/api/mizan/call/wait"), ONE);
            tokio::spawn(async move { service.call(request).await })
        })
        .collect();
    probe.started.wait_for(2).await;
    let read = || get("/api/mizan/call/read");
    assert!(is_busy(&call(&service, from(read(), ONE)).await));
    assert_eq!(call(&service, from(read(), OTHER)).await.status, 200);
    // Each client behind a proxy has its own limit.
    let forwarded = |addr| with(from(read(), "127.0.0.1"), &[("x-forwarded-for", addr)]);
    assert!(is_busy(&call(&service, forwarded(ONE)).await));
    assert_eq!(call(&service, forwarded(OTHER)).await.status, 200);
    // Each call of a batch counts.
    let batch = post(
        "/api/mizan/batch",
        r#"[{"name":"read"},{"name":"read"},{"name":"wait"},{"name":"wait"},{"name":"wait"}]"#,
    );
    let batch = tokio::spawn({
        let service = service.clone();
        async move { call(&service, from(batch, OTHER)).await }
    });
    probe.started.wait_for(4).await;
    probe.gate.let_through(4);
    let lines = within_timeout(batch).await.unwrap().body;
    let refused = lines
        .split(|byte| *byte == b'\n')
        .filter(|line| String::from_utf8_lossy(line).contains("unavailable"));
    assert_eq!(refused.count(), 1, "{lines:?}");
    for call in waiting {
        within_timeout(call).await.unwrap().unwrap();
    }
    assert_eq!(call(&service, from(read(), ONE)).await.status, 200);
}

#[tokio::test]
async fn counts_ipv6_clients_by_network() {
    let (probe, service) = limited(|limits| limits.max_concurrent_calls_per_client = 1);
    let mut waiting = service.clone();
    let waiting = tokio::spawn(waiting.call(from(get("/api/mizan/call/wait"), "2001:db8::1")));
    probe.started.wait_for(1).await;
    let read = |addr| from(get("/api/mizan/call/read"), addr);
    assert!(is_busy(&call(&service, read("2001:db8::2")).await));
    assert_eq!(call(&service, read("2001:db8:0:1::1")).await.status, 200);
    probe.gate.let_through(1);
    within_timeout(waiting).await.unwrap().unwrap();
}

#[tokio::test]
async fn limits_concurrent_bodies() {
    let (_, service) = limited(|limits| {
        limits.max_concurrent_bodies = 3;
        limits.max_concurrent_bodies_per_client = 2;
    });
    let server = Server::start(service).await;
    let as_one =
        |text: &str| echo(text).replace("\r\nhost", &format!("\r\nx-forwarded-for: {ONE}\r\nhost"));
    let mut held = vec![
        send_incomplete_echo(&server, ONE, 100, 1).await,
        send_incomplete_echo(&server, ONE, 100, 1).await,
    ];
    within_timeout(async { while !is_busy(&server.request(as_one("hi")).await) {} }).await;
    // Requests without a body are not limited.
    let read = format!(
        "GET /api/mizan/call/read HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: {ONE}\r\n\r\n"
    );
    assert_eq!(server.request(read).await.status, 200);
    server.assert_works().await;
    held.push(send_incomplete_echo(&server, OTHER, 100, 1).await);
    // The total is exhausted for all clients.
    within_timeout(async { while !is_busy(&server.request(echo("hi")).await) {} }).await;
    drop(held);
    within_timeout(async { while server.request(as_one("hi")).await.status != 200 {} }).await;
    server.assert_works().await;
}

#[tokio::test]
async fn limits_memory_for_bodies() {
    const SOME: usize = 100_000;
    let (probe, service) = limited(|limits| {
        limits.max_body_memory = 3 * SOME as u64;
        limits.max_body_memory_per_client = 2 * SOME as u64;
    });
    let server = Server::start(service).await;
    // An announced length takes no memory.
    let mut held = vec![send_incomplete_echo(&server, ONE, 2 * SOME, 10).await];
    let fits = format!(r#"{{"text":"{}"}}"#, "x".repeat(SOME));
    let forwarded = format!("x-forwarded-for: {ONE}\r\n");
    let send = async || {
        server
            .request(raw_post("/api/mizan/call/echo", &forwarded, &fits))
            .await
    };
    assert_eq!(send().await.status, 200);
    // Received bytes take memory.
    held.push(send_incomplete_echo(&server, ONE, SOME + 10, SOME).await);
    within_timeout(async { while !is_busy(&send().await) {} }).await;
    drop(held);
    within_timeout(async { while send().await.status != 200 {} }).await;
    // A complete body takes memory until its call ends.
    let mut calls = Vec::new();
    for _ in 0..2 {
        let mut socket = server.connect().await;
        let input = format!("{{{}}}", " ".repeat(SOME));
        let work = raw_post("/api/mizan/call/work", &forwarded, &input);
        socket.send(work).await;
        calls.push(socket);
        probe.started.wait_for(calls.len()).await;
        if calls.len() == 1 {
            probe.gate.let_through(1);
            assert_eq!(calls[0].reply().await.status, 200);
        }
    }
    let half = raw_post(
        "/api/mizan/call/work",
        &forwarded,
        &format!("{{{}}}", " ".repeat(SOME)),
    );
    assert!(is_busy(&server.request(&half).await));
    probe.gate.let_through(2);
    assert_eq!(calls[1].reply().await.status, 200);
    assert_eq!(server.request(&half).await.status, 200);
}

#[tokio::test]
async fn limits_storage_for_uploads() {
    const SOME: usize = 400_000;
    let probe = FormProbe {
        gate: Some(Gate::default()),
        ..FormProbe::default()
    };
    let site = Site::with(probe, |limits| {
        limits.max_upload_storage = 5 * SOME as u64;
        limits.max_upload_storage_per_client = 3 * SOME as u64;
    });
    let content = vec![0; SOME];
    let ada = text("input", r#"{"name": "Ada"}"#);
    let file = Part("files", Some("a"), "", &content);
    let send = |addr: &str, files: usize| {
        let parts = [&[ada][..], &vec![file; files]].concat();
        let request = from(multipart(SUBMIT, &parts), addr);
        let service = site.service.clone();
        tokio::spawn(async move { call(&service, request).await })
    };
    assert!(is_busy(&send(ONE, 4).await.unwrap()));
    let first = send(ONE, 2);
    site.probe.started.wait_for(1).await;
    assert!(is_busy(&send(ONE, 2).await.unwrap()));
    let second = send(OTHER, 2);
    site.probe.started.wait_for(2).await;
    // This is within the limit of the client, but exceeds the rest of the total.
    let third = send("192.0.2.3", 2).await.unwrap();
    assert!(is_busy(&third));
    assert_eq!(third.problem()["detail"], "the server is busy");
    site.probe.gate.as_ref().unwrap().let_through(3);
    for reply in [first, second] {
        assert_eq!(within_timeout(reply).await.unwrap().status, 200);
    }
    assert_eq!(within_timeout(send(ONE, 2)).await.unwrap().status, 200);
    assert_eq!(site.files().len(), 0, "temporary files remain");
}

#[tokio::test]
async fn limits_open_upload_files() {
    let probe = FormProbe {
        gate: Some(Gate::default()),
        ..FormProbe::default()
    };
    let site = Site::with(probe, |limits| {
        limits.max_upload_files = 5;
        limits.max_upload_files_per_client = 3;
    });
    let ada = text("input", r#"{"name": "Ada"}"#);
    let file = Part("files", Some("a"), "", b"x");
    let send = |addr: &str, files: usize| {
        let parts = [&[ada][..], &vec![file; files]].concat();
        let request = from(multipart(SUBMIT, &parts), addr);
        let service = site.service.clone();
        tokio::spawn(async move { call(&service, request).await })
    };
    // This is more than one request may have.
    let reply = send(ONE, 4).await.unwrap();
    assert_eq!(reply.failure(), (413, "too_large".to_owned()));
    let first = send(ONE, 2);
    site.probe.started.wait_for(1).await;
    assert!(is_busy(&send(ONE, 2).await.unwrap()));
    let second = send(OTHER, 2);
    site.probe.started.wait_for(2).await;
    let third = send("192.0.2.3", 2).await.unwrap();
    assert!(is_busy(&third));
    assert_eq!(third.problem()["detail"], "the server is busy");
    site.probe.gate.as_ref().unwrap().let_through(3);
    for reply in [first, second] {
        assert_eq!(within_timeout(reply).await.unwrap().status, 200);
    }
    assert_eq!(within_timeout(send(ONE, 3)).await.unwrap().status, 200);
}

#[tokio::test]
async fn multipart_text_counts_as_memory_while_it_arrives() {
    const SOME: usize = 100_000;
    let site = Site::with(FormProbe::default(), |limits| {
        limits.max_body_memory_per_client = SOME as u64;
    });
    let server = Server::start_with(site.service.clone(), |serve| serve).await;
    let headers = format!(
        "content-type: multipart/form-data; boundary={BOUNDARY}\r\ncontent-length: 1000000\r\n"
    );
    let part = format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"input\"\r\n\r\n");
    let body = [part.as_bytes(), &vec![b' '; 2 * SOME]].concat();
    // Neither the part nor the body is complete.
    let mut socket = send_incomplete(&server, ONE, SUBMIT, &headers, &body).await;
    assert_eq!(within_timeout(socket.head()).await.status, 503);
}

#[tokio::test]
async fn waiting_for_an_idempotent_reply_counts_as_a_call() {
    let (probe, service) = limited(|limits| limits.max_concurrent_calls_per_client = 2);
    let send = || {
        let service = service.clone();
        let work = post("/api/mizan/call/work", "{}");
        let request = with(
            from(work, ONE),
            &[("idempotency-key", "one-and-the-same-key")],
        );
        tokio::spawn(async move { call(&service, request).await })
    };
    let first = send();
    probe.started.wait_for(1).await;
    let second = send();
    // One of these requests waits for the other.
    let mut refused = 0;
    for _ in 0..2 {
        let further = send();
        if let Ok(reply) = tokio::time::timeout(Duration::from_secs(5), further).await {
            refused += usize::from(is_busy(&reply.unwrap()));
        }
    }
    assert!(refused > 0);
    probe.gate.let_through(1);
    assert_eq!(within_timeout(first).await.unwrap().status, 200);
    let _ = within_timeout(second).await;
}

#[tokio::test]
async fn limits_the_total_time_of_an_upload() {
    let site = Site::with(FormProbe::default(), |limits| {
        limits.upload_timeout = Duration::from_millis(500);
    });
    let server = Server::start_with(site.service.clone(), |serve| serve).await;
    let headers = format!(
        "content-type: multipart/form-data; boundary={BOUNDARY}\r\ntransfer-encoding: chunked\r\n"
    );
    let part = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\n"
    );
    let chunk = format!("{:x}\r\n{part}\r\n", part.len());
    let socket = send_incomplete(&server, ONE, SUBMIT, &headers, chunk.as_bytes()).await;
    // The upload is fast enough for `body_timeout`.
    let more = [b"8000\r\n", &vec![0; 0x8000][..], b"\r\n"].concat();
    let drip = async {
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if socket.stream.try_write(&more).is_err() {
                break;
            }
            let mut reply = [0; 12];
            let read = socket.stream.try_read(&mut reply);
            if read.is_ok() {
                assert_eq!(&reply, b"HTTP/1.1 408");
                break;
            }
        }
    };
    within_timeout(drip).await;
    site.wait_for_files(0).await;
}
