//! Batches of calls in one request.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{Reply, Server, call, post, raw_post, service, within_timeout};
use crate::input::Log;

const BATCH: &str = "/api/mizan/batch";

/// Returns the lines of a response by their index.
fn lines(reply: &Reply) -> BTreeMap<u64, Value> {
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.header("content-type"), Some("application/jsonl"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let text = std::str::from_utf8(&reply.body).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    let lines = text.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        (line["index"].as_u64().unwrap(), line)
    });
    lines.collect()
}

#[tokio::test]
async fn returns_one_line_per_call() {
    let (probe, service) = service();
    let body = json!([
        {"name": "read", "input": {"text": "one"}},
        {"name": "read"},
        {"name": "me", "input": null},
        {"name": "no_such_function"},
        {"name": "echo", "input": {"text": "hi"}},
        {"name": "work"},
        {"name": "total", "input": {"title": "a", "lines": [{"count": 1}, {"x": 1}]}},
        {"name": "any", "input": {"value": "two\nlines"}},
        {"name": "panics"},
        {"name": "staff_only"},
        {"name": "pretty"},
    ]);
    let reply = call(&service, post(BATCH, body.to_string())).await;
    let lines = lines(&reply);
    assert_eq!(lines.len(), 11);
    assert_eq!(lines[&0], json!({"index": 0, "output": {"message": "one"}}));
    assert_eq!(lines[&1]["output"]["message"], "nothing");
    assert_eq!(lines[&2], json!({"index": 2, "output": null}));
    for (index, status, code) in [
        (3, 404, "unknown_function"),
        (4, 405, "method_not_allowed"),
        (5, 405, "method_not_allowed"),
        (6, 422, "invalid"),
        (8, 500, "internal"),
        (9, 405, "method_not_allowed"),
    ] {
        let error = &lines[&index]["error"];
        assert_eq!(
            (&error["status"], &error["code"]),
            (&json!(status), &json!(code))
        );
        assert_eq!(error["type"], "about:blank");
    }
    assert_eq!(
        lines[&6]["error"]["fields"],
        json!({"lines.1.x": ["Unknown field."]})
    );
    assert_eq!(lines[&7]["output"], "two\nlines");
    assert!(lines[&8]["error"]["error_id"].is_string());
    assert_eq!(lines[&10]["output"], json!({"text": "two\nlines"}));
    assert_eq!(probe.started.get(), 0);
}

#[tokio::test]
async fn slow_call_does_not_delay_others() {
    let (probe, service) = service();
    let server = Server::start(service).await;
    let mut socket = server.connect().await;
    let body = r#"[{"name":"wait"},{"name":"read"}]"#;
    socket.send(raw_post(BATCH, "", body)).await;
    assert_eq!(socket.head().await.status, 200);
    let line = socket.chunk().await.unwrap();
    assert_eq!(line, "{\"index\":1,\"output\":{\"message\":\"nothing\"}}\n");
    probe.gate.let_through(1);
    let line = socket.chunk().await.unwrap();
    assert_eq!(line, "{\"index\":0,\"output\":\"waited\"}\n");
    assert_eq!(socket.chunk().await, None);
    server.assert_works().await;
}

#[tokio::test]
async fn rejects_malformed_batches() {
    let (_, service) = service();
    for body in [
        "",
        "{",
        "{}",
        "null",
        r#"["read"]"#,
        r#"[{"input":{}}]"#,
        r#"[{"name":1}]"#,
        r#"[{"name":"read","extra":1}]"#,
        r#"[{"name":"read","name":"me"}]"#,
        r#"[{"name":"read"}"#,
        r#"[{"name":"read"}] []"#,
    ] {
        let reply = call(&service, post(BATCH, body)).await;
        assert_eq!(reply.failure(), (400, "malformed".to_owned()), "{body}");
    }
    let reply = call(
        &service,
        post(
            BATCH,
            &b"[{\"name\":\"any\",\"input\":{\"value\":\"\xff\"}}]"[..],
        ),
    );
    assert_eq!(reply.await.failure().0, 400);
    let deep = "[".repeat(400_000);
    assert_eq!(call(&service, post(BATCH, deep)).await.failure().0, 400);
}

#[tokio::test]
async fn malformed_input_fails_only_its_call() {
    let (_, service) = service();
    let deep = "[".repeat(1000) + &"]".repeat(1000);
    let body = format!(
        r#"[{{"name":"any","input":{{"value":{deep}}}}},
            {{"name":"read","input":{{"text":"a","text":"b"}}}},
            {{"name":"read","input":[]}},
            {{"name":"read"}}]"#
    );
    let lines = lines(&call(&service, post(BATCH, body)).await);
    for (index, code) in [(0, "malformed"), (1, "malformed"), (2, "invalid")] {
        assert_eq!(lines[&index]["error"]["code"], code, "{index}");
    }
    assert_eq!(lines[&3]["output"]["message"], "nothing");
}

#[tokio::test]
async fn limits_the_number_of_calls() {
    let (_, service) = service();
    let of = |calls: usize| {
        post(
            BATCH,
            format!("[{}]", vec![r#"{"name":"read"}"#; calls].join(",")),
        )
    };
    assert_eq!(lines(&call(&service, of(0)).await).len(), 0);
    assert_eq!(lines(&call(&service, of(64)).await).len(), 64);
    let reply = call(&service, of(65)).await;
    assert_eq!(reply.failure(), (413, "too_large".to_owned()));
}

#[tokio::test]
async fn cancels_calls_when_the_client_disconnects() {
    let (probe, service) = service();
    let server = Server::start(service.clone()).await;
    let mut socket = server.connect().await;
    let body = r#"[{"name":"wait"},{"name":"wait"},{"name":"read"}]"#;
    socket.send(raw_post(BATCH, "", body)).await;
    assert_eq!(socket.head().await.status, 200);
    probe.started.wait_for(2).await;
    drop(socket);
    probe.dropped.wait_for(2).await;
    probe.cancelled.wait_for(2).await;
    within_timeout(service.wait_idle()).await;
    assert_eq!(probe.finished.get(), 0);
}

#[tokio::test]
async fn calls_finish_if_the_client_does_not_read() {
    let (probe, service) = service();
    let server = Server::start(service.clone()).await;
    let mut socket = server.connect().await;
    let large = vec![r#"{"name":"large"}"#; 60].join(",");
    let body = format!(r#"[{large},{{"name":"wait"}}]"#);
    socket.send(raw_post(BATCH, "", &body)).await;
    probe.started.wait_for(61).await;
    probe.gate.let_through(1);
    probe.finished.wait_for(1).await;
    within_timeout(service.wait_idle()).await;
    let reply = socket.reply().await;
    assert_eq!(lines(&reply).len(), 61);
}

#[tokio::test]
async fn logs_ignored_cookies() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let (_, service) = service();
    let reply = call(&service, post(BATCH, r#"[{"name":"sets_cookie"}]"#)).await;
    assert_eq!(lines(&reply)[&0]["output"], "set");
    assert_eq!(reply.header("set-cookie"), None);
    assert!(
        log.text()
            .contains("ignoring cookies and headers of a query in a batch or a page")
    );
}
