//! Calls on behalf of the client of another request, such as one for a page.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use mizan_http::{Caller, HttpLimits, MizanService};
use serde_json::{Value, json};

use crate::app::{Probe, app};
use crate::authentication::ByHeader;

async fn caller(service: &MizanService<ByHeader>, user: &str) -> Caller {
    let request = Request::get("/some/page").header("x-user", user);
    service.caller(&request.body(()).unwrap()).await.unwrap()
}

async fn problem(caller: &Caller, name: &str) -> Value {
    let called = caller.call(name.to_owned(), Bytes::new()).await;
    serde_json::from_slice(&called.unwrap_err()).unwrap()
}

#[tokio::test]
async fn runs_queries_as_the_client_of_the_request() {
    let probe = Arc::default();
    let service = MizanService::builder(app(&probe)).authenticate(ByHeader);
    let service = service.build().unwrap();

    let ada = caller(&service, "ada").await;
    assert_eq!(ada.principal().id(), Some("ada"));
    assert_eq!(
        ada.call("me".to_owned(), Bytes::new()).await.unwrap(),
        "\"ada\""
    );
    let anonymous = caller(&service, "").await;
    assert_eq!(
        anonymous.call("me".to_owned(), Bytes::new()).await.unwrap(),
        "null"
    );
    let read = ada
        .call("any".to_owned(), Bytes::from_static(b"{\"value\":[1]}"))
        .await;
    assert_eq!(read.unwrap(), "[1]");

    for (name, status, code) in [
        ("no_such", 404, "unknown_function"),
        ("echo", 405, "method_not_allowed"),
        ("staff_only", 405, "method_not_allowed"),
        ("total", 422, "invalid"),
        ("panics", 500, "internal"),
    ] {
        let problem = problem(&ada, name).await;
        assert_eq!(problem["code"], code, "{name}");
        assert_eq!(problem["status"], status, "{name}");
        assert!(!problem.to_string().contains("secret"), "{problem}");
    }
}

#[tokio::test]
async fn anonymous_caller_has_no_principal_and_reads_only() {
    let probe: Arc<Probe> = Arc::default();
    let mut limits = HttpLimits::default();
    limits.max_concurrent_calls = 1;
    let service = MizanService::builder(app(&probe)).authenticate(ByHeader);
    let service = service.limits(limits).build().unwrap();
    let anonymous = service.anonymous_caller();
    assert_eq!(anonymous.principal().id(), None);
    for (name, input) in [
        ("me", ""),
        ("address", ""),
        ("cookie", r#"{"name":"session"}"#),
    ] {
        let output = anonymous.call(name.to_owned(), input.into()).await;
        assert_eq!(output.unwrap(), "null", "{name}");
    }
    for (name, code) in [
        ("no_such", "unknown_function"),
        ("echo", "method_not_allowed"),
        ("staff_only", "method_not_allowed"),
    ] {
        assert_eq!(problem(&anonymous, name).await["code"], code, "{name}");
    }

    // Its calls count towards the limit of all calls.
    let waiting = tokio::spawn(anonymous.call("wait".to_owned(), Bytes::new()));
    probe.started.wait_for(1).await;
    let ada = caller(&service, "ada").await;
    assert_eq!(problem(&ada, "me").await["code"], "unavailable");
    waiting.abort();
    probe.dropped.wait_for(1).await;
    assert!(ada.call("me".to_owned(), Bytes::new()).await.is_ok());
}

#[tokio::test]
async fn fails_if_authentication_fails() {
    let service = MizanService::builder(app(&Arc::default())).authenticate(ByHeader);
    let service = service.build().unwrap();
    for (user, status) in [("away", 503), ("broken", 500), ("panic", 500)] {
        let request = Request::get("/").header("x-user", user).body(()).unwrap();
        let refused = service.caller(&request).await.unwrap_err();
        assert_eq!(refused.status(), status, "{user}");
        let body = refused.into_body().collect().await.unwrap().to_bytes();
        let problem: Value = serde_json::from_slice(&body).unwrap();
        assert!(!problem.to_string().contains("secret"), "{problem}");
    }
}

#[tokio::test]
async fn enforces_limits_and_cancels_dropped_calls() {
    let probe: Arc<Probe> = Arc::default();
    let mut limits = HttpLimits::default();
    limits.max_concurrent_calls = 1;
    limits.call_deadline = Duration::from_secs(20);
    let service = MizanService::builder(app(&probe)).authenticate(ByHeader);
    let service = service.limits(limits).build().unwrap();
    let caller = caller(&service, "ada").await;

    let waiting = tokio::spawn(caller.call("wait".to_owned(), Bytes::new()));
    probe.started.wait_for(1).await;
    assert_eq!(problem(&caller, "me").await["code"], json!("unavailable"));
    waiting.abort();
    probe.dropped.wait_for(1).await;
    assert!(caller.call("me".to_owned(), Bytes::new()).await.is_ok());
}
