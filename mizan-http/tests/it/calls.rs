//! Successful calls, and requests that are rejected before their function runs.

use http::{Method, Request};
use serde_json::json;

use crate::harness::{self, Server, bodiless, call, get, post, raw_post, service, with};

const ECHO: &str = "/api/mizan/call/echo";

#[tokio::test]
async fn mutation_returns_output() {
    let (_, service) = service();
    let reply = call(&service, post(ECHO, r#"{"text":"hi"}"#)).await;
    assert_eq!(
        (reply.status, reply.json()),
        (200, json!({"message": "hi"}))
    );
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(reply.header("mizan-affects"), None);
}

#[tokio::test]
async fn query_accepts_get_and_post() {
    let (_, service) = service();
    let path = "/api/mizan/call/read";
    let text = json!({"message": "a b&c=d+é"});
    for encoded in [
        harness::input(r#"{"text":"a b&c=d+é"}"#),
        "{%22text%22:%22a+b%26c=d%2b%C3%A9%22}".to_owned(),
    ] {
        let reply = call(&service, get(&format!("{path}?input={encoded}"))).await;
        assert_eq!((reply.status, reply.json()), (200, text.clone()));
    }
    let reply = call(&service, post(path, r#"{"text":"a b&c=d+é"}"#)).await;
    assert_eq!((reply.status, reply.json()), (200, text));
}

#[tokio::test]
async fn empty_input_means_no_arguments() {
    let (_, service) = service();
    let nothing = json!({"message": "nothing"});
    for query in ["", "?", "?input=", "?input", "?other=1", "?input={}"] {
        let reply = call(&service, get(&format!("/api/mizan/call/read{query}"))).await;
        assert_eq!(reply.json(), nothing, "{query}");
    }
    let request = bodiless(Request::post("/api/mizan/call/read"));
    assert_eq!(call(&service, request).await.json(), nothing);
    let reply = call(&service, post("/api/mizan/call/read", "")).await;
    assert_eq!(reply.json(), nothing);
}

#[tokio::test]
async fn rejects_content_types_other_than_json() {
    let (_, service) = service();
    for (content_type, status) in [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON;charset=UTF-8", 200),
        ("application/json-patch+json", 415),
        ("application/jsonl", 415),
        ("text/plain", 415),
        ("text/plain; application/json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("", 415),
    ] {
        let mut request = post(ECHO, r#"{"text":"hi"}"#);
        request.headers_mut().clear();
        let reply = call(&service, with(request, &[("content-type", content_type)])).await;
        assert_eq!(reply.status, status, "{content_type}");
        if status == 415 {
            assert_eq!(reply.failure().1, "unsupported_media_type");
        }
    }
    let mut request = post(ECHO, r#"{"text":"hi"}"#);
    request.headers_mut().clear();
    let reply = call(&service, request).await;
    assert_eq!(reply.failure(), (415, "unsupported_media_type".to_owned()));
}

#[tokio::test]
async fn rejects_compressed_body() {
    let (_, service) = service();
    for encoding in ["gzip", "br", "deflate, gzip"] {
        let request = with(post(ECHO, "\x1f"), &[("content-encoding", encoding)]);
        let reply = call(&service, request).await;
        assert_eq!(reply.failure(), (415, "unsupported_media_type".to_owned()));
    }
    let request = with(
        post(ECHO, r#"{"text":"hi"}"#),
        &[("content-encoding", "identity")],
    );
    assert_eq!(call(&service, request).await.status, 200);
}

#[tokio::test]
async fn rejects_disallowed_methods() {
    let (_, service) = service();
    for (path, method, allow) in [
        (ECHO, Method::GET, "POST"),
        (ECHO, Method::HEAD, "POST"),
        (ECHO, Method::PUT, "POST"),
        (ECHO, Method::OPTIONS, "POST"),
        ("/api/mizan/call/read", Method::DELETE, "GET, HEAD, POST"),
        ("/api/mizan/call/read", Method::TRACE, "GET, HEAD, POST"),
        ("/api/mizan/batch", Method::GET, "POST"),
    ] {
        let request = bodiless(Request::builder().method(&method).uri(path));
        let reply = call(&service, request).await;
        assert_eq!(reply.status, 405, "{method} {path}");
        assert_eq!(reply.header("allow"), Some(allow), "{method} {path}");
        if method != Method::HEAD {
            assert_eq!(reply.failure().1, "method_not_allowed");
        }
    }
}

#[tokio::test]
async fn unknown_function_has_the_same_response_for_all_callers() {
    let probe = std::sync::Arc::default();
    let service = mizan_http::MizanService::builder(crate::app::app(&probe))
        .authenticate(crate::authentication::ByHeader)
        .build()
        .unwrap();
    let mut answers = Vec::new();
    for user in ["", "member", "staff"] {
        for method in [Method::GET, Method::POST] {
            let request = Request::builder().method(method);
            let request = bodiless(request.uri("/api/mizan/call/no_such_function"));
            let reply = call(&service, with(request, &[("x-user", user)])).await;
            assert_eq!(reply.failure(), (404, "unknown_function".to_owned()));
            answers.push(reply.body);
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
}

#[tokio::test]
async fn answers_unknown_paths_with_404() {
    let (_, service) = service();
    for path in [
        "/",
        "/api/mizan",
        "/api/mizan/",
        "/api/mizan/call",
        "/api/mizan/call/",
        "/api/mizan/call/echo/",
        "/api/mizan/call/echo/x",
        "/api/mizan/call/Echo",
        "/api/mizan/call/%65cho",
        "/api/mizan/call%2fecho",
        "/api/mizan/call/../call/echo",
        "/api/mizan/call/./echo",
        "/api/mizan/call/echo;x",
        "/api/mizan/call/echo%00",
        "/api/mizan//call/echo",
        "//call/echo",
        "//api/mizan/call/echo",
        "/api/mizanX/call/echo",
        "/api/mizan/api/mizan/call/echo",
        "/API/mizan/call/echo",
        "/x/api/mizan/call/echo",
        "/api/mizan/batch/",
        "*",
    ] {
        let reply = call(&service, post(path, r#"{"text":"hi"}"#)).await;
        assert_eq!(reply.problem()["status"], 404, "{path}");
    }
    for path in [ECHO, "/call/echo", "http://localhost/api/mizan/call/echo"] {
        let reply = call(&service, post(path, r#"{"text":"hi"}"#)).await;
        assert_eq!(reply.status, 200, "{path}");
    }
}

#[tokio::test]
async fn serves_below_custom_mount_path() {
    let mount = |path: &str| {
        let probe = std::sync::Arc::default();
        mizan_http::MizanService::builder(crate::app::app(&probe))
            .mount_path(path)
            .build()
    };
    for (path, echo) in [("", "/call/echo"), ("/rpc", "/rpc/call/echo")] {
        let reply = call(&mount(path).unwrap(), post(echo, r#"{"text":"hi"}"#)).await;
        assert_eq!(reply.status, 200, "{path}");
    }
    let reply = call(&mount("/rpc").unwrap(), post(ECHO, r#"{"text":"hi"}"#)).await;
    assert_eq!(reply.status, 404);
    for path in ["/", "rpc", "/rpc/"] {
        let error = mount(path).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("invalid mount path `{path}`")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn returns_errors_as_problem_details() {
    let (_, service) = service();
    let reply = call(&service, post("/api/mizan/call/limited", "")).await;
    assert_eq!(reply.failure(), (429, "rate_limited".to_owned()));
    assert_eq!(reply.header("retry-after"), Some("2"));
    assert_eq!(reply.problem()["detail"], "slow down");
}

#[tokio::test]
async fn connection_remains_usable_after_rejection() {
    let (_, service) = service();
    let server = Server::start(service).await;
    let mut socket = server.connect().await;
    for (path, headers, body, status) in [
        ("/api/mizan/call/nothing", "", "{}", 404),
        (
            "/api/mizan/call/echo",
            "content-encoding: gzip\r\n",
            "{}",
            415,
        ),
        ("/api/mizan/call/echo", "", "{", 400),
        ("/api/mizan/call/echo", "", "{}", 422),
        ("/api/mizan/call/panics", "", "{}", 500),
        ("/api/mizan/call/echo", "origin: http://evil\r\n", "{}", 403),
        ("/api/mizan/call/echo", "", r#"{"text":"hi"}"#, 200),
    ] {
        socket.send(raw_post(path, headers, body)).await;
        assert_eq!(socket.reply().await.status, status, "{path} {headers}");
    }
}
