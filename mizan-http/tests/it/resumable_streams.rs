//! Streams that continue on the server when their client leaves.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, stream};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use mizan_channels::Channels;
#[cfg(unix)]
use mizan_channels::broker::RedisBroker;
use mizan_channels::broker::{Broker, MemoryBroker};
use mizan_core::{App, Cx, Decision, Error, Registry, client};
use mizan_http::response::ReplyBody;
use mizan_http::{HttpLimits, MizanService};
use serde_json::Value;
use tokio::sync::{Mutex, Notify, mpsc};
use tower_service::Service;

use crate::authentication::ByHeader;
use crate::harness::{Reply, bodiless, call, post, with, within_timeout};

const KEY: &str = "the-key-of-message-17";

/// The parts that the tests send, and observations of the function.
struct Probe {
    parts: Mutex<mpsc::UnboundedReceiver<Result<u32, Error>>>,
    calls: AtomicUsize,
    dropped: Notify,
}

struct Guard(Arc<Probe>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.dropped.notify_one();
    }
}

async fn may_complete(_: &Cx, input: &Complete) -> Decision {
    (input.prompt != "forbidden").into()
}

#[client(resumable, auth, authorize = may_complete, affects(feed))]
async fn complete(
    cx: &Cx,
    #[validate(length(max = 20))] prompt: String,
) -> Result<impl Stream<Item = Result<u32, Error>>, Error> {
    let probe = Arc::clone(cx.state::<Arc<Probe>>());
    if probe.calls.fetch_add(1, Ordering::Relaxed) == 0 && prompt == "fail once" {
        return Err(Error::conflict("try again"));
    }
    let guard = Guard(Arc::clone(&probe));
    Ok(stream::unfold(
        (probe, guard),
        |(probe, guard)| async move {
            let part = probe.parts.lock().await.recv().await?;
            Some((part, (probe, guard)))
        },
    ))
}

#[client(query)]
async fn feed() -> Result<u32, Error> {
    Ok(1)
}

/// Counts for ever.
#[client(query, resumable, auth)]
async fn ticks() -> impl Stream<Item = Result<u32, Error>> {
    stream::unfold(0, |number| async move {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Some((Ok(number), number + 1))
    })
}

struct Site {
    service: MizanService<ByHeader>,
    /// Another server process with the same broker.
    other: MizanService<ByHeader>,
    probe: Arc<Probe>,
    parts: mpsc::UnboundedSender<Result<u32, Error>>,
}

fn app(broker: impl Broker, probe: &Arc<Probe>) -> App {
    Registry::new()
        .state(Arc::clone(probe))
        .state(Channels::new(broker))
        .function::<Complete>()
        .function::<Feed>()
        .function::<Ticks>()
        .build()
        .unwrap()
}

fn service(app: App, limits: HttpLimits) -> MizanService<ByHeader> {
    let service = MizanService::builder(app).authenticate(ByHeader);
    service.limits(limits).build().unwrap()
}

fn probe() -> (Arc<Probe>, mpsc::UnboundedSender<Result<u32, Error>>) {
    let (parts, received) = mpsc::unbounded_channel();
    let probe = Arc::new(Probe {
        parts: Mutex::new(received),
        calls: AtomicUsize::new(0),
        dropped: Notify::new(),
    });
    (probe, parts)
}

fn site(change: impl FnOnce(HttpLimits) -> HttpLimits) -> Site {
    let (probe, parts) = probe();
    let app = app(MemoryBroker::new(), &probe);
    let limits = change(HttpLimits::default());
    Site {
        service: service(app.clone(), limits.clone()),
        other: service(app, limits),
        probe,
        parts,
    }
}

fn complete_as(user: &str, prompt: &str) -> Request<Full<Bytes>> {
    let body = serde_json::json!({ "prompt": prompt }).to_string();
    with(post("/api/mizan/call/complete", body), &[("x-user", user)])
}

fn after(request: Request<Full<Bytes>>, id: &str) -> Request<Full<Bytes>> {
    with(request, &[("last-event-id", id)])
}

fn stop_as(user: &str, id: &str) -> Request<Full<Bytes>> {
    let request = Request::delete(format!("/api/mizan/stream/{id}"));
    with(bodiless(request), &[("x-user", user)])
}

/// The events of a response.
struct Events {
    response: Response<ReplyBody>,
    /// The id of the last event.
    id: String,
}

