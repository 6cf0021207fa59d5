//! Mutations with an idempotency key.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use mizan_core::{Error, Identity, Principal, RequestHead};
use mizan_http::{Authenticate, MizanService};

use crate::app::{Probe, app, limits};
use crate::harness::{Reply, Server, call, post, raw_post, service, with, within_timeout};

const KEY: &str = "8e03978e-40d5-43e8-bc93-6894a57f9324";

fn keyed(path: &str, key: &str, body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    with(post(path, body), &[("idempotency-key", key)])
}

/// Opens the gate for one call, and calls `work`.
async fn work(probe: &Probe, service: &MizanService, key: &str) -> Reply {
    probe.gate.let_through(1);
    call(service, keyed("/api/mizan/call/work", key, "")).await
}

#[tokio::test]
async fn call_with_key_runs_once() {
    let (probe, service) = service();
    let first = work(&probe, &service, KEY).await;
    assert_eq!((first.status, first.json()), (200, "worked".into()));
    // A quoted key is the same key.
    let quoted = format!("\"{KEY}\"");
    for key in [KEY, &quoted] {
        let again = work(&probe, &service, key).await;
        assert_eq!(again.json(), "worked");
        assert_eq!(again.headers, first.headers);
        assert_eq!(probe.started.get(), 1);
    }
    work(
        &probe,
        &service,
        "another key of 16 or more".replace(' ', "-").as_str(),
    )
    .await;
    assert_eq!(probe.started.get(), 2);
    call(&service, post("/api/mizan/call/work", "")).await;
    assert_eq!(probe.started.get(), 3);
}

#[tokio::test]
async fn replays_reply_with_headers_and_cookies() {
    let (_, service) = service();
    let set =
        r#"{"cookies": {"session": "secret"}, "headers": {"x-set": "1"}, "affects": ["read"]}"#;
    let first = call(&service, keyed("/api/mizan/call/set", KEY, set)).await;
    let again = call(&service, keyed("/api/mizan/call/set", KEY, set)).await;
    assert_eq!(first.headers, again.headers);
    assert_eq!(again.header("set-cookie"), Some("session=secret"));
    assert_eq!(again.header("x-set"), Some("1"));
    assert_eq!(again.header("mizan-affects"), Some("read"));
}

