//! Functions that return streams, as server-sent events.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use mizan_core::{ClientError, Cx, Error, Identity, Principal, Registry, RequestHead, client};
use mizan_http::response::ReplyBody;
use mizan_http::{Authenticate, HttpLimits, MizanService, PeerAddr, Shutdown};
use serde_json::{Value, json};
use tokio::sync::{Mutex, Notify, mpsc};
use tower_service::Service;

use crate::harness::{Server, call, get, input, post, raw_post, with, within_timeout};

#[derive(ClientError, Debug)]
enum CountError {
    #[client_error(status = 409, message = "stopped at {at}")]
    Stopped { at: u32 },
}

/// Observations of the streams of a test.
struct Probe {
    polls: AtomicUsize,
    drops: AtomicUsize,
    dropped: Notify,
    /// The parts of the stream `feed`.
    parts: Mutex<mpsc::UnboundedReceiver<u32>>,
    background: AtomicUsize,
}

struct Guard(Arc<Probe>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.drops.fetch_add(1, Ordering::Relaxed);
        self.0.dropped.notify_one();
    }
}

/// Counts up, and stops with an error or a panic.
#[client(query)]
async fn count(
    #[validate(range(max = 1000))] to: u32,
    stop: Option<u32>,
    panic: Option<u32>,
) -> Result<impl Stream<Item = Result<u32, CountError>>, Error> {
    if to == 0 {
        return Err(Error::conflict("nothing to count"));
    }
    Ok(stream::iter(0..to).map(move |number| {
        assert_ne!(Some(number), panic, "a secret of the code");
        if stop == Some(number) {
            return Err(CountError::Stopped { at: number });
        }
        Ok(number)
    }))
}

/// Yields the parts that the test sends.
#[client(query, auth)]
async fn feed(cx: &Cx) -> impl Stream<Item = Result<u32, Error>> {
    let probe = Arc::clone(cx.state::<Arc<Probe>>());
    let guard = Guard(Arc::clone(&probe));
    stream::unfold((probe, guard), |(probe, guard)| async move {
        let part = probe.parts.lock().await.recv().await?;
        Some((Ok(part), (probe, guard)))
    })
}

#[client(query)]
async fn endless(cx: &Cx) -> impl Stream<Item = Result<u32, Error>> {
    let probe = Arc::clone(cx.state::<Arc<Probe>>());
    let guard = Guard(Arc::clone(&probe));
    stream::repeat(7).map(move |part| {
        let _guard = &guard;
        probe.polls.fetch_add(1, Ordering::Relaxed);
        Ok(part)
    })
}

#[client(query)]
async fn silent(cx: &Cx) -> impl Stream<Item = Result<u32, Error>> {
    let guard = Guard(Arc::clone(cx.state::<Arc<Probe>>()));
    stream::pending().map(move |part| {
        let _guard = &guard;
        part
    })
}

