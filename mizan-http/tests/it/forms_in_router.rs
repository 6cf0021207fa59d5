//! Forms within a router of axum, whose layers apply to them as to everything else.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use http::StatusCode;
use http_body_util::{Full, Limited};
use mizan_http::{FormPages, PeerAddr};
use serde_json::{Value, json};

use crate::forms_app::Site;
use crate::wire::{Reply, call};

const PEER: &str = "192.0.2.1:5";

/// A page that shows its form, and the address that the request came from.
fn router(site: &Site) -> Router {
    let service = site.service.clone();
    let page = async move |request: Request| {
        let peer = request.extensions().get().map(|PeerAddr(peer)| *peer);
        let Ok(caller) = service.caller(&request).await else {
            panic!("the caller is not known");
        };
        let state = caller.call("contact.schema".to_owned(), Bytes::new());
        let state: Value = serde_json::from_slice(&state.await.unwrap()).unwrap();
        Json(json!({ "peer": peer, "errors": state["errors"], "values": state["values"] }))
    };
    Router::new()
        .route("/contact/", get(page))
        .nest_service("/api/mizan", site.service.clone())
}

/// Posts the form to a router that a server of axum's has told the peer.
async fn send(site: &Site, router: Router, name: &str) -> Reply {
    let service = FormPages::new(router, site.service.clone());
    let form = format!("name={name}&__page=%2Fcontact%2F");
    let mut request = http::Request::post("/api/mizan/form/contact")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::<Bytes>::from(form))
        .unwrap();
    let peer: SocketAddr = PEER.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    call(&service, request).await
}

/// The middleware of the README.
async fn peer_addr(
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(PeerAddr(peer));
    next.run(request).await
}

#[tokio::test]
async fn the_peer_of_a_middleware_reaches_forms_and_their_pages() {
    let site = Site::new();
    let router = || router(&site).layer(from_fn(peer_addr));
    let reply = send(&site, router(), "Ada").await;
    assert_eq!(reply.status, 303, "{reply:?}");
    assert_eq!(site.seen.last()["client"], "192.0.2.1");

    let reply = send(&site, router(), "taken").await;
    assert_eq!(reply.status, 422);
    assert_eq!(
        reply.json(),
        json!({
            "peer": PEER,
            "errors": { "name": ["is taken by Ada"] },
            "values": { "name": "taken" },
        })
    );
}

#[tokio::test]
async fn a_list_of_addresses_applies_to_forms() {
    async fn only_local(request: Request, next: Next) -> Response {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        if peer.is_some_and(|ConnectInfo(peer)| peer.ip().is_loopback()) {
            return next.run(request).await;
        }
        StatusCode::FORBIDDEN.into_response()
    }
    let site = Site::new();
    let reply = send(&site, router(&site).layer(from_fn(only_local)), "Ada").await;
    assert_eq!(reply.status, 403);
    assert_eq!(site.seen.started.get(), 0);
}

#[tokio::test]
async fn a_limit_of_bodies_applies_to_forms() {
    async fn limit(request: Request, next: Next) -> Response {
        next.run(request.map(|body| Body::new(Limited::new(body, 100))))
            .await
    }
    let site = Site::new();
    let router = || router(&site).layer(from_fn(limit));
    assert_eq!(send(&site, router(), "Ada").await.status, 303);
    let reply = send(&site, router(), &"x".repeat(75)).await;
    assert_eq!(reply.status, 400, "{reply:?}");
    assert_eq!(site.seen.started.get(), 1);
}

#[tokio::test]
async fn a_router_without_the_service_has_no_forms() {
    let site = Site::new();
    let reply = send(&site, Router::new(), "Ada").await;
    assert_eq!(reply.status, 404);
}