/// The session of the cookie may have ended before the replay.
#[tokio::test]
async fn does_not_store_reply_that_forbids_replay() {
    let (_, service) = service();
    for session in ["1", "2"] {
        let set = format!(r#"{{"cookies": {{"session": "{session}"}}, "forbid_replay": true}}"#);
        let reply = call(&service, keyed("/api/mizan/call/set", KEY, set)).await;
        let cookie = format!("session={session}");
        assert_eq!(reply.header("set-cookie"), Some(cookie.as_str()));
    }
}

#[tokio::test]
async fn rejects_different_payload_with_the_same_key() {
    let (_, service) = service();
    let echo = async |text: &str| {
        let body = format!(r#"{{"text": "{text}"}}"#);
        call(&service, keyed("/api/mizan/call/echo", KEY, body)).await
    };
    assert_eq!(echo("first").await.json()["message"], "first");
    let reply = echo("second").await;
    assert_eq!(reply.failure(), (422, "invalid".to_owned()));
    let detail = reply.problem()["detail"].to_string();
    assert!(
        detail.contains("already sent with different values"),
        "{detail}"
    );
    assert_eq!(echo("first").await.json()["message"], "first");
}

/// Trusts the headers `x-user` and `x-staff`.
struct Named;

impl Authenticate for Named {
    async fn authenticate(&self, head: &RequestHead) -> Result<Principal, Error> {
        let name = head.headers().get("x-user");
        Ok(match name.and_then(|name| name.to_str().ok()) {
            Some(name) if head.headers().contains_key("x-staff") => {
                Identity::new(name).staff().into()
            }
            Some(name) => Identity::new(name).into(),
            None => Principal::anonymous(),
        })
    }
}

#[tokio::test]
async fn keys_are_scoped_to_caller_and_function() {
    let probe = Arc::<Probe>::default();
    let service = MizanService::builder(app(&probe)).authenticate(Named);
    let service = service.build().unwrap();
    let mut count = 0;
    for user in [None, Some(""), Some("ada"), Some("adawork")] {
        for _ in 0..2 {
            probe.gate.let_through(1);
            let mut request = keyed("/api/mizan/call/work", KEY, "");
            if let Some(user) = user {
                request = with(request, &[("x-user", user)]);
            }
            assert_eq!(call(&service, request).await.json(), "worked");
        }
        count += 1;
        assert_eq!(probe.started.get(), count, "{user:?}");
    }
    let reply = call(&service, keyed("/api/mizan/call/set", KEY, "")).await;
    assert_eq!(reply.json(), serde_json::Value::Null);
}

#[tokio::test]
async fn checks_policy_before_replay() {
    let probe = Arc::<Probe>::default();
    let service = MizanService::builder(app(&probe)).authenticate(Named);
    let service = service.build().unwrap();
    let request = || {
        let request = keyed("/api/mizan/call/staff_only", KEY, r#"{"text": "secret"}"#);
        with(request, &[("x-user", "ada")])
    };
    let as_staff = || with(request(), &[("x-staff", "")]);
    assert_eq!(call(&service, as_staff()).await.json(), "secret");
    assert_eq!(call(&service, as_staff()).await.json(), "secret");
    let refused = call(&service, request()).await;
    assert_eq!(refused.failure(), (403, "forbidden".to_owned()));
    assert_eq!(call(&service, as_staff()).await.json(), "secret");
    assert_eq!(probe.started.get(), 1);
}

#[tokio::test]
async fn concurrent_calls_run_once() {
    let (probe, service) = service();
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let service = service.clone();
            let request = keyed("/api/mizan/call/work", KEY, "");
            tokio::spawn(async move { call(&service, request).await })
        })
        .collect();
    probe.started.wait_for(1).await;
    probe.gate.let_through(20);
    for reply in calls {
        assert_eq!(within_timeout(reply).await.unwrap().json(), "worked");
    }
    assert_eq!((probe.started.get(), probe.finished.get()), (1, 1));
}

#[tokio::test]
async fn retry_waits_for_the_call_of_a_disconnected_client() {
    let (probe, service) = service();
    let server = Server::start(service).await;
    let request = raw_post(
        "/api/mizan/call/work",
        &format!("idempotency-key: {KEY}\r\n"),
        "",
    );
    let mut socket = server.connect().await;
    socket.send(&request).await;
    probe.started.wait_for(1).await;
    drop(socket);
    probe.cancelled.wait_for(1).await;
    let mut socket = server.connect().await;
    socket.send(&request).await;
    probe.gate.let_through(2);
    assert_eq!(socket.reply().await.json(), "worked");
    assert_eq!(probe.started.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn does_not_store_failed_call() {
    let (probe, service) = service();
    let request = || keyed("/api/mizan/call/work", KEY, "");
    let reply = call(&service, request()).await;
    assert_eq!(reply.failure(), (504, "deadline_exceeded".to_owned()));
    assert_eq!(work(&probe, &service, KEY).await.json(), "worked");
    assert_eq!(probe.started.get(), 2);

    let echo = |body: &'static str| call(&service, keyed("/api/mizan/call/echo", KEY, body));
    assert_eq!(echo("{}").await.status, 422);
    assert_eq!(echo(r#"{"text": "hi"}"#).await.json()["message"], "hi");
    let broken = || call(&service, keyed("/api/mizan/call/breaks", KEY, ""));
    let ids = [broken().await, broken().await].map(|reply| reply.problem()["error_id"].clone());
    assert_ne!(ids[0], ids[1], "both calls ran");
}

#[tokio::test(start_paused = true)]
async fn waiting_requests_run_after_a_failed_call() {
    let (probe, service) = service();
    let run = || {
        let service = service.clone();
        tokio::spawn(async move { call(&service, keyed("/api/mizan/call/work", KEY, "")).await })
    };
    let first = run();
    probe.started.wait_for(1).await;
    tokio::time::advance(Duration::from_secs(10)).await;
    let second = run();
    assert_eq!(first.await.unwrap().status, 504);
    probe.started.wait_for(2).await;
    probe.gate.let_through(1);
    assert_eq!(second.await.unwrap().json(), "worked");
}

#[tokio::test]
async fn call_rejected_as_busy_may_be_retried() {
    let probe = Arc::<Probe>::default();
    let limits = limits(|limits| limits.max_concurrent_calls = 1);
    let service = MizanService::builder(app(&probe)).limits(limits);
    let service = service.build().unwrap();
    let other = {
        let service = service.clone();
        tokio::spawn(async move { call(&service, post("/api/mizan/call/work", "")).await })
    };
    probe.started.wait_for(1).await;
    let reply = call(&service, keyed("/api/mizan/call/work", KEY, "")).await;
    assert_eq!(reply.status, 503);
    probe.gate.let_through(1);
    within_timeout(other).await.unwrap();
    assert_eq!(work(&probe, &service, KEY).await.json(), "worked");
}

#[tokio::test(start_paused = true)]
async fn replies_expire_after_ten_minutes() {
    let (probe, service) = service();
    work(&probe, &service, KEY).await;
    tokio::time::advance(Duration::from_secs(599)).await;
    work(&probe, &service, KEY).await;
    assert_eq!(probe.started.get(), 1);
    tokio::time::advance(Duration::from_secs(1)).await;
    work(&probe, &service, KEY).await;
    assert_eq!(probe.started.get(), 2);
}

#[tokio::test]
async fn rejects_short_and_invalid_keys() {
    let (probe, service) = service();
    let long = "x".repeat(256);
    for key in [
        "",
        "1",
        "\"\"",
        "fifteen letters",
        "with \" a quote in it",
        "ünicode-ünicode-",
        &long,
    ] {
        let reply = work(&probe, &service, key).await;
        assert_eq!(reply.failure(), (400, "malformed".to_owned()), "{key}");
    }
    let twice = with(
        keyed("/api/mizan/call/work", KEY, ""),
        &[("idempotency-key", KEY)],
    );
    assert_eq!(call(&service, twice).await.status, 400);
    assert_eq!(probe.started.get(), 0);
    // Reads ignore the key.
    let read = call(&service, keyed("/api/mizan/call/read", "1", "")).await;
    assert_eq!(read.status, 200);
}
