//! Requests for hosts that are not allowed.

use axum::Router;
use axum::routing::get;
use http::Version;
use mizan_http::AllowedHosts;
use tower_layer::Layer as _;

use crate::harness::{Server, call, post, service, with};

fn hosts() -> AllowedHosts {
    AllowedHosts::new(["https://example.com"])
        .unwrap()
        .and_local()
}

#[tokio::test]
async fn rejects_pages_calls_and_websockets_of_other_hosts() {
    let router = Router::new()
        .route("/page", get(|| async { "a page" }))
        .nest_service("/api/mizan", service().1);
    let server = Server::start_with(hosts().layer(router), |serve| serve).await;
    for (host, status) in [
        ("example.com", 200),
        ("localhost:8000", 200),
        ("[::1]:8000", 200),
        ("evil.example:8765", 421),
        ("example.com.evil.example", 421),
        ("192.168.0.1", 421),
    ] {
        for path in [
            "/page",
            "/api/mizan/call/read",
            "/not/there",
            "/api/mizan/ws",
        ] {
            // DNS rebinding: the page and the server have the same origin.
            let request = format!(
                "GET {path} HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\n\
                 sec-fetch-site: same-origin\r\n\r\n"
            );
            let reply = server.request(request).await;
            let expected = match (status, path) {
                (200, "/not/there" | "/api/mizan/ws") => 404,
                _ => status,
            };
            assert_eq!(reply.status, expected, "{host} {path} {reply:?}");
            if status == 421 {
                assert_eq!(
                    reply.header("content-type"),
                    Some("text/plain; charset=utf-8")
                );
                let text = String::from_utf8(reply.body.to_vec()).unwrap();
                assert!(text.contains("add it to the allowed hosts"), "{text}");
            }
        }
    }
}

#[tokio::test]
async fn http2_authority_is_the_host() {
    let (_, service) = service();
    let server = Server::start_with(hosts().layer(service), |serve| serve).await;
    let mut client = server.connect_http2().await;
    for (host, status) in [("example.com", 200), ("evil.example", 421)] {
        let mut request = post(&format!("http://{host}/api/mizan/call/read"), "");
        *request.version_mut() = Version::HTTP_2;
        let response = client.send_request(request).await.unwrap();
        assert_eq!(response.status(), status, "{host}");
    }
}

#[tokio::test]
async fn rejects_missing_duplicate_and_invalid_hosts() {
    let service = hosts().layer(service().1);
    for headers in [
        &[][..],
        &[("host", "")],
        &[("host", "a b/c")],
        &[("host", "example.com"), ("host", "example.com")],
        &[("host", "example.com"), ("host", "evil.example")],
    ] {
        let request = with(post("/api/mizan/call/read", ""), headers);
        assert_eq!(call(&service, request).await.status, 400, "{headers:?}");
    }
}
