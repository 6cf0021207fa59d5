//! Functions that return files.

use std::fs::File;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use mizan_core::error::FieldErrors;
use mizan_core::{ClientError, Cx, Download, Error, Registry, client};
use mizan_http::{HttpLimits, MizanService, PeerAddr};
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tower_service::Service;

use crate::harness::{
    Reply, Server, Socket, bodiless, call, get, input, post, raw_get, with, within_timeout,
};

const CONTENT: &str = "0123456789";

#[derive(Clone, Copy, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Source {
    Memory,
    Disk,
    Stream,
}

#[derive(ClientError)]
enum ReportError {
    #[client_error(status = 409, message = "the report of {year} is not ready")]
    NotReady { year: u16 },
}

/// Returns ten digits.
#[client(query, content_type = "text/plain; charset=utf-8")]
async fn digits(source: Source, tagged: Option<bool>) -> Result<Download, Error> {
    let download = match source {
        Source::Memory => Download::new("digits.txt", CONTENT),
        Source::Disk => Download::file("digits.txt", file(CONTENT.as_bytes())?)?
            .with_last_modified(UNIX_EPOCH + Duration::from_millis(1_700_000_000_500)),
        Source::Stream => Download::stream("digits.txt", parts(["01234", "56789"])).with_len(10),
    };
    Ok(if tagged == Some(true) {
        download.with_etag("v1")
    } else {
        download
    })
}

fn file(content: &[u8]) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(content)?;
    Ok(file)
}

