//! Extractors of axum in functions.

use axum::extract::{FromRef, FromRequestParts, Query, State};
use http::{StatusCode, request};
use mizan_core::{Cx, Error, Registry, client};
use mizan_http::MizanService;
use mizan_http::extract::Extract;
use serde::Deserialize;

use crate::harness::{call, get, with};

#[derive(Deserialize)]
struct Page {
    page: u32,
}

/// The tenant in the header `x-tenant`.
struct Tenant(String);

impl<S: Sync> FromRequestParts<S> for Tenant {
    type Rejection = (StatusCode, &'static str);

    async fn from_request_parts(
        parts: &mut request::Parts,
        _: &S,
    ) -> Result<Self, Self::Rejection> {
        let tenant = parts
            .headers
            .get("x-tenant")
            .and_then(|value| value.to_str().ok());
        match tenant {
            Some("broken") => Err((StatusCode::INTERNAL_SERVER_ERROR, "a secret of the store")),
            Some("away") => Err((StatusCode::SERVICE_UNAVAILABLE, "a secret of the store")),
            Some("closed") => Err((StatusCode::FORBIDDEN, "a secret of the store")),
            Some("panics") => panic!("a secret of the extractor"),
            Some(tenant) => Ok(Self(tenant.to_owned())),
            None => Err((StatusCode::UNAUTHORIZED, "name a tenant")),
        }
    }
}

#[derive(Clone)]
struct Shared(u32);

#[derive(Clone)]
struct RouterState {
    shared: Shared,
}

impl FromRef<RouterState> for Shared {
    fn from_ref(state: &RouterState) -> Self {
        state.shared.clone()
    }
}

#[client(query, input = TenantInput)]
async fn tenant(cx: &Cx) -> Result<String, Error> {
    let Tenant(tenant) = cx.extract().await?;
    Ok(tenant)
}

#[client(query, input = PageInput)]
async fn page(cx: &Cx) -> Result<u32, Error> {
    let Query(Page { page }) = cx.extract().await?;
    let state = RouterState { shared: Shared(10) };
    let State(Shared(offset)) = cx.extract_with_state(&state).await?;
    Ok(page + offset)
}

#[tokio::test]
async fn extractors_run_on_the_head_of_the_request() {
    let registry = Registry::new()
        .function::<TenantInput>()
        .function::<PageInput>();
    let service = MizanService::new(registry.build().unwrap());
    for (tenant, status, code) in [
        ("acme", 200, ""),
        ("", 401, "unauthenticated"),
        ("closed", 403, "forbidden"),
        ("broken", 500, "internal"),
        ("panics", 500, "internal"),
        ("away", 503, "unavailable"),
        ("acme", 200, ""),
    ] {
        let mut request = get("/api/mizan/call/tenant");
        if !tenant.is_empty() {
            request = with(request, &[("x-tenant", tenant)]);
        }
        let reply = call(&service, request).await;
        assert_eq!(reply.status, status, "{tenant}");
        assert!(!String::from_utf8_lossy(&reply.body).contains("secret"));
        if status == 200 {
            assert_eq!(reply.json(), tenant);
        } else {
            assert_eq!(reply.failure(), (status, code.to_owned()));
        }
    }
    let reply = call(&service, get("/api/mizan/call/page?page=7")).await;
    assert_eq!(reply.json(), 17);
    let reply = call(&service, get("/api/mizan/call/page?page=x")).await;
    assert_eq!(reply.failure(), (400, "malformed".to_owned()));
}
