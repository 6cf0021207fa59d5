//! The lifetime of calls: deadlines, disconnected clients, and the limit of concurrent calls.

use std::sync::Arc;
use std::time::Duration;

use mizan_http::{HttpLimits, MizanService};
use tower_service::Service;

use crate::app::{Probe, app, limits};
use crate::harness::{Server, call, get, post, raw_get, raw_post, service, within_timeout};

fn limited(change: impl FnOnce(&mut HttpLimits)) -> (Arc<Probe>, MizanService) {
    let probe = Arc::default();
    let service = MizanService::builder(app(&probe)).limits(limits(change));
    (probe, service.build().unwrap())
}

#[tokio::test(start_paused = true)]
async fn drops_call_at_its_deadline() {
    let (probe, service) = service();
    for (count, request) in [
        (1, get("/api/mizan/call/wait")),
        (2, post("/api/mizan/call/work", "")),
    ] {
        let start = tokio::time::Instant::now();
        let reply = call(&service, request).await;
        assert_eq!(reply.failure(), (504, "deadline_exceeded".to_owned()));
        assert_eq!(start.elapsed().as_secs(), 30);
        assert_eq!(probe.dropped.get(), count);
        probe.cancelled.wait_for(count).await;
    }
    assert_eq!(probe.finished.get(), 0);
    service.wait_idle().await;
}

#[tokio::test]
async fn cancels_query_when_the_client_disconnects() {
    let (probe, service) = service();
    let server = Server::start(service.clone()).await;
    let mut socket = server.connect().await;
    socket.send(raw_get("/api/mizan/call/wait")).await;
    probe.started.wait_for(1).await;
    drop(socket);
    probe.dropped.wait_for(1).await;
    probe.cancelled.wait_for(1).await;
    within_timeout(service.wait_idle()).await;
    assert_eq!(probe.finished.get(), 0);
}

#[tokio::test]
async fn mutation_continues_after_the_client_disconnects() {
    let (probe, service) = service();
    let server = Server::start(service.clone()).await;
    let mut socket = server.connect().await;
    socket.send(raw_post("/api/mizan/call/work", "", "")).await;
    probe.started.wait_for(1).await;
    drop(socket);
    probe.cancelled.wait_for(1).await;
    assert_eq!(probe.dropped.get(), 0);
    let idle = tokio::spawn({
        let service = service.clone();
        async move { service.wait_idle().await }
    });
    // A call that arrives while the server waits is rejected.
    let read = async || call(&service, get("/api/mizan/call/read")).await.status;
    while read().await == 200 && !idle.is_finished() {
        tokio::task::yield_now().await;
    }
    assert!(!idle.is_finished());
    probe.gate.let_through(1);
    probe.finished.wait_for(1).await;
    within_timeout(idle).await.unwrap();
}

#[tokio::test]
async fn reset_of_http2_stream_cancels_query_but_not_mutation() {
    let (probe, service) = service();
    let server = Server::start(service.clone()).await;
    let mut client = server.connect_http2().await;
    let uri = |name: &str| format!("http://localhost/api/mizan/call/{name}");
    let query = tokio::spawn(client.send_request(get(&uri("wait"))));
    let mutation = tokio::spawn(client.send_request(post(&uri("work"), "")));
    probe.started.wait_for(2).await;
    query.abort();
    mutation.abort();
    probe.dropped.wait_for(1).await;
    probe.cancelled.wait_for(2).await;
    probe.gate.let_through(1);
    probe.finished.wait_for(1).await;
    within_timeout(service.wait_idle()).await;
}

#[tokio::test(start_paused = true)]
async fn deadline_applies_to_mutation_without_client() {
    let (probe, service) = service();
    let mut call = service.clone().call(post("/api/mizan/call/work", ""));
    let started = std::future::poll_fn(|cx| {
        assert!(call.as_mut().poll(cx).is_pending());
        std::task::Poll::Ready(probe.started.get())
    });
    assert_eq!(started.await, 1);
    tokio::time::advance(Duration::from_secs(20)).await;
    drop(call);
    let start = tokio::time::Instant::now();
    service.wait_idle().await;
    assert_eq!(start.elapsed().as_secs(), 10);
    assert_eq!((probe.dropped.get(), probe.finished.get()), (1, 0));
}

#[test]
fn calls_end_when_the_runtime_shuts_down() {
    let (probe, service) = service();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let call = service.clone().call(post("/api/mizan/call/work", ""));
        tokio::spawn(call);
        probe.started.wait_for(1).await;
    });
    drop(runtime);
    assert_eq!(probe.dropped.get(), 1);

    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut call = service.clone().call(post("/api/mizan/call/work", ""));
    runtime.block_on(async {
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(call.as_mut().poll(cx)));
        assert!(polled.await.is_pending());
    });
    drop(runtime);
    drop(call);
    assert_eq!(probe.dropped.get(), 2);
}

#[tokio::test]
async fn rejects_calls_beyond_the_concurrency_limit() {
    let (probe, service) = limited(|limits| limits.max_concurrent_calls = 2);
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move { call(&service, get("/api/mizan/call/wait")).await })
        })
        .collect();
    probe.started.wait_for(2).await;
    for request in [
        post("/api/mizan/call/echo", r#"{"text":"hi"}"#),
        get("/api/mizan/call/read"),
    ] {
        let reply = call(&service, request).await;
        assert_eq!(reply.failure(), (503, "unavailable".to_owned()));
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
    let reply = call(&service, post("/api/mizan/batch", r#"[{"name":"read"}]"#)).await;
    let line: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(line["error"]["code"], "unavailable");
    probe.gate.let_through(2);
    for reply in waiting {
        assert_eq!(within_timeout(reply).await.unwrap().json(), "waited");
    }
    let reply = call(&service, get("/api/mizan/call/read")).await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn zero_call_limit_rejects_all_calls() {
    let (_, service) = limited(|limits| limits.max_concurrent_calls = 0);
    let reply = call(&service, get("/api/mizan/call/read")).await;
    assert_eq!(reply.status, 503);
    within_timeout(service.wait_idle()).await;
}

#[tokio::test]
async fn accepts_maximum_values_for_limits() {
    let (_, service) = limited(|limits| {
        limits.max_body_bytes = usize::MAX;
        limits.body_timeout = Duration::MAX;
        limits.call_deadline = Duration::MAX;
        limits.max_concurrent_calls = usize::MAX;
        limits.max_batch_calls = usize::MAX;
    });
    let server = Server::start(service).await;
    server.assert_works().await;
    let reply = server
        .request(raw_post("/api/mizan/batch", "", r#"[{"name":"read"}]"#))
        .await;
    assert_eq!(reply.status, 200);
}