fn parts<const N: usize>(
    parts: [&'static str; N],
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    stream::iter(parts.map(|part| Ok(Bytes::from(part))))
}

/// Returns a file with any name and content type.
#[client(query)]
async fn named(
    name: String,
    content_type: Option<String>,
    inline: Option<bool>,
    etag: Option<String>,
) -> Result<Download, Error> {
    let mut download = Download::new(name, "x");
    if let Some(content_type) = content_type {
        download = download.with_content_type(content_type);
    }
    if let Some(etag) = etag {
        download = download.with_etag(etag);
    }
    Ok(if inline == Some(true) {
        download.inline()
    } else {
        download
    })
}

#[client(auth, affects(digits))]
async fn report(
    cx: &Cx,
    #[validate(range(min = 2000))] year: u16,
) -> Result<Download, ReportError> {
    cx.set_header(
        http::HeaderName::from_static("x-report"),
        http::HeaderValue::from(year),
    );
    if year > 2020 {
        return Err(ReportError::NotReady { year });
    }
    Ok(Download::new("report.bin", vec![0; 3]))
}

/// The streams that the next calls of `streamed` send.
#[derive(Default)]
struct Streams(Mutex<Vec<Download>>);

#[client(query)]
async fn streamed(cx: &Cx) -> Result<Download, Error> {
    let next = cx.state::<Arc<Streams>>().0.lock().pop();
    next.ok_or_else(|| Error::not_found("there is no stream"))
}

fn service_with(
    limits: HttpLimits,
    streams: impl IntoIterator<Item = Download>,
) -> MizanService<crate::authentication::ByHeader> {
    let streams = Streams(Mutex::new(streams.into_iter().collect()));
    let app = Registry::new()
        .state(Arc::new(streams))
        .function::<Digits>()
        .function::<Named>()
        .function::<Report>()
        .function::<Streamed>()
        .build()
        .unwrap();
    MizanService::builder(app)
        .authenticate(crate::authentication::ByHeader)
        .limits(limits)
        .build()
        .unwrap()
}

fn service() -> MizanService<crate::authentication::ByHeader> {
    service_with(HttpLimits::default(), [])
}

fn path(function: &str, json: &str) -> String {
    format!("/api/mizan/call/{function}?input={}", input(json))
}

async fn get_digits(source: &str, headers: &[(&'static str, &str)]) -> Reply {
    let json = format!(r#"{{"source":"{source}","tagged":true}}"#);
    call(&service(), with(get(&path("digits", &json)), headers)).await
}

#[tokio::test]
async fn sends_files_with_their_name_and_type() {
    for source in ["memory", "disk", "stream"] {
        let reply = get_digits(source, &[]).await;
        assert_eq!(reply.status, 200, "{source}");
        assert_eq!(reply.body, CONTENT);
        assert_eq!(
            reply.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
        assert_eq!(
            reply.header("content-disposition"),
            Some("attachment; filename=\"digits.txt\"")
        );
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("cache-control"), Some("private, no-cache"));
        assert_eq!(reply.header("etag"), Some("\"v1\""));
        let is_seekable = source != "stream";
        assert_eq!(
            reply.header("accept-ranges"),
            is_seekable.then_some("bytes")
        );
    }
    let disk = get_digits("disk", &[]).await;
    assert_eq!(
        disk.header("last-modified"),
        Some("Tue, 14 Nov 2023 22:13:20 GMT")
    );
}

#[tokio::test]
async fn sends_ranges_of_seekable_contents() {
    for source in ["memory", "disk"] {
        let part = get_digits(source, &[("range", "bytes=2-4")]).await;
        assert_eq!((part.status, &*part.body), (206, &b"234"[..]));
        assert_eq!(part.header("content-range"), Some("bytes 2-4/10"));
        let end = get_digits(source, &[("range", "bytes=-2")]).await;
        assert_eq!((end.status, &*end.body), (206, &b"89"[..]));
        let outside = get_digits(source, &[("range", "bytes=10-")]).await;
        assert_eq!((outside.status, &*outside.body), (416, &b""[..]));
        assert_eq!(outside.header("content-range"), Some("bytes */10"));
        assert_eq!(outside.header("content-disposition"), None);
        for range in ["bytes=0-1,4-5", "bytes=3-1", "pages=1-2"] {
            let whole = get_digits(source, &[("range", range)]).await;
            assert_eq!((whole.status, &*whole.body), (200, CONTENT.as_bytes()));
        }
    }
    let stream = get_digits("stream", &[("range", "bytes=2-4")]).await;
    assert_eq!((stream.status, &*stream.body), (200, CONTENT.as_bytes()));
}

#[tokio::test]
async fn sends_a_range_only_of_the_version_that_the_client_has() {
    let modified = "Tue, 14 Nov 2023 22:13:20 GMT";
    for (condition, status) in [
        ("\"v1\"", 206),
        ("\"v0\"", 200),
        ("W/\"v1\"", 200),
        (modified, 206),
        ("Tue, 14 Nov 2023 22:13:21 GMT", 200),
        ("yesterday", 200),
    ] {
        let headers = [("range", "bytes=2-"), ("if-range", condition)];
        let reply = get_digits("disk", &headers).await;
        assert_eq!(reply.status, status, "{condition}");
    }
}

#[tokio::test]
async fn revalidates_stored_copies() {
    let modified = "Tue, 14 Nov 2023 22:13:20 GMT";
    for (name, value, status) in [
        ("if-none-match", "\"v1\"", 304),
        ("if-none-match", "\"v0\", W/\"v1\"", 304),
        ("if-none-match", "\"v0\"", 200),
        ("if-modified-since", modified, 304),
        ("if-modified-since", "Tue, 14 Nov 2023 22:13:19 GMT", 200),
    ] {
        let reply = get_digits("disk", &[(name, value)]).await;
        assert_eq!(reply.status, status, "{name}: {value}");
        if status == 304 {
            assert_eq!(reply.body, "");
            assert_eq!(reply.header("etag"), Some("\"v1\""));
        }
    }
}

#[tokio::test]
async fn answers_head_without_the_content() {
    for source in ["memory", "disk", "stream"] {
        let json = format!(r#"{{"source":"{source}"}}"#);
        let head = bodiless(Request::head(path("digits", &json)));
        let reply = call(&service(), with(head, &[("range", "bytes=2-")])).await;
        assert_eq!((reply.status, &*reply.body), (200, &b""[..]));
        assert_eq!(reply.header("content-length"), Some("10"));
    }
}

#[tokio::test]
async fn encodes_every_name() {
    for (name, expected) in [
        ("../../etc/passwd", "attachment; filename=\"passwd\""),
        (
            "a\r\nset-cookie: b=c",
            "attachment; filename=\"aset-cookie: b=c\"",
        ),
        (
            "Übersicht \"1\".pdf",
            "attachment; filename=\"_bersicht _1_.pdf\"; \
             filename*=UTF-8''%C3%9Cbersicht%20%221%22.pdf",
        ),
        ("\u{202e}fdp.exe", "attachment; filename=\"fdp.exe\""),
    ] {
        let json = serde_json::json!({ "name": name }).to_string();
        let reply = call(&service(), get(&path("named", &json))).await;
        assert_eq!(reply.header("content-disposition"), Some(expected));
        assert_eq!(
            reply.header("content-type"),
            Some("application/octet-stream")
        );
    }
}

#[tokio::test]
async fn shows_files_with_scripts_only_in_a_sandbox() {
    for (content_type, policy) in [
        ("image/png", None),
        ("application/pdf", None),
        ("image/svg+xml", Some("sandbox")),
        ("TEXT/html; charset=utf-8", Some("sandbox")),
        ("application/xhtml+xml", Some("sandbox")),
    ] {
        let json = serde_json::json!({ "name": "a", "content_type": content_type, "inline": true });
        let reply = call(&service(), get(&path("named", &json.to_string()))).await;
        assert_eq!(
            reply.header("content-disposition"),
            Some("inline; filename=\"a\"")
        );
        assert_eq!(reply.header("content-security-policy"), policy);
    }
}

#[tokio::test]
async fn rejects_invalid_headers_of_a_function() {
    for (name, value) in [
        ("content_type", "text/\r\nx: y"),
        ("etag", "a\"b"),
        ("etag", "a b"),
        ("etag", "é"),
    ] {
        let json = serde_json::json!({ "name": "a", name: value }).to_string();
        let reply = call(&service(), get(&path("named", &json))).await;
        assert_eq!(reply.failure(), (500, "internal".to_owned()), "{value:?}");
        assert!(reply.problem()["error_id"].is_string());
    }
}

#[tokio::test]
async fn checks_policies_and_inputs_and_sends_typed_errors() {
    let post = |json: &'static str| post("/api/mizan/call/report", json);
    let signed_in = |json| with(post(json), &[("x-user", "ada")]);
    let service = service();
    let reply = call(&service, post(r#"{"year":2019}"#)).await;
    assert_eq!(reply.failure(), (401, "unauthenticated".to_owned()));
    let reply = call(&service, signed_in(r#"{"year":1999}"#)).await;
    assert_eq!(reply.failure(), (422, "invalid".to_owned()));
    let fields: FieldErrors = serde_json::from_value(reply.problem()["fields"].clone()).unwrap();
    assert!(fields.contains_key("year"));
    let reply = call(&service, signed_in(r#"{"year":2021}"#)).await;
    assert_eq!(reply.failure(), (409, "not_ready".to_owned()));
    assert_eq!(reply.problem()["data"]["year"], 2021);
    let reply = call(&service, signed_in(r#"{"year":2019}"#)).await;
    assert_eq!((reply.status, &*reply.body), (200, &[0, 0, 0][..]));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("mizan-affects"), Some("digits"));
    assert_eq!(reply.header("x-report"), Some("2019"));
    assert_eq!(reply.header("accept-ranges"), None);
}

#[tokio::test]
async fn refuses_to_store_or_to_embed_a_file() {
    let service = service();
    let key = ("idempotency-key", "0196f3a0-7c3e-7000-8000-5f2b6e0c9a41");
    let report = post("/api/mizan/call/report", r#"{"year":2019}"#);
    let reply = call(&service, with(report, &[("x-user", "ada"), key])).await;
    assert_eq!(reply.failure(), (422, "invalid".to_owned()));
    assert!(
        reply.problem()["detail"]
            .to_string()
            .contains("`report` returns a file")
    );

    let batch = r#"[{"name":"digits","input":{"source":"memory"}}]"#;
    let reply = call(&service, post("/api/mizan/batch", batch)).await;
    let line: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(line["error"]["code"], "method_not_allowed");
    assert!(
        line["error"]["detail"]
            .to_string()
            .contains("`digits` returns a file")
    );

    let request = Request::get("/page").body(()).unwrap();
    let caller = service.caller(&request).await.unwrap();
    let refused = caller.call("digits".to_owned(), Bytes::new()).await;
    let problem: serde_json::Value = serde_json::from_slice(&refused.unwrap_err()).unwrap();
    assert_eq!(problem["code"], "method_not_allowed");
}

/// A stream of `a` that ends in another way than it should, as soon as there is a permit.
fn broken(kind: &str, gate: Arc<Semaphore>) -> Download {
    let start = parts(["a"]);
    let rest: BoxStream<'static, io::Result<Bytes>> = match kind {
        "fails" | "fails without a size" => {
            stream::iter([Err(io::Error::other("the disk is broken"))]).boxed()
        }
        "panics" => stream::once(async { panic!("secret") }).boxed(),
        "is longer" => parts(["bcdef"]).boxed(),
        "is shorter" => parts([]).boxed(),
        "stalls" => stream::pending().boxed(),
        _ => unreachable!("unknown kind"),
    };
    let rest = async move {
        gate.acquire().await.unwrap().forget();
        rest
    };
    let download = Download::stream("a", start.chain(stream::once(rest).flatten()));
    match kind {
        "fails without a size" => download,
        _ => download.with_len(3),
    }
}

/// A client must never take a part of a file for the whole.
#[tokio::test]
async fn aborts_the_connection_when_a_stream_fails_in_the_middle() {
    let limits = || HttpLimits::default().download_part_timeout(Duration::from_millis(50));
    for kind in [
        "fails",
        "fails without a size",
        "panics",
        "is longer",
        "is shorter",
        "stalls",
    ] {
        let gate = Arc::new(Semaphore::new(0));
        let streams = [(); 2].map(|()| broken(kind, Arc::clone(&gate)));
        let service = service_with(limits(), streams);
        let server = Server::start_with(service, |serve| serve).await;

        let mut socket = server.connect().await;
        socket.send(raw_get("/api/mizan/call/streamed")).await;
        let head = socket.head().await;
        assert_eq!(head.status, 200, "{kind}");
        gate.add_permits(1);
        let (stream, read) = socket.into_parts();
        let body = [&read, &*Socket::from(stream).read_to_end().await].concat();
        if head.header("content-length") == Some("3") {
            assert!(body.len() < 3, "{kind}: {body:?}");
        } else {
            assert_eq!(head.header("transfer-encoding"), Some("chunked"));
            assert!(!body.ends_with(b"0\r\n\r\n"), "{kind}: {body:?}");
        }

        let mut client = server.connect_http2().await;
        let uri = "http://localhost/api/mizan/call/streamed";
        let response = within_timeout(client.send_request(get(uri))).await.unwrap();
        assert_eq!(response.status(), 200);
        gate.add_permits(1);
        let body = within_timeout(response.into_body().collect()).await;
        assert!(body.is_err(), "{kind}");
    }
}

#[tokio::test]
async fn polls_a_stream_only_as_fast_as_the_client_reads() {
    let permits = Arc::new(Semaphore::new(0));
    let produced = Arc::clone(&permits);
    let endless = stream::repeat_with(move || {
        produced.add_permits(1);
        Ok(Bytes::from(vec![7; 64 * 1024]))
    });
    let service = service_with(HttpLimits::default(), [Download::stream("a", endless)]);
    let server = Server::start_with(service, |serve| serve).await;
    let mut socket = server.connect().await;
    socket.send(raw_get("/api/mizan/call/streamed")).await;
    socket.head().await;
    within_timeout(permits.acquire_many(2))
        .await
        .unwrap()
        .forget();
    // The buffers of the connection are far below 64 MiB.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert!(permits.available_permits() < 1_000);
}

#[tokio::test]
async fn limits_concurrent_downloads() {
    let limits = HttpLimits::default()
        .max_downloads(2)
        .max_downloads_per_client(1);
    let endless = || Download::stream("a", stream::pending());
    let service = service_with(limits, [endless(), endless()]);
    let from = |addr: &str| {
        let mut request = get("/api/mizan/call/streamed");
        let addr = SocketAddr::new(addr.parse().unwrap(), 1);
        request.extensions_mut().insert(PeerAddr(addr));
        request
    };
    let send = |request: Request<Full<Bytes>>| service.clone().call(request);
    let first = send(from("192.0.2.1")).await.unwrap();
    let busy = send(from("192.0.2.1")).await.unwrap();
    assert_eq!(busy.status(), StatusCode::SERVICE_UNAVAILABLE);
    let _second = send(from("192.0.2.2")).await.unwrap();
    let busy = send(from("192.0.2.3")).await.unwrap();
    assert_eq!(busy.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(first.status(), 200);
    drop(first);
    let third = send(from("192.0.2.1")).await.unwrap();
    assert_eq!(third.status(), 404, "the share was returned");
}

#[tokio::test]
async fn drops_the_stream_when_the_client_leaves() {
    struct Dropped(tokio::sync::mpsc::UnboundedSender<()>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    let (sender, mut dropped) = tokio::sync::mpsc::unbounded_channel();
    let guard = Dropped(sender);
    let pending = stream::once(async { Ok(Bytes::from("a")) }).chain(stream::poll_fn(move |_| {
        let _guard = &guard;
        std::task::Poll::Pending
    }));
    let service = service_with(HttpLimits::default(), [Download::stream("a", pending)]);
    let server = Server::start_with(service, |serve| serve).await;
    let mut socket = server.connect().await;
    socket.send(raw_get("/api/mizan/call/streamed")).await;
    assert_eq!(socket.head().await.status, 200);
    drop(socket);
    within_timeout(dropped.recv()).await.unwrap();
}

#[tokio::test]
async fn sends_large_files_from_disk() {
    #[client(query)]
    async fn large() -> Result<Download, Error> {
        let content: Vec<u8> = (0..1_000_003_u32).map(|i| (i % 251) as u8).collect();
        Ok(Download::file("large.bin", file(&content)?)?)
    }
    let app = Registry::new().function::<Large>().build().unwrap();
    let service = MizanService::new(app);
    let server = Server::start(service).await;
    let reply = server.request(raw_get("/api/mizan/call/large")).await;
    assert_eq!(reply.header("content-length"), Some("1000003"));
    let is_right = |(i, byte): (usize, &u8)| usize::from(*byte) == i % 251;
    assert!(reply.body.len() == 1_000_003 && reply.body.iter().enumerate().all(is_right));
}

#[tokio::test]
async fn tests_read_files_without_http() {
    let app = Registry::new().function::<Digits>().build().unwrap();
    let digits = Digits {
        source: Source::Disk,
        tagged: None,
    };
    let download = app
        .call_as(mizan_core::Principal::anonymous(), digits)
        .await
        .unwrap();
    assert_eq!(download.name(), "digits.txt");
    assert_eq!(download.into_bytes().await.unwrap(), CONTENT);
}
