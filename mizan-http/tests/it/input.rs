//! Input that is malformed, invalid, too large, or too slow.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body::{Body, Frame, SizeHint};
use http_body_util::StreamBody;
use mizan_http::MizanService;
use serde_json::json;

use crate::app::{app, limits};
use crate::harness::{self, Server, call, echo, get, post, raw_get, raw_post, service};

#[tokio::test]
async fn rejects_invalid_input_by_field() {
    let (_, service) = service();
    for (body, status, fields) in [
        ("{", 400, json!(null)),
        ("nonsense", 400, json!(null)),
        (r#"{"title":"a","title":"b"}"#, 400, json!(null)),
        (r#"{"title":"a"} {}"#, 400, json!(null)),
        ("[]", 422, json!(null)),
        ("null", 422, json!(null)),
        (r#""text""#, 422, json!(null)),
        (
            r#"{"lines":[]}"#,
            422,
            json!({"title": ["This field is required."]}),
        ),
        (
            r#"{"title":"a","lines":[],"x":1}"#,
            422,
            json!({"x": ["Unknown field."]}),
        ),
        (
            r#"{"title":"a","lines":[],"__proto__":{}}"#,
            422,
            json!({"__proto__": ["Unknown field."]}),
        ),
        (
            r#"{"title":1,"lines":[]}"#,
            422,
            json!({"title": ["Must be text."]}),
        ),
        (
            r#"{"title":"a","lines":[{"count":1},{"count":1,"y":2}]}"#,
            422,
            json!({"lines.1.y": ["Unknown field."]}),
        ),
        (
            r#"{"title":"a","lines":[{"count":300}]}"#,
            422,
            json!({"lines.0.count": ["Must be at least 0 and at most 255."]}),
        ),
    ] {
        let path = "/api/mizan/call/total";
        let url = format!("{path}?input={}", harness::input(body));
        for request in [post(path, body), get(&url)] {
            let problem = call(&service, request).await.problem();
            let code = if status == 400 {
                "malformed"
            } else {
                "invalid"
            };
            assert_eq!(
                (&problem["status"], &problem["code"]),
                (&json!(status), &json!(code))
            );
            assert_eq!(problem["fields"], fields, "{body}");
        }
    }
}

#[tokio::test]
async fn limits_nesting() {
    let (_, service) = service();
    let nested = |depth| {
        let value = "[".repeat(depth) + &"]".repeat(depth);
        post("/api/mizan/call/any", format!(r#"{{"value":{value}}}"#))
    };
    assert_eq!(call(&service, nested(60)).await.status, 200);
    for depth in [64, 500_000] {
        let reply = call(&service, nested(depth)).await;
        assert_eq!(reply.failure(), (400, "malformed".to_owned()));
    }
}

#[tokio::test]
async fn rejects_invalid_utf8() {
    let (_, service) = service();
    let path = "/api/mizan/call/read";
    for request in [
        post(path, &b"{\"text\":\"\xff\xfe\"}"[..]),
        post(path, &b"{\"text\":\"\xc3\"}"[..]),
        post(path, &b"\xff\xfe{\0}\0"[..]),
        get(&format!("{path}?input={{%22text%22:%22%FF%22}}")),
        get(&format!("{path}?input=%ED%A0%80")),
        get(&format!("{path}?input=%")),
        get(&format!("{path}?input=%zz")),
    ] {
        let text = format!("{request:?}");
        let reply = call(&service, request).await;
        assert_eq!(reply.failure(), (400, "malformed".to_owned()), "{text}");
    }
}

#[tokio::test]
async fn rejects_duplicate_query_parameter() {
    let (_, service) = service();
    let reply = call(&service, get("/api/mizan/call/read?input={}&a=1&input={}")).await;
    assert_eq!(reply.failure(), (400, "malformed".to_owned()));
}

/// A body that announces its length and counts how often it is polled.
struct Announced {
    length: u64,
    polls: Arc<AtomicUsize>,
}

impl Body for Announced {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        self.polls.fetch_add(1, Ordering::Relaxed);
        std::task::Poll::Ready(None)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}

#[tokio::test]
async fn rejects_announced_large_body_without_reading() {
    let (_, service) = service();
    let polls = Arc::new(AtomicUsize::new(0));
    let body = Announced {
        length: 10_000_000_000,
        polls: Arc::clone(&polls),
    };
    let reply = call(&service, post("/api/mizan/call/echo", "").map(|_| body)).await;
    assert_eq!(reply.failure(), (413, "too_large".to_owned()));
    assert_eq!(polls.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn reads_body_up_to_the_limit() {
    let probe = Arc::default();
    let service = MizanService::builder(app(&probe))
        .limits(limits(|limits| limits.max_body_bytes = 100))
        .build()
        .unwrap();
    let polls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&polls);
    let long = stream::repeat_with(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(b"          ")))
    });
    let request =
        post("/api/mizan/call/read", "").map(|_| StreamBody::new(long.take(1000).boxed()));
    assert_eq!(call(&service, request).await.failure().0, 413);
    assert_eq!(polls.load(Ordering::Relaxed), 11);

    let padded = |length: usize| {
        post(
            "/api/mizan/call/read",
            "{}".to_owned() + &" ".repeat(length),
        )
    };
    assert_eq!(call(&service, padded(98)).await.status, 200);
    assert_eq!(call(&service, padded(99)).await.status, 413);
}

#[tokio::test]
async fn joins_body_chunks() {
    let (_, service) = service();
    let pieces = r#"{"text":"in three pieces"}"#.split_inclusive(' ');
    let frames: Vec<_> = pieces
        .flat_map(|piece| ["", piece])
        .map(|piece| Ok::<_, std::io::Error>(Frame::data(Bytes::from(piece))))
        .collect();
    let body = StreamBody::new(stream::iter(frames));
    let reply = call(&service, post("/api/mizan/call/echo", "").map(|_| body)).await;
    assert_eq!(reply.json()["message"], "in three pieces");
}

#[tokio::test(start_paused = true)]
async fn body_times_out() {
    let (_, service) = service();
    let begun = stream::iter([Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(
        b"{",
    )))]);
    let body = StreamBody::new(begun.chain(stream::pending()).boxed());
    let start = tokio::time::Instant::now();
    let reply = call(&service, post("/api/mizan/call/echo", "").map(|_| body)).await;
    assert_eq!(reply.failure(), (408, "request_timeout".to_owned()));
    assert_eq!(start.elapsed().as_secs(), 30);
}

#[tokio::test]
async fn rejects_incomplete_body() {
    let (_, service) = service();
    let error = Err::<Frame<Bytes>, _>(std::io::Error::other("a secret of the transport"));
    let body = StreamBody::new(stream::iter([error]));
    let reply = call(&service, post("/api/mizan/call/echo", "").map(|_| body)).await;
    assert_eq!(reply.failure(), (400, "malformed".to_owned()));
    assert!(!reply.problem().to_string().contains("secret"));
}

#[tokio::test]
async fn enforces_limits_over_a_socket() {
    let probe = Arc::default();
    let limits = limits(|limits| {
        limits.max_body_bytes = 1000;
        limits.body_timeout = Duration::from_secs(1);
    });
    let service = MizanService::builder(app(&probe)).limits(limits);
    let server = Server::start(service.build().unwrap()).await;
    let head = "POST /api/mizan/call/echo HTTP/1.1\r\nhost: localhost\r\n\
                content-type: application/json\r\n";

    let reply = server
        .request(format!("{head}content-length: 10737418240\r\n\r\n"))
        .await;
    assert_eq!(reply.failure(), (413, "too_large".to_owned()));
    // A client that waits for `100 Continue` does not receive it.
    let expect = "expect: 100-continue\r\ncontent-length: 10737418240\r\n\r\n";
    let reply = server.request(format!("{head}{expect}")).await;
    assert_eq!(reply.status, 413);

    let mut socket = server.connect().await;
    socket
        .send(format!("{head}transfer-encoding: chunked\r\n\r\n"))
        .await;
    for _ in 0..3 {
        socket
            .send(format!("190\r\n{}\r\n", " ".repeat(0x190)))
            .await;
    }
    assert_eq!(
        socket.reply().await.failure(),
        (413, "too_large".to_owned())
    );

    let mut socket = server.connect().await;
    socket
        .send(format!("{head}content-length: 20\r\n\r\n{{\"text\""))
        .await;
    assert_eq!(
        socket.reply().await.failure(),
        (408, "request_timeout".to_owned())
    );
    server.assert_works().await;
}

#[tokio::test]
async fn rejects_huge_url() {
    let (_, service) = service();
    let server = Server::start(service).await;
    let long = "a".repeat(40_000);
    let reply = server
        .request(raw_get(&format!("/api/mizan/call/read?input={long}")))
        .await;
    assert_eq!(reply.failure(), (400, "malformed".to_owned()));
    assert!(
        reply.body.len() < 1000,
        "the error does not repeat the input"
    );
    let longer = "a".repeat(200_000);
    let reply = server
        .request(raw_get(&format!("/api/mizan/call/read?input={longer}")))
        .await;
    assert!(matches!(reply.status, 414 | 431), "{}", reply.status);
    server.assert_works().await;
}

#[tokio::test]
async fn panic_is_logged_and_hidden_from_the_client() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let (_, service) = service();
    for (request, secret) in [
        (get("/api/mizan/call/panics"), "the secret of the panic"),
        (
            post("/api/mizan/call/breaks", ""),
            "the secret of the source",
        ),
    ] {
        let reply = call(&service, request).await;
        assert_eq!(reply.failure(), (500, "internal".to_owned()));
        assert!(!String::from_utf8_lossy(&reply.body).contains("secret"));
        let problem = reply.problem();
        let id = problem["error_id"].as_str().unwrap();
        let log = log.text();
        let line = log.lines().find(|line| line.contains(id)).unwrap();
        assert!(line.contains(secret), "{line}");
    }
    let reply = call(&service, post("/api/mizan/call/echo", r#"{"text":"on"}"#)).await;
    assert_eq!(reply.status, 200);
}

#[derive(Clone, Default)]
pub(crate) struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn connection_remains_usable_after_invalid_input() {
    let (_, service) = service();
    let server = Server::start(service).await;
    let mut socket = server.connect().await;
    for body in ["{", "[]", r#"{"text":1}"#, r#"{"text":"a","text":"b"}"#] {
        socket
            .send(raw_post("/api/mizan/call/echo", "", body))
            .await;
        assert!(socket.reply().await.status >= 400);
        socket.send(echo("on")).await;
        assert_eq!(socket.reply().await.json()["message"], "on");
    }
}
