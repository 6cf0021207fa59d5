//! Requests over TCP.

#![allow(clippy::unwrap_used, reason = "a failed test panics")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use actix::Guestbook;
use actix_web::{App, HttpServer, rt, web};
use mizan_http::MizanService;

/// Starts the server on a free port.
fn start() -> SocketAddr {
    start_with(&MizanService::new(
        actix::registry(Guestbook::default()).build().unwrap(),
    ))
}

fn start_with(service: &MizanService) -> SocketAddr {
    let service = service.clone();
    let server = HttpServer::new(move || App::new().configure(actix::configure(service.clone())));
    let server = server.workers(1).bind("127.0.0.1:0").unwrap();
    let addr = server.addrs()[0];
    rt::spawn(server.run());
    addr
}

/// Sends a request and reads to the end of the connection.
async fn request(addr: SocketAddr, line: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    let head = format!(
        "{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\
         content-length: {length}\r\n\r\n{body}"
    );
    let reply = web::block(move || {
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    });
    reply.await.unwrap()
}

const JSON: &str = "content-type: application/json\r\n";

#[actix_web::test]
async fn calls_functions() {
    let addr = start();
    for (line, headers, body) in [
        ("POST /api/mizan/call/greet", JSON, r#"{"name":"World"}"#),
        (
            "GET /api/mizan/call/greet?input={%22name%22:%22World%22}",
            "",
            "",
        ),
    ] {
        let reply = request(addr, line, headers, body).await;
        assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{reply}");
        assert!(
            reply.contains("content-type: application/json\r\n"),
            "{reply}"
        );
        assert!(reply.ends_with("\r\n\r\n\"Hello, World!\""), "{reply}");
    }
}

#[actix_web::test]
async fn runs_work_behind_the_reply() {
    let guestbook = Guestbook::default();
    let registry = actix::registry(guestbook.clone());
    let service = MizanService::new(registry.build().unwrap());
    let addr = start_with(&service);
    let line = "POST /api/mizan/call/sign";
    let reply = request(addr, line, JSON, r#"{"name":"Ada"}"#).await;
    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{reply}");
    // It waits for the calls in progress, and for their work behind the reply.
    service.wait_idle().await;
    assert_eq!(guestbook.names(), ["Ada"]);
}

#[actix_web::test]
async fn streams_batch() {
    let batch = r#"[{"name":"greet","input":{"name":"World"}}]"#;
    let reply = request(start(), "POST /api/mizan/batch", JSON, batch).await;
    assert!(reply.contains("transfer-encoding: chunked\r\n"), "{reply}");
    assert!(
        reply.contains("{\"index\":0,\"output\":\"Hello, World!\"}\n"),
        "{reply}"
    );
}

#[actix_web::test]
async fn rejects_invalid_requests_with_problem_document() {
    let addr = start();
    let large = " ".repeat(1024 * 1024 + 1);
    for (headers, body, status, code) in [
        (JSON, "{}", 422, "invalid"),
        (JSON, "{", 400, "malformed"),
        ("", "", 422, "invalid"),
        ("", "{}", 415, "unsupported_media_type"),
        ("origin: http://evil\r\n", "{}", 403, "cross_site"),
        (JSON, &large, 413, "too_large"),
    ] {
        let reply = request(addr, "POST /api/mizan/call/greet", headers, body).await;
        assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{reply}");
        assert!(
            reply.contains("content-type: application/problem+json\r\n"),
            "{reply}"
        );
        assert!(reply.contains(&format!("\"code\":\"{code}\"")), "{reply}");
    }
}
