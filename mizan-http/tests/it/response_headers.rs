//! Cookies, headers and entity tags of responses.

use http::Request;
use mizan_http::MizanService;
use serde_json::{Value, json};

use crate::harness::{Reply, Server, bodiless, call, get, post, raw_post, service, with};

async fn set(service: &MizanService, input: &Value) -> Reply {
    call(service, post("/api/mizan/call/set", input.to_string())).await
}

#[tokio::test]
async fn sends_each_cookie_in_its_own_header() {
    let (_, service) = service();
    let reply = set(&service, &json!({"cookies": {"a": "1", "b": "2"}})).await;
    let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
}

#[tokio::test]
async fn cookie_names_are_not_encoded() {
    let (_, service) = service();
    let cookies = json!({"a^b|c%20": "1;", "no token": "2", "": "3", "na=me": "4"});
    let reply = set(&service, &json!({ "cookies": cookies })).await;
    let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a^b|c%20=1%3B"]);
    let input = crate::harness::input(r#"{"name":"a^b|c%20"}"#);
    let request = get(&format!("/api/mizan/call/cookie?input={input}"));
    let sent = with(request, &[("cookie", cookies[0].to_str().unwrap())]);
    assert_eq!(call(&service, sent).await.json(), "1;");
}

#[tokio::test]
async fn cookie_cannot_inject_headers_or_attributes() {
    let (_, service) = service();
    let server = Server::start(service.clone()).await;
    let values = [
        "a; HttpOnly",
        "a\r\nx-evil: 1",
        "a\r\n\r\n<html>",
        "é\u{0}\"",
        "a,b",
    ];
    for value in values {
        let input = json!({"cookies": {"name": value, "na\r\nme;": "1"}}).to_string();
        let reply = server
            .request(raw_post("/api/mizan/call/set", "", &input))
            .await;
        assert_eq!((reply.status, reply.body.as_ref()), (200, &b"null"[..]));
        assert_eq!(reply.header("x-evil"), None);
        for cookie in reply.headers.get_all("set-cookie") {
            assert!(!cookie.to_str().unwrap().contains(';'), "{cookie:?}");
        }
        let cookie = reply
            .headers
            .get_all("set-cookie")
            .iter()
            .next_back()
            .unwrap();
        let input = crate::harness::input(r#"{"name":"name"}"#);
        let request = get(&format!("/api/mizan/call/cookie?input={input}"));
        let sent = with(request, &[("cookie", cookie.to_str().unwrap())]);
        assert_eq!(call(&service, sent).await.json(), value);
    }
    for path in ["/\r\nx-evil: 1", "/; Secure"] {
        let input = json!({"cookies": {"name": "value"}, "path": path});
        let reply = set(&service, &input).await;
        assert_eq!(
            (reply.status, reply.header("set-cookie")),
            (200, None),
            "{path}"
        );
    }
}

#[tokio::test]
async fn function_headers_override_service_headers() {
    let (_, service) = service();
    let headers = json!({"x-own": "1", "cache-control": "max-age=60"});
    let reply = set(&service, &json!({"headers": headers})).await;
    assert_eq!(reply.header("x-own"), Some("1"));
    assert_eq!(reply.header("cache-control"), Some("max-age=60"));
    let reply = set(&service, &json!({"headers": {"x-own": "a\r\nx-evil: 1"}})).await;
    assert_eq!(reply.failure(), (500, "internal".to_owned()));
}

#[tokio::test]
async fn ignores_framing_headers_of_functions() {
    let (_, service) = service();
    let server = Server::start(service).await;
    let headers = json!({
        "content-length": "1000",
        "transfer-encoding": "chunked",
        "connection": "close",
    });
    let input = json!({"headers": headers}).to_string();
    let mut socket = server.connect().await;
    for _ in 0..2 {
        socket
            .send(raw_post("/api/mizan/call/set", "", &input))
            .await;
        assert_eq!(socket.reply().await.body, "null");
    }
}

#[tokio::test]
async fn mutation_lists_affected_functions() {
    let (probe, service) = service();
    probe.gate.let_through(1);
    let reply = call(&service, post("/api/mizan/call/work", "")).await;
    assert_eq!(reply.header("mizan-affects"), Some("read,wait"));
    let reply = set(&service, &json!({"affects": ["read", "me"]})).await;
    assert_eq!(reply.header("mizan-affects"), Some("read,me"));
    let reply = set(&service, &json!({"affects": ["read\r\nx-evil: 1"]})).await;
    assert_eq!(
        reply.header("mizan-affects"),
        Some("read%0D%0Ax-evil%3A%201")
    );
    let many: Vec<_> = std::iter::repeat_n("read", 1_000).collect();
    let reply = set(&service, &json!({ "affects": many })).await;
    assert_eq!(reply.header("mizan-affects"), Some("read"));
    let many: Vec<_> = (0..1_000).map(|number| format!("read{number}")).collect();
    let reply = set(&service, &json!({ "affects": many })).await;
    assert_eq!(reply.header("mizan-affects"), Some("*"));
    let reply = call(&service, post("/api/mizan/call/staff_only", "")).await;
    assert_eq!(reply.header("mizan-affects"), None);
}

#[tokio::test]
async fn answers_unchanged_output_with_304() {
    let (_, service) = service();
    let path = "/api/mizan/call/read";
    let first = call(&service, get(path)).await;
    assert_eq!(first.header("cache-control"), Some("private, no-cache"));
    let tag = first.header("etag").unwrap();
    for (known, status) in [
        (tag.to_owned(), 304),
        (format!("\"x\", {tag}"), 304),
        ("*".to_owned(), 304),
        (tag.trim_start_matches("W/").to_owned(), 304),
        ("W/\"0\"".to_owned(), 200),
        (String::new(), 200),
    ] {
        let request = with(get(path), &[("if-none-match", &known)]);
        let reply = call(&service, request).await;
        assert_eq!(reply.status, status, "{known}");
        assert_eq!(reply.header("etag"), Some(tag));
        assert_eq!(reply.body.is_empty(), status == 304);
    }
    let other = format!("{path}?input={}", crate::harness::input(r#"{"text":"x"}"#));
    assert_ne!(call(&service, get(&other)).await.header("etag"), Some(tag));
    let reply = call(&service, with(post(path, ""), &[("if-none-match", tag)])).await;
    assert_eq!((reply.status, reply.header("etag")), (200, None));
}

#[tokio::test]
async fn not_modified_has_no_body_over_a_socket() {
    let (_, service) = service();
    let server = Server::start(service).await;
    let mut socket = server.connect().await;
    let request = |method: &str, header: &str| {
        format!("{method} /api/mizan/call/read HTTP/1.1\r\nhost: localhost\r\n{header}\r\n")
    };
    socket.send(request("GET", "")).await;
    let first = socket.reply().await;
    let tag = format!("if-none-match: {}\r\n", first.header("etag").unwrap());
    for method in ["GET", "HEAD"] {
        socket.send(request(method, &tag)).await;
        let reply = socket.head().await;
        assert_eq!((reply.status, reply.header("content-length")), (304, None));
    }
    // The responses to `HEAD` follow each other without a body.
    for _ in 0..2 {
        socket.send(request("HEAD", "")).await;
        let reply = socket.head().await;
        let length = first.body.len().to_string();
        assert_eq!(reply.header("content-length"), Some(&*length));
        assert_eq!(reply.header("etag"), first.header("etag"));
    }
    socket.send(request("GET", "")).await;
    assert_eq!(socket.reply().await.body, first.body);
}

#[tokio::test]
async fn head_matches_get_without_body() {
    let (_, service) = service();
    let path = "/api/mizan/call/read";
    let length = call(&service, get(path)).await.body.len().to_string();
    let reply = call(&service, bodiless(Request::head(path))).await;
    assert_eq!((reply.status, &*reply.body), (200, &b""[..]));
    assert_eq!(reply.header("content-length"), Some(&*length));

    let server = Server::start(service).await;
    let mut client = server.connect_http2().await;
    let request = Request::head("http://localhost/api/mizan/call/read");
    let response = client.send_request(bodiless(request)).await.unwrap();
    assert_eq!(response.headers()["content-length"], &*length);
    let body = http_body_util::BodyExt::collect(response.into_body());
    assert_eq!(body.await.unwrap().to_bytes().len(), 0);
    let request = Request::head("http://localhost/api/mizan/call/none");
    let response = client.send_request(bodiless(request)).await.unwrap();
    assert_eq!(response.status(), 404);
    let body = http_body_util::BodyExt::collect(response.into_body());
    assert_eq!(body.await.unwrap().to_bytes().len(), 0);
}
