//! The client address of calls.

use std::sync::Arc;

use http_body_util::Full;
use mizan_http::client_address::ForwardedHeader;
use mizan_http::{MizanService, PeerAddr};
use serde_json::json;

use crate::app::app;
use crate::harness::{Server, call, get, service, with};
use crate::input::Log;

#[tokio::test]
async fn uses_the_peer_address_by_default() {
    let (_, service) = service();
    let server = Server::start(service).await;
    let forwarded = "x-forwarded-for: 6.6.6.6\r\n";
    let request =
        format!("GET /api/mizan/call/address HTTP/1.1\r\nhost: localhost\r\n{forwarded}\r\n");
    assert_eq!(server.request(request).await.json(), "127.0.0.1");
}

#[tokio::test]
async fn uses_the_address_from_trusted_proxies() {
    let probe = Arc::default();
    let service = MizanService::builder(app(&probe)).trusted_proxies([
        "127.0.0.0/8".parse().unwrap(),
        "10.0.0.0/8".parse().unwrap(),
    ]);
    let server = Server::start(service.build().unwrap()).await;
    for (forwarded, client) in [
        ("", "127.0.0.1"),
        ("x-forwarded-for: 203.0.113.9\r\n", "203.0.113.9"),
        (
            "x-forwarded-for: 6.6.6.6, 203.0.113.9, 10.1.2.3\r\n",
            "203.0.113.9",
        ),
        (
            "x-forwarded-for: 6.6.6.6\r\nx-forwarded-for: 2001:db8::1\r\n",
            "2001:db8::1",
        ),
        ("x-forwarded-for: 127.0.0.1\r\n", "127.0.0.1"),
        ("x-forwarded-for: \u{0}\r\n", ""),
    ] {
        let request =
            format!("GET /api/mizan/call/address HTTP/1.1\r\nhost: localhost\r\n{forwarded}\r\n");
        let reply = server.request(request).await;
        if client.is_empty() {
            assert_eq!(reply.status, 400);
        } else {
            assert_eq!(reply.json(), client, "{forwarded}");
        }
    }
}

#[tokio::test]
async fn uses_the_peer_address_of_another_server() {
    let (_, service) = service();
    let request = || {
        with(
            get("/api/mizan/call/address"),
            &[("x-forwarded-for", "6.6.6.6")],
        )
    };
    assert_eq!(
        call::<_, Full<_>, _>(&service, request()).await.json(),
        json!(null)
    );
    let mut request = request();
    let peer = PeerAddr("192.0.2.1:5".parse().unwrap());
    request.extensions_mut().insert(peer);
    assert_eq!(call(&service, request).await.json(), "192.0.2.1");
}

#[tokio::test]
async fn reads_only_the_configured_header() {
    let probe = Arc::default();
    let service = MizanService::builder(app(&probe))
        .trusted_proxies(["127.0.0.0/8".parse().unwrap()])
        .forwarded_header(ForwardedHeader::Forwarded);
    let server = Server::start(service.build().unwrap()).await;
    for (headers, client) in [
        ("forwarded: for=203.0.113.9\r\n", "203.0.113.9"),
        (
            "forwarded: for=\"[2001:db8::1]:80\"\r\nx-forwarded-for: 6.6.6.6\r\n",
            "2001:db8::1",
        ),
        ("x-forwarded-for: 6.6.6.6\r\n", "127.0.0.1"),
        ("forwarded: for=unknown\r\n", "127.0.0.1"),
    ] {
        let request =
            format!("GET /api/mizan/call/address HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
        assert_eq!(server.request(request).await.json(), client, "{headers}");
    }
}

#[tokio::test]
async fn warns_once_about_untrusted_private_proxy() {
    for (peer, header, warnings) in [
        ("192.168.0.1:5", "x-forwarded-for", 1),
        ("[fd00::1]:5", "forwarded", 1),
        ("127.0.0.1:5", "forwarded", 1),
        ("[::ffff:100.64.0.1]:5", "x-forwarded-for", 1),
        // Any client on the internet can send these headers.
        ("192.0.2.1:5", "x-forwarded-for", 0),
        ("192.168.0.1:5", "x-other", 0),
    ] {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let _logging = tracing::subscriber::set_default(subscriber);
        let (_, service) = service();
        for _ in 0..3 {
            let mut request = with(get("/api/mizan/call/address"), &[(header, "for=6.6.6.6")]);
            let addr = PeerAddr(peer.parse().unwrap());
            request.extensions_mut().insert(addr);
            assert_eq!(call(&service, request).await.status, 200);
        }
        let log = log.text();
        let found = log.matches("add it to `trusted_proxies`").count();
        assert_eq!(found, warnings, "{peer} {header}: {log}");
    }
}
