//! Forms within an axum router, whose layers apply to them.

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
use mizan_http::forms::FormPagesLayer;
use mizan_http::{FormPages, PeerAddr};
use serde_json::{Value, json};
use tower_layer::Layer;

use crate::forms_app::{Cookies, Site};
use crate::harness::{Reply, call};

const PEER: &str = "192.0.2.1:5";

/// Creates a router with a page that returns its form and the address of the peer.
fn router(site: &Site) -> Router {
    let service = site.service.clone();
    let page = async move |request: Request| {
        let peer = request.extensions().get().map(|PeerAddr(peer)| *peer);
        let Ok(caller) = service.caller(&request).await else {
            panic!("authentication failed");
        };
        let state = caller.call("contact.schema".to_owned(), Bytes::new());
        let state: Value = serde_json::from_slice(&state.await.unwrap()).unwrap();
        Json(json!({ "peer": peer, "errors": state["errors"], "values": state["values"] }))
    };
    Router::new()
        .route("/contact/", get(page))
        .nest_service("/api/mizan", site.service.clone())
}

/// Posts the form with the peer address that the axum server inserts.
async fn send(site: &Site, router: Router, name: &str) -> Reply {
    post_form(&FormPages::new(router, site.service.clone()), name).await
}

async fn post_form(service: &FormPages<Router, Cookies>, name: &str) -> Reply {
    let form = format!("name={name}&__page=%2Fcontact%2F");
    let mut request = http::Request::post("/api/mizan/form/contact")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::<Bytes>::from(form))
        .unwrap();
    let peer: SocketAddr = PEER.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    call(service, request).await
}

/// The middleware from the README.
async fn insert_peer_addr(
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(PeerAddr(peer));
    next.run(request).await
}

#[tokio::test]
async fn peer_address_of_middleware_reaches_forms_and_pages() {
    let site = Site::new();
    let router = || router(&site).layer(from_fn(insert_peer_addr));
    let reply = send(&site, router(), "Ada").await;
    assert_eq!(reply.status, 303, "{reply:?}");
    assert_eq!(site.probe.last()["client"], "192.0.2.1");

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
async fn address_allow_list_applies_to_forms() {
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
    assert_eq!(site.probe.started.get(), 0);
}

#[tokio::test]
async fn body_limit_layer_applies_to_forms() {
    async fn limit(request: Request, next: Next) -> Response {
        next.run(request.map(|body| Body::new(Limited::new(body, 100))))
            .await
    }
    let site = Site::new();
    let router = || router(&site).layer(from_fn(limit));
    assert_eq!(send(&site, router(), "Ada").await.status, 303);
    let reply = send(&site, router(), &"x".repeat(75)).await;
    assert_eq!(reply.status, 400, "{reply:?}");
    assert_eq!(site.probe.started.get(), 1);
}

#[tokio::test]
async fn router_without_the_service_has_no_forms() {
    let site = Site::new();
    let reply = send(&site, Router::new(), "Ada").await;
    assert_eq!(reply.status, 404);
}

#[tokio::test]
async fn layer_wraps_a_router_in_form_pages() {
    let site = Site::new();
    let layer = FormPagesLayer::new(site.service.clone());
    let service = layer.layer(router(&site).layer(from_fn(insert_peer_addr)));
    assert_eq!(post_form(&service, "Ada").await.status, 303);
    let reply = post_form(&service, "taken").await;
    assert_eq!(reply.status, 422);
    assert_eq!(
        reply.json()["errors"],
        json!({ "name": ["is taken by Ada"] })
    );
}