impl Events {
    async fn open(service: &MizanService<ByHeader>, request: Request<Full<Bytes>>) -> Self {
        let response = within_timeout(service.clone().call(request)).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            id: String::new(),
        }
    }

    fn stream_id(&self) -> &str {
        self.response.headers()["mizan-stream"].to_str().unwrap()
    }

    /// Returns the next event that is no comment.
    async fn event(&mut self) -> String {
        loop {
            let frame = within_timeout(self.response.body_mut().frame()).await;
            let data = frame.unwrap().unwrap().into_data().unwrap();
            let event = String::from_utf8(data.to_vec()).unwrap();
            if event != ":\n\n" {
                return event;
            }
        }
    }

    async fn part(&mut self) -> u32 {
        let event = self.event().await;
        let rest = event.strip_prefix("id: ").unwrap();
        let (id, rest) = rest.split_once('\n').unwrap();
        id.clone_into(&mut self.id);
        let part = rest.strip_prefix("data: ").unwrap();
        part.trim().parse().unwrap()
    }

    /// Returns the next part of a stream on a paused clock.
    async fn part_within(&mut self, limit: Duration) -> u32 {
        let deadline = tokio::time::Instant::now() + limit;
        loop {
            let frame = self.response.body_mut().frame();
            let frame = tokio::time::timeout_at(deadline, frame).await.unwrap();
            let data = frame.unwrap().unwrap().into_data().unwrap();
            if let Some((_, part)) = std::str::from_utf8(&data).unwrap().split_once("data: ") {
                return part.trim().parse().unwrap();
            }
        }
    }

    async fn problem(&mut self) -> String {
        let event = self.event().await;
        let (_, json) = event.split_once("event: problem\ndata: ").unwrap();
        let problem: Value = serde_json::from_str(json).unwrap();
        problem["code"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn continues_in_another_process_at_the_position_of_the_client() {
    let Site {
        service,
        other,
        parts,
        probe,
    } = site(|limits| limits);
    let mut events = Events::open(&service, complete_as("mia", "a")).await;
    for part in 0..3 {
        parts.send(Ok(part)).unwrap();
    }
    assert_eq!(events.part().await, 0);
    assert_eq!(events.part().await, 1);
    let id = events.id.clone();
    drop(events);
    parts.send(Ok(3)).unwrap();
    let mut events = Events::open(&other, after(complete_as("mia", "a"), &id)).await;
    assert_eq!(events.part().await, 2);
    assert_eq!(events.part().await, 3);
    drop(parts);
    assert_eq!(
        events.event().await,
        "event: end\ndata: {\"affects\":\"feed\"}\n\n"
    );
    assert_eq!(probe.calls.load(Ordering::Relaxed), 1);
    within_timeout(service.wait_idle()).await;
}

#[tokio::test]
async fn a_call_with_the_same_key_returns_to_the_stream() {
    let Site {
        service,
        other,
        parts,
        probe,
    } = site(|limits| limits);
    let keyed = |user| with(complete_as(user, "a"), &[("idempotency-key", KEY)]);
    let mut first = Events::open(&service, keyed("mia")).await;
    parts.send(Ok(0)).unwrap();
    assert_eq!(first.part().await, 0);
    drop(first);
    let mut second = Events::open(&other, keyed("mia")).await;
    let mut third = Events::open(&service, keyed("mia")).await;
    parts.send(Ok(1)).unwrap();
    for tab in [&mut second, &mut third] {
        assert_eq!(tab.part().await, 0);
        assert_eq!(tab.part().await, 1);
    }
    assert_eq!(probe.calls.load(Ordering::Relaxed), 1);
    // The same key of another user is another stream.
    let _other_user = Events::open(&service, keyed("bob")).await;
    assert_eq!(probe.calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn calls_with_one_key_at_the_same_time_run_once() {
    let Site {
        service,
        other,
        parts,
        probe,
    } = site(|limits| limits);
    let keyed = || with(complete_as("mia", "a"), &[("idempotency-key", KEY)]);
    let opened = (0..20).map(|index| {
        let service = if index % 2 == 0 { &service } else { &other };
        Events::open(service, keyed())
    });
    let mut tabs = futures_util::future::join_all(opened).await;
    parts.send(Ok(7)).unwrap();
    for tab in &mut tabs {
        assert_eq!(tab.part().await, 7);
    }
    assert_eq!(probe.calls.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn refuses_positions_that_are_forged_or_of_others() {
    let Site { service, parts, .. } = site(|limits| limits);
    let mut events = Events::open(&service, complete_as("mia", "a")).await;
    parts.send(Ok(0)).unwrap();
    events.part().await;
    let id = events.id.clone();
    let (stream, position) = id.split_once('.').unwrap();
    let (epoch, _) = position.rsplit_once('.').unwrap();
    let ticks = || {
        let request = post("/api/mizan/call/ticks", "{}");
        with(request, &[("x-user", "mia")])
    };
    for request in [
        after(complete_as("bob", "a"), &id),
        after(ticks(), &id),
        after(complete_as("mia", "a"), &format!("{stream}.{epoch}.999")),
        after(complete_as("mia", "a"), &format!("{stream}.other.1")),
        after(
            complete_as("mia", "a"),
            &format!("{}.{position}", "0".repeat(32)),
        ),
        after(complete_as("mia", "a"), "nonsense"),
        after(complete_as("mia", "a"), "../control.a.1"),
        stop_as("bob", stream),
        stop_as("mia", "00ff"),
        stop_as("mia", "..%2f"),
    ] {
        let uri = request.uri().clone();
        let reply: Reply = within_timeout(call(&service, request)).await;
        assert_eq!(reply.failure(), (404, "not_found".to_owned()), "{uri}");
    }
    let anonymous = after(complete_as("", "a"), &id);
    assert_eq!(call(&service, anonymous).await.status, 401);
}

#[tokio::test]
async fn stops_on_request_and_not_when_its_clients_leave() {
    let Site {
        service,
        other,
        parts,
        probe,
    } = site(|limits| limits);
    let mut events = Events::open(&service, complete_as("mia", "a")).await;
    parts.send(Ok(0)).unwrap();
    events.part().await;
    let (id, position) = (events.stream_id().to_owned(), events.id.clone());
    drop(events);
    // The function still takes parts without a client.
    parts.send(Ok(1)).unwrap();
    let mut events = Events::open(&other, after(complete_as("mia", "a"), &position)).await;
    assert_eq!(events.part().await, 1);
    let reply = call(&other, stop_as("mia", &id)).await;
    assert_eq!(reply.status, 204);
    assert_eq!(events.problem().await, "conflict");
    within_timeout(probe.dropped.notified()).await;
    within_timeout(service.wait_idle()).await;
}

#[tokio::test]
async fn a_call_that_is_refused_can_be_repeated_with_its_key() {
    let Site {
        service,
        parts,
        probe,
        ..
    } = site(|limits| limits);
    let keyed = |prompt| with(complete_as("mia", prompt), &[("idempotency-key", KEY)]);
    let too_long = "a".repeat(30);
    for (prompt, status) in [(&*too_long, 422), ("forbidden", 403), ("fail once", 409)] {
        let reply = within_timeout(call(&service, keyed(prompt))).await;
        assert_eq!(reply.failure().0, status, "{prompt}");
    }
    let mut events = Events::open(&service, keyed("fail once")).await;
    parts.send(Ok(5)).unwrap();
    assert_eq!(events.part().await, 5);
    assert_eq!(probe.calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn ends_with_the_error_of_the_function_for_every_reader() {
    let Site {
        service,
        other,
        parts,
        ..
    } = site(|limits| limits);
    let keyed = || with(complete_as("mia", "a"), &[("idempotency-key", KEY)]);
    let mut first = Events::open(&service, keyed()).await;
    parts.send(Err(Error::conflict("no more"))).unwrap();
    assert_eq!(first.problem().await, "conflict");
    let mut second = Events::open(&other, keyed()).await;
    assert_eq!(second.problem().await, "conflict");
}

#[tokio::test]
async fn limits_the_size_of_the_log() {
    let Site { service, parts, .. } = site(|limits| limits.max_resumable_parts(2));
    let mut events = Events::open(&service, complete_as("mia", "a")).await;
    for part in 0..3 {
        parts.send(Ok(part)).unwrap();
    }
    assert_eq!(events.part().await, 0);
    assert_eq!(events.part().await, 1);
    assert_eq!(events.problem().await, "too_large");
}

#[tokio::test]
async fn a_client_cannot_leave_very_many_streams_behind() {
    let Site {
        service,
        probe,
        parts,
        ..
    } = site(|limits| limits.max_streams(4));
    for _ in 0..3 {
        drop(Events::open(&service, complete_as("mia", "a")).await);
    }
    assert_eq!(call_status(&service, complete_as("mia", "a")).await, 503);
    assert_eq!(probe.calls.load(Ordering::Relaxed), 3);
    drop(parts);
    within_timeout(service.wait_idle()).await;
    assert_eq!(call_status(&service, complete_as("mia", "a")).await, 200);
}

/// Calls that fail leave a log, too.
#[tokio::test(start_paused = true)]
async fn a_client_cannot_leave_very_many_logs_behind() {
    let Site { service, .. } = site(|limits| limits.max_kept_streams(4));
    let invalid = || complete_as("mia", &"a".repeat(30));
    for _ in 0..3 {
        assert_eq!(call_status(&service, invalid()).await, 422);
    }
    let large = complete_as("mia", &"a".repeat(20_000));
    assert_eq!(call_status(&service, large).await, 503);
    assert_eq!(call_status(&service, invalid()).await, 422);
    assert_eq!(call_status(&service, invalid()).await, 503);
    tokio::time::advance(Duration::from_secs(3600 + 601)).await;
    assert_eq!(call_status(&service, invalid()).await, 422);
}

async fn call_status(service: &MizanService<ByHeader>, request: Request<Full<Bytes>>) -> u16 {
    let response = service.clone().call(request).await.unwrap();
    response.status().as_u16()
}

#[tokio::test(start_paused = true)]
async fn a_silent_function_is_not_taken_for_a_dead_process() {
    let Site { service, parts, .. } = site(|limits| limits);
    let mut events = Events::open(&service, complete_as("mia", "a")).await;
    let opened = tokio::time::Instant::now();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        parts.send(Ok(1)).unwrap();
        std::future::pending::<()>().await;
    });
    assert_eq!(events.part_within(Duration::from_secs(90)).await, 1);
    assert_eq!(opened.elapsed().as_secs(), 60);
}

#[test]
fn a_resumable_stream_needs_a_broker() {
    let (probe, _) = probe();
    let registry = Registry::new().state(probe).function::<Complete>();
    let app = registry.function::<Feed>().build().unwrap();
    let error = MizanService::builder(app).build().unwrap_err();
    assert!(error.to_string().contains("resumable stream"), "{error}");
}

#[cfg(unix)]
mod redis {
    use mizan_http::serve;
    use tokio::net::TcpListener;

    use super::*;
    use crate::child::{self, Process};
    use crate::harness::{Socket, raw_post};
    use crate::redis_server::RedisServer;

    const REDIS: &str = "MIZAN_TEST_REDIS";

    /// A server process of the tests below.
    #[tokio::test]
    #[ignore = "the other tests run this as a child process"]
    async fn server() {
        if !child::is_child() {
            return;
        }
        let broker = RedisBroker::new(std::env::var(REDIS).unwrap()).unwrap();
        let (probe, _parts) = probe();
        let limits = HttpLimits::default().resumable_lease(Duration::from_secs(2));
        let service = service(app(broker, &probe), limits);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        child::announce(listener.local_addr().unwrap());
        serve(listener, service).await.unwrap();
    }

    async fn start(redis: &RedisServer) -> Process {
        let url = redis.address();
        Process::start(
            "resumable_streams::redis::server",
            &format!("export {REDIS}={url}"),
        )
        .await
    }

    /// Events over a socket.
    struct SocketEvents {
        socket: Socket,
        text: String,
        id: String,
    }

    impl SocketEvents {
        async fn open(process: &Process, headers: &str) -> Self {
            let mut socket = Socket::connect(process.addr).await;
            let headers = format!("x-user: mia\r\n{headers}");
            let request = raw_post("/api/mizan/call/ticks", &headers, "{}");
            socket.send(request).await;
            assert_eq!(socket.head().await.status, 200);
            Self {
                socket,
                text: String::new(),
                id: String::new(),
            }
        }

        async fn event(&mut self) -> String {
            loop {
                if let Some((event, rest)) = self.text.split_once("\n\n") {
                    let event = event.to_owned();
                    self.text = rest.to_owned();
                    if event != ":" {
                        return event;
                    }
                    continue;
                }
                let chunk = self.socket.chunk().await.unwrap();
                self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        }

        async fn part(&mut self) -> Option<u32> {
            let event = self.event().await;
            let (id, data) = event.strip_prefix("id: ")?.split_once("\ndata: ")?;
            id.clone_into(&mut self.id);
            Some(data.parse().unwrap())
        }
    }

    #[tokio::test]
    async fn continues_in_another_process_and_tells_that_the_first_was_killed() {
        let Some(redis) = RedisServer::start().await else {
            return;
        };
        let (first, second) = tokio::join!(start(&redis), start(&redis));
        let mut events = SocketEvents::open(&first, "").await;
        let mut expected = 0;
        while expected < 5 {
            assert_eq!(events.part().await, Some(expected));
            expected += 1;
        }
        let position = format!("last-event-id: {}\r\n", events.id);
        drop(events);
        let mut events = SocketEvents::open(&second, &position).await;
        while expected < 20 {
            assert_eq!(events.part().await, Some(expected));
            expected += 1;
        }
        first.signal("KILL").await;
        // The parts that the first process had appended arrive, and then the error.
        let problem = loop {
            let event = events.event().await;
            if !event.starts_with("id: ") {
                break event;
            }
        };
        assert!(problem.starts_with("event: problem\n"), "{problem}");
        assert!(problem.contains(r#""code":"outcome_unknown""#), "{problem}");
    }
}
