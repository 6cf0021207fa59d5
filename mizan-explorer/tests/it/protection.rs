//! Requests that the explorer refuses.

use std::net::SocketAddr;

use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{Request, StatusCode, header};
use mizan_http::{AllowedHosts, PeerAddr};
use serde_json::json;

use crate::application::{Reply, Site, builder};

async fn send(site: &Site, request: Builder) -> Reply {
    let input = json!({"function": "posts", "input": "{}", "principal": "staff"});
    let request = request.header(header::CONTENT_TYPE, "application/json");
    site.send(request.body(Body::from(input.to_string())).unwrap())
        .await
}

fn try_call() -> Builder {
    Request::post("/_mizan/api/call/try_call")
}

#[tokio::test]
async fn refuses_foreign_hosts() {
    let site = Site::new();
    for host in ["evil.example", "192.168.0.5:8000", "localhost.evil.example"] {
        for path in ["/_mizan/", "/_mizan/access/", "/_mizan/files/favicon.svg"] {
            let request = Request::get(path).header(header::HOST, host);
            let reply = site.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(reply.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
        }
        let reply = send(&site, try_call().header(header::HOST, host)).await;
        assert_eq!(reply.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
}

#[tokio::test]
async fn answers_for_the_hosts_of_the_setting() {
    let hosts = AllowedHosts::new(["dev.example.com"]).unwrap();
    let site = Site::of(builder().hosts(hosts));
    for (host, status) in [
        ("dev.example.com", StatusCode::OK),
        ("localhost", StatusCode::MISDIRECTED_REQUEST),
    ] {
        let reply = send(&site, try_call().header(header::HOST, host)).await;
        assert_eq!(reply.status, status, "{host}");
    }
}

#[tokio::test]
async fn refuses_calls_from_pages_of_other_sites() {
    let site = Site::new();
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let reply = send(&site, try_call().header(name, value)).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{name}: {value}");
        assert!(reply.body.contains("cross_site"), "{}", reply.body);
    }
    let own = try_call()
        .header("origin", "http://localhost:8000")
        .header("sec-fetch-site", "same-origin");
    assert_eq!(send(&site, own).await.status, StatusCode::OK);
}

#[tokio::test]
async fn refuses_web_sockets_of_pages_of_other_sites() {
    let site = Site::new();
    let request = Request::get("/_mizan/ws?principal=staff")
        .header("origin", "https://evil.example")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("sec-websocket-protocol", "mizan.v1.json");
    let reply = site.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn answers_only_clients_on_this_computer() {
    let from = |site: Site, peer: &'static str| async move {
        let peer: SocketAddr = peer.parse().unwrap();
        let mut request = Request::get("/_mizan/").body(Body::empty()).unwrap();
        request.extensions_mut().insert(PeerAddr(peer));
        site.send(request).await.status
    };
    assert_eq!(from(Site::new(), "127.0.0.1:9").await, StatusCode::OK);
    assert_eq!(from(Site::new(), "[::1]:9").await, StatusCode::OK);
    assert_eq!(
        from(Site::new(), "[::ffff:127.0.0.1]:9").await,
        StatusCode::OK
    );
    assert_eq!(
        from(Site::new(), "192.168.0.5:9").await,
        StatusCode::FORBIDDEN
    );
    let site = Site::new();
    for header in ["forwarded", "x-forwarded-for"] {
        let request = Request::get("/_mizan/").header(header, "192.168.0.5");
        let reply = site.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{header}");
    }
    let request = Request::get("/_mizan/").body(Body::empty()).unwrap();
    let reply = site.send_without_peer(request).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    let open = Site::of(builder().allow_remote_clients());
    assert_eq!(from(open, "192.168.0.5:9").await, StatusCode::OK);
}
