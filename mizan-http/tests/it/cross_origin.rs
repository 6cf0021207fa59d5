//! Requests from pages of other sites.

use http::{Method, Request};
use http_body_util::Full;
use mizan_http::MizanService;

use crate::app::app;
use crate::harness::{call, with};

const TRUSTED: &str = "https://app.example";

fn service() -> MizanService {
    let probe = std::sync::Arc::default();
    let service = MizanService::builder(app(&probe)).public_origin(TRUSTED);
    service.build().unwrap()
}

#[tokio::test]
async fn rejects_cross_site_requests() {
    let service = service();
    let origin = |origin| [("host", "api.example:8000"), ("origin", origin)];
    let host = [("host", "api.example:8000")];
    for (site, headers, may_read, may_write) in [
        (None, &[][..], true, true),
        (None, &host, true, true),
        (Some("same-origin"), &host, true, true),
        (Some("none"), &host, true, true),
        (Some("same-site"), &host, true, false),
        (Some("cross-site"), &host, false, false),
        (Some("Same-Origin"), &host, false, false),
        (Some(""), &host, false, false),
        (
            Some("same-origin"),
            &origin("https://evil.example"),
            true,
            true,
        ),
        (
            Some("cross-site"),
            &origin("https://api.example:8000"),
            false,
            false,
        ),
        (Some("cross-site"), &origin(TRUSTED), true, true),
        (Some("same-site"), &origin(TRUSTED), true, true),
        (
            Some("cross-site"),
            &origin("https://app.example.evil"),
            false,
            false,
        ),
        (Some("cross-site"), &origin("null"), false, false),
        (None, &origin("https://api.example:8000"), true, true),
        (None, &origin("http://api.example:8000"), true, true),
        (None, &origin("https://api.example"), true, false),
        (None, &origin("https://evil.example"), true, false),
        (None, &origin("https://api.example:8000.evil"), true, false),
        (None, &origin("api.example:8000"), true, false),
        (None, &origin("null"), true, false),
        (None, &origin(""), true, false),
        (None, &origin(TRUSTED), true, true),
        (None, &[("origin", "https://api.example")], true, false),
    ] {
        for (method, path, allowed) in [
            (Method::GET, "/api/mizan/call/read", may_read),
            (Method::POST, "/api/mizan/call/read", may_write),
            (Method::POST, "/api/mizan/call/work?", may_write),
            (Method::POST, "/api/mizan/batch", may_write),
        ] {
            let body = if path.ends_with("batch") {
                "[]"
            } else {
                r#"{"text":null}"#
            };
            let request = Request::builder()
                .method(&method)
                .uri(path)
                .header("content-type", "application/json");
            let mut request = with(
                request.body(Full::<bytes::Bytes>::from(body)).unwrap(),
                headers,
            );
            if let Some(site) = site {
                request = with(request, &[("sec-fetch-site", site)]);
            }
            let reply = call(&service, request).await;
            let case = format!("{method} {path} {site:?} {headers:?}");
            if allowed {
                assert_ne!(reply.status, 403, "{case}");
            } else {
                assert_eq!(reply.failure(), (403, "cross_site".to_owned()), "{case}");
            }
        }
    }
}

#[tokio::test]
async fn absolute_uri_determines_own_origin() {
    let service = service();
    for (origin, status) in [("http://real.example", 200), ("http://fake.example", 403)] {
        let request = crate::harness::post("http://real.example/api/mizan/call/read", "");
        let headers = [("host", "fake.example"), ("origin", origin)];
        assert_eq!(call(&service, with(request, &headers)).await.status, status);
    }
}

#[test]
fn rejects_invalid_public_origins() {
    let probe = std::sync::Arc::default();
    for origin in [
        "example.com",
        "https://example.com/",
        "https://Example.com",
        "*",
    ] {
        let service = MizanService::builder(app(&probe)).public_origin(origin);
        let error = service.build().unwrap_err().to_string();
        assert!(
            error.contains(&format!("invalid origin `{origin}`")),
            "{error}"
        );
    }
}