#[client(affects(count))]
async fn import(cx: &Cx) -> impl Stream<Item = Result<u32, Error>> {
    let probe = Arc::clone(cx.state::<Arc<Probe>>());
    cx.after_reply(async move {
        probe.background.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    stream::iter([Ok(1)])
}

/// Rejects callers as soon as `revoked` is set.
struct Sessions {
    revoked: Arc<AtomicBool>,
}

impl Authenticate for Sessions {
    async fn authenticate(&self, _: &RequestHead) -> Result<Principal, Error> {
        Ok(match self.revoked.load(Ordering::Relaxed) {
            true => Principal::anonymous(),
            false => Identity::new("mia").into(),
        })
    }
}

struct Site {
    service: MizanService<Sessions>,
    probe: Arc<Probe>,
    parts: mpsc::UnboundedSender<u32>,
    revoked: Arc<AtomicBool>,
}

fn site(change: impl FnOnce(HttpLimits) -> HttpLimits) -> Site {
    let (parts, received) = mpsc::unbounded_channel();
    let probe = Arc::new(Probe {
        polls: AtomicUsize::new(0),
        drops: AtomicUsize::new(0),
        dropped: Notify::new(),
        parts: Mutex::new(received),
        background: AtomicUsize::new(0),
    });
    let app = Registry::new()
        .state(Arc::clone(&probe))
        .function::<Count>()
        .function::<Feed>()
        .function::<Endless>()
        .function::<Silent>()
        .function::<Import>()
        .build()
        .unwrap();
    let revoked = Arc::new(AtomicBool::new(false));
    let sessions = Sessions {
        revoked: Arc::clone(&revoked),
    };
    let service = MizanService::builder(app)
        .authenticate(sessions)
        .limits(change(HttpLimits::default()));
    Site {
        service: service.build().unwrap(),
        probe,
        parts,
        revoked,
    }
}

fn path(name: &str) -> String {
    format!("/api/mizan/call/{name}")
}

/// The events of a response, read one by one.
struct Events {
    response: Response<ReplyBody>,
}

impl Events {
    /// Opens a stream, and checks the comment at its beginning.
    async fn open(service: &MizanService<Sessions>, request: Request<Full<Bytes>>) -> Self {
        let response = service.clone().call(request).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut events = Self { response };
        assert_eq!(events.next().await, ":\n\n");
        events
    }

    async fn next(&mut self) -> String {
        let frame = self.response.body_mut().frame().await;
        let data = frame.unwrap().unwrap().into_data().unwrap();
        String::from_utf8(data.to_vec()).unwrap()
    }

    /// Reads the problem that ends the stream.
    async fn problem(&mut self) -> Value {
        let event = self.next().await;
        let (_, json) = event.split_once("event: problem\ndata: ").unwrap();
        assert!(self.response.body_mut().frame().await.is_none());
        serde_json::from_str(json).unwrap()
    }
}

#[tokio::test]
async fn sends_each_part_as_an_event() {
    let Site { service, .. } = site(|limits| limits);
    let query = format!("{}?input={}", path("count"), input(r#"{"to":2}"#));
    for request in [get(&query), post(&path("count"), r#"{"to":2}"#)] {
        let reply = call(&service, request).await;
        assert_eq!(reply.status, 200);
        assert_eq!(
            reply.body,
            ":\n\ndata: 0\n\ndata: 1\n\nevent: end\ndata: {}\n\n"
        );
        assert_eq!(reply.header("content-type"), Some("text/event-stream"));
        assert_eq!(
            reply.header("cache-control"),
            Some("no-store, no-transform")
        );
        assert_eq!(reply.header("x-accel-buffering"), Some("no"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn an_error_before_the_stream_is_a_problem_document() {
    let Site { service, .. } = site(|limits| limits);
    for (body, status, code) in [
        (r#"{"to":0}"#, 409, "conflict"),
        (r#"{"to":2000}"#, 422, "invalid"),
        (r#"{"to":"a"}"#, 422, "invalid"),
        ("{", 400, "malformed"),
    ] {
        let reply = call(&service, post(&path("count"), body)).await;
        assert_eq!(reply.failure(), (status, code.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn a_declared_error_ends_the_stream() {
    let Site { service, .. } = site(|limits| limits);
    let request = post(&path("count"), r#"{"to":9,"stop":1}"#);
    let mut events = Events::open(&service, request).await;
    assert_eq!(events.next().await, "data: 0\n\n");
    let problem = events.problem().await;
    assert_eq!(problem["code"], "stopped");
    assert_eq!(problem["status"], 409);
    assert_eq!(problem["data"], json!({ "at": 1 }));
}

#[tokio::test]
async fn a_panic_ends_the_stream_with_an_error_id() {
    let Site { service, .. } = site(|limits| limits);
    let request = post(&path("count"), r#"{"to":9,"panic":1}"#);
    let mut events = Events::open(&service, request).await;
    assert_eq!(events.next().await, "data: 0\n\n");
    let problem = events.problem().await;
    assert_eq!(problem["code"], "internal");
    assert!(problem["error_id"].is_string());
    assert!(!problem.to_string().contains("secret"));
}

#[tokio::test]
async fn the_end_lists_what_a_mutation_affects() {
    let Site { service, probe, .. } = site(|limits| limits);
    let reply = call(&service, post(&path("import"), "{}")).await;
    assert_eq!(reply.header("mizan-affects"), None);
    let body = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(
        body.ends_with("event: end\ndata: {\"affects\":\"count\"}\n\n"),
        "{body}"
    );
    within_timeout(service.wait_idle()).await;
    assert_eq!(probe.background.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn polls_the_function_only_when_the_server_takes_an_event() {
    let Site { service, probe, .. } = site(|limits| limits);
    let mut events = Events::open(&service, get(&path("endless"))).await;
    assert_eq!(probe.polls.load(Ordering::Relaxed), 0);
    for polls in 1..4 {
        assert_eq!(events.next().await, "data: 7\n\n");
        assert_eq!(probe.polls.load(Ordering::Relaxed), polls);
    }
    drop(events);
    assert_eq!(probe.drops.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_sends_comments_until_its_deadline() {
    let deadline = Duration::from_secs(40);
    let Site { service, probe, .. } = site(|limits| limits.stream_deadline(deadline));
    let mut events = Events::open(&service, get(&path("silent"))).await;
    let opened = tokio::time::Instant::now();
    for elapsed in [15, 30] {
        assert_eq!(events.next().await, ":\n\n");
        assert_eq!(opened.elapsed().as_secs(), elapsed);
    }
    let problem = events.problem().await;
    assert_eq!(opened.elapsed().as_secs(), 40);
    assert_eq!(problem["code"], "deadline_exceeded");
    assert_eq!(probe.drops.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_part_postpones_the_next_comment() {
    let Site { service, parts, .. } = site(|limits| limits);
    let mut events = Events::open(&service, get(&path("feed"))).await;
    let opened = tokio::time::Instant::now();
    assert!(events.next().now_or_never().is_none());
    tokio::time::sleep(Duration::from_secs(10)).await;
    parts.send(1).unwrap();
    assert_eq!(events.next().await, "data: 1\n\n");
    assert_eq!(events.next().await, ":\n\n");
    assert_eq!(opened.elapsed().as_secs(), 25);
}

#[tokio::test(start_paused = true)]
async fn an_endless_stream_ends_at_its_deadline() {
    let deadline = Duration::from_secs(40);
    let Site { service, .. } = site(|limits| limits.stream_deadline(deadline));
    let mut events = Events::open(&service, get(&path("endless"))).await;
    events.next().await;
    tokio::time::sleep(deadline).await;
    assert_eq!(events.problem().await["code"], "deadline_exceeded");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_loses_its_stream() {
    let Site { service, probe, .. } = site(|limits| limits);
    let mut events = Events::open(&service, get(&path("endless"))).await;
    events.next().await;
    let stopped = tokio::time::Instant::now();
    probe.dropped.notified().await;
    assert_eq!(stopped.elapsed().as_secs(), 45);
    let body = events.response.body_mut();
    let error = body.frame().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    assert!(body.frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_client_without_permission_loses_its_stream() {
    let Site {
        service,
        parts,
        revoked,
        probe,
        ..
    } = site(|limits| limits);
    let mut events = Events::open(&service, get(&path("feed"))).await;
    let opened = tokio::time::Instant::now();
    parts.send(1).unwrap();
    assert_eq!(events.next().await, "data: 1\n\n");
    revoked.store(true, Ordering::Relaxed);
    assert_eq!(events.next().await, ":\n\n");
    let problem = events.problem().await;
    assert_eq!(problem["code"], "unauthenticated");
    assert_eq!(opened.elapsed().as_secs(), 30);
    assert_eq!(probe.drops.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn limits_the_streams_of_each_client_and_of_all() {
    let Site { service, .. } = site(|limits| limits.max_streams(3).max_streams_per_client(2));
    let open = async |addr: [u8; 4]| {
        let mut request = get(&path("silent"));
        let peer = PeerAddr((addr, 1).into());
        request.extensions_mut().insert(peer);
        service.clone().call(request).await.unwrap()
    };
    let (one, other) = ([192, 0, 2, 1], [192, 0, 2, 2]);
    let first = open(one).await;
    let second = open(one).await;
    assert_eq!(open(one).await.status(), 503);
    let third = open(other).await;
    assert_eq!(third.status(), 200);
    assert_eq!(open(other).await.status(), 503);
    drop(first);
    assert_eq!(open(other).await.status(), 200);
    drop((second, third));
}

#[tokio::test]
async fn a_shutdown_ends_streams_with_a_hint_to_reconnect() {
    let Site { service, .. } = site(|limits| limits);
    let mut events = Events::open(&service, get(&path("silent"))).await;
    let signal = Arc::new(Notify::new());
    let trigger = Arc::clone(&signal);
    let shutdown = Shutdown::when(async move { trigger.notified().await }).service(&service);
    let run = tokio::spawn(shutdown.run(|stop| async {
        stop.await;
        Ok(())
    }));
    signal.notify_one();
    let event = within_timeout(events.next()).await;
    let (retry, problem) = event.split_once('\n').unwrap();
    assert_eq!(retry, "retry: 1000");
    assert!(problem.contains(r#""code":"unavailable""#), "{problem}");
    drop(events);
    let code = within_timeout(run).await.unwrap().unwrap();
    assert_eq!(code, ExitCode::SUCCESS);
}

#[tokio::test]
async fn a_disconnected_client_drops_the_function() {
    let Site {
        service,
        probe,
        parts,
        ..
    } = site(|limits| limits);
    let server = Server::start_with(service, |serve| serve).await;
    let mut socket = server.connect().await;
    socket
        .send(raw_post("/api/mizan/call/feed", "", "{}"))
        .await;
    assert_eq!(socket.head().await.status, 200);
    parts.send(5).unwrap();
    let mut received = Vec::new();
    while !String::from_utf8_lossy(&received).contains("data: 5\n\n") {
        received.extend(socket.chunk().await.unwrap());
    }
    drop(socket);
    within_timeout(probe.dropped.notified()).await;
}

#[tokio::test]
async fn batches_pages_and_stored_replies_refuse_streams() {
    let Site { service, .. } = site(|limits| limits);
    let batch = r#"[{"name":"count","input":{"to":2}}]"#;
    let reply = call(&service, post("/api/mizan/batch", batch)).await;
    let body = String::from_utf8(reply.body.to_vec()).unwrap();
    assert!(body.contains("call it by itself"), "{body}");
    let caller = service.caller(&get("/")).await.unwrap();
    let called = caller.call("count".to_owned(), Bytes::from(r#"{"to":2}"#));
    assert!(called.await.is_err());
    let request = post(&path("import"), "{}");
    let reply = call(
        &service,
        with(
            request,
            &[("idempotency-key", "3d2c4b1a-0000-4000-8000-000000000000")],
        ),
    )
    .await;
    assert_eq!(reply.failure(), (422, "invalid".to_owned()));
}
