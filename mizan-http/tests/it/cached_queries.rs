//! Queries whose replies caches may keep.

use cookie::Cookie;
use mizan_core::{Cx, Error, Registry, client};
use mizan_http::MizanService;

use crate::authentication::ByHeader;
use crate::harness::{call, get, input, post, with};

const CACHE: &str = "public, max-age=60, stale-while-revalidate=600";

#[client(query, cache = "public, max-age=60, stale-while-revalidate=600")]
async fn price(cx: &Cx, product: String) -> Result<String, Error> {
    match product.as_str() {
        "none" => return Err(Error::not_found("there is no such product")),
        "cookie" => cx.set_cookie(Cookie::new("seen", "1")),
        _ => {}
    }
    let user = cx.principal().id().unwrap_or("every client");
    Ok(format!("{product} for {user}"))
}

#[client(query)]
async fn own_price(cx: &Cx) -> Result<String, Error> {
    Ok(cx.principal().id().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn replies_are_the_same_for_every_caller() {
    let registry = Registry::new().function::<Price>().function::<OwnPrice>();
    let service = MizanService::builder(registry.build().unwrap()).authenticate(ByHeader);
    let service = service.build().unwrap();
    let of = |product: &str| {
        let arguments = input(&format!(r#"{{"product":"{product}"}}"#));
        let path = format!("/api/mizan/call/price?input={arguments}");
        with(get(&path), &[("x-user", "mia")])
    };
    let reply = call(&service, of("tea")).await;
    assert_eq!(reply.json(), "tea for every client");
    assert_eq!(reply.header("cache-control"), Some(CACHE));
    let tag = reply.header("etag").unwrap().to_owned();
    let again = with(of("tea"), &[("if-none-match", &tag)]);
    let reply = call(&service, again).await;
    assert_eq!(
        (reply.status, reply.header("cache-control")),
        (304, Some(CACHE))
    );

    let reply = call(&service, of("none")).await;
    assert_eq!(reply.failure(), (404, "not_found".to_owned()));
    let reply = call(&service, of("cookie")).await;
    assert_eq!(reply.header("cache-control"), Some("private, no-cache"));

    let body = r#"{"product":"tea"}"#;
    let request = with(post("/api/mizan/call/price", body), &[("x-user", "mia")]);
    let reply = call(&service, request).await;
    assert_eq!(reply.json(), "tea for every client");
    assert_eq!(reply.header("cache-control"), Some("no-store"));

    let reply = call(
        &service,
        with(get("/api/mizan/call/own_price"), &[("x-user", "mia")]),
    )
    .await;
    assert_eq!(reply.json(), "mia");
    assert_eq!(reply.header("cache-control"), Some("private, no-cache"));
}
