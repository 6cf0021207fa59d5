//! Connections over an in-memory transport: messages, presence, and the limits of channels' code.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use mizan_channels::broker::{Broker, MemoryBroker};
use mizan_channels::suite::within_timeout;
use mizan_channels::transport::{Close, ConnectionClosed, Peer, Received, Transport};
use mizan_channels::{Channels, ChannelsExt, ConnectionLimits};
use mizan_core::channel::Member;
use mizan_core::shared_store::{
    Counter, LeaseReply, MemorySharedStore, Operation, SharedStore, SharedStoreError, TakeReply,
};
use mizan_core::{
    App, Channel, Cx, Decision, Error, ErrorCode, Identity, Principal, Registry, RequestHead,
    channel,
};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};

/// The semaphores that the channel's code waits for, and the counters of its calls.
pub(crate) struct Probe {
    /// Permits for `authorize` in the room `slow`.
    authorize: Semaphore,
    member: Semaphore,
    pub(crate) publish: Semaphore,
    running: AtomicUsize,
    authorized: AtomicUsize,
    pub(crate) received: AtomicUsize,
    refuses_messages: AtomicBool,
    is_member: AtomicBool,
}

impl Default for Probe {
    fn default() -> Self {
        Self {
            authorize: Semaphore::new(0),
            member: Semaphore::new(0),
            publish: Semaphore::new(0),
            running: AtomicUsize::new(0),
            authorized: AtomicUsize::new(0),
            received: AtomicUsize::new(0),
            refuses_messages: AtomicBool::new(false),
            is_member: AtomicBool::new(false),
        }
    }
}

impl Probe {
    pub(crate) fn refuse_messages(&self) {
        self.refuses_messages.store(true, Ordering::SeqCst);
    }
}

struct Running<'a>(&'a AtomicUsize);

impl<'a> Running<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
pub(crate) struct Room {
    room: String,
}

pub(crate) struct Chat;

#[channel]
impl Channel for Chat {
    type Params = Room;
    type ServerMessage = String;
    type ClientMessage = String;
    type Reply = usize;
    type Member = String;
    const NAME: &'static str = "chat";

    async fn authorize(cx: &Cx, params: &Room) -> Result<Decision, Error> {
        let probe = cx.state::<Arc<Probe>>();
        if params.room == "slow" {
            probe.authorized.fetch_add(1, Ordering::SeqCst);
            let _running = Running::begin(&probe.running);
            probe.authorize.acquire().await.unwrap().forget();
        }
        if params.room == "nowhere" {
            return Ok(Decision::not_found("there is no such room"));
        }
        if params.room == "broken" {
            return Err(std::io::Error::other("the table `secrets` is locked").into());
        }
        if params.room == "members" {
            return Ok(probe.is_member.load(Ordering::SeqCst).into());
        }
        assert_ne!(params.room, "panics", "a secret of the code");
        Ok(Decision::Allow)
    }

    fn group(params: &Room) -> String {
        params.room.clone()
    }

    async fn member(cx: &Cx, params: &Room) -> Result<Option<Member<String>>, Error> {
        let Some(id) = cx.principal().id() else {
            return Ok(None);
        };
        if params.room == "busy" {
            let probe = cx.state::<Arc<Probe>>();
            probe.member.acquire().await?.forget();
        }
        Ok(Some(Member::new(id.to_owned(), id.to_owned())))
    }

    async fn receive(cx: &Cx, params: &Room, message: String) -> Result<usize, Error> {
        let probe = cx.state::<Arc<Probe>>();
        if probe.refuses_messages.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorCode::Unauthenticated, "sign in"));
        }
        let received = probe.received.fetch_add(1, Ordering::SeqCst) + 1;
        if message == "wait" {
            probe.publish.acquire().await?.forget();
        }
        if message == "fail" {
            return Err(Error::new(
                ErrorCode::Unavailable,
                "the store is unavailable",
            ));
        }
        cx.channels()
            .publish::<Self>(params, message.clone())
            .await?;
        if message == "break" {
            return Err(Error::internal("a failure for the test"));
        }
        if message == "refuse" {
            return Err(Error::new(ErrorCode::RateLimited, "a refusal for the test"));
        }
        Ok(received)
    }
}

/// A channel with a limit of its messages.
struct Polls;

#[channel(limit = "2/min by principal")]
impl Channel for Polls {
    type Params = Room;
    type ServerMessage = String;
    type ClientMessage = String;
    type Reply = usize;
    const NAME: &'static str = "polls";

    async fn authorize(_: &Cx, _: &Room) -> Decision {
        Decision::Allow
    }

    fn group(params: &Room) -> String {
        params.room.clone()
    }

    async fn receive(cx: &Cx, _: &Room, _: String) -> Result<usize, Error> {
        let probe = cx.state::<Arc<Probe>>();
        Ok(probe.received.fetch_add(1, Ordering::SeqCst) + 1)
    }
}

pub(crate) struct Server {
    pub(crate) channels: Channels,
    pub(crate) app: App,
    pub(crate) probe: Arc<Probe>,
}

impl Server {
    pub(crate) fn new(broker: impl Broker, set_limits: impl FnOnce(&mut ConnectionLimits)) -> Self {
        Self::with_store(broker, MemorySharedStore::new(), set_limits)
    }

    pub(crate) fn with_store(
        broker: impl Broker,
        store: impl SharedStore,
        set_limits: impl FnOnce(&mut ConnectionLimits),
    ) -> Self {
        let mut limits = ConnectionLimits::default();
        set_limits(&mut limits);
        let channels = Channels::with_limits(broker, limits);
        let probe = Arc::<Probe>::default();
        let registry = Registry::new().channel::<Chat>().channel::<Polls>();
        let registry = registry.state(channels.clone());
        let registry = registry.shared_store(Arc::new(store));
        let app = registry.state(Arc::clone(&probe)).build().unwrap();
        Self {
            channels,
            app,
            probe,
        }
    }

    /// Serves an app that does not have the channels of these tests.
    pub(crate) fn of_app(channels: Channels, app: App) -> Self {
        Self {
            channels,
            app,
            probe: Arc::default(),
        }
    }

    /// Connects as `user` and sends `hello`. An empty `user` is anonymous.
    pub(crate) async fn connect(&self, user: &'static str) -> Client {
        self.connect_from(user, None).await
    }

    pub(crate) async fn connect_from(&self, user: &'static str, address: Option<IpAddr>) -> Client {
        let (to_server, from_client) = mpsc::unbounded_channel();
        let (to_client, from_server) = mpsc::unbounded_channel();
        let transport = InMemoryTransport {
            from: from_client,
            to: to_client,
        };
        let authenticate = move |_: Option<String>| -> futures_util::future::BoxFuture<'static, _> {
            Box::pin(async move {
                let principal = match user {
                    "" => Principal::anonymous(),
                    user => Identity::new(user).into(),
                };
                let (parts, ()) = http::Request::new(()).into_parts();
                let head = Arc::new(RequestHead::new(parts, address));
                Ok(Peer::new(principal, head))
            })
        };
        tokio::spawn(self.channels.serve(&self.app, transport, authenticate));
        let mut client = Client {
            to: to_server,
            from: from_server,
        };
        client.send(&json!({ "t": "hello", "client": format!("page-of-{user}") }));
        client.until("welcome").await;
        client
    }
}

struct InMemoryTransport {
    from: mpsc::UnboundedReceiver<Bytes>,
    to: mpsc::UnboundedSender<Bytes>,
}

impl Transport for InMemoryTransport {
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        let frame = self.from.poll_recv(cx);
        frame.map(|frame| frame.map_or(Received::End, Received::Frame))
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>> {
        Poll::Ready(Ok(()))
    }

    fn send(&mut self, frame: Bytes) -> Result<(), ConnectionClosed> {
        self.to.send(frame).map_err(|_| ConnectionClosed)
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(&mut self, _: &mut Context<'_>, _: &Close) -> Poll<()> {
        Poll::Ready(())
    }
}

pub(crate) struct Client {
    to: mpsc::UnboundedSender<Bytes>,
    from: mpsc::UnboundedReceiver<Bytes>,
}

impl Client {
    pub(crate) fn send(&mut self, frame: &Value) {
        self.to.send(frame.to_string().into()).unwrap();
    }

    pub(crate) fn sub(&mut self, sub: u32, room: &str) {
        self.send(
            &json!({ "t": "sub", "sub": sub, "channel": "chat", "params": { "room": room } }),
        );
    }

    pub(crate) fn msg(&mut self, mid: &str, data: &str) {
        self.send(&json!({ "t": "msg", "sub": 1, "mid": mid, "data": data }));
    }

    pub(crate) async fn any(&mut self) -> Value {
        let frame = within_timeout(self.from.recv()).await.unwrap();
        serde_json::from_slice(&frame).unwrap()
    }

    pub(crate) async fn until(&mut self, t: &str) -> Value {
        loop {
            let frame = self.any().await;
            if frame["t"] == t {
                return frame;
            }
        }
    }

    /// Returns the frames that arrive within `time`.
    pub(crate) async fn frames_within(&mut self, time: Duration) -> Vec<Value> {
        let end = tokio::time::Instant::now() + time;
        let mut frames = Vec::new();
        while let Ok(frame) = tokio::time::timeout_at(end, self.any()).await {
            frames.push(frame);
        }
        frames
    }
}

fn memory_server(set_limits: impl FnOnce(&mut ConnectionLimits)) -> Server {
    Server::new(MemoryBroker::new(), set_limits)
}

#[tokio::test(start_paused = true)]
async fn leaving_while_joining_removes_the_presence() {
    let server = memory_server(|_| {});
    let mut watching = server.connect("").await;
    watching.sub(1, "busy");
    let presence = watching.until("presence").await;
    assert_eq!(presence["members"], json!([]));
    let mut mia = server.connect("mia").await;
    mia.sub(1, "busy");
    mia.until("subok").await;
    mia.send(&json!({ "t": "unsub", "sub": 1 }));
    mia.until("unsub").await;
    server.probe.member.add_permits(1);
    let frames = watching.frames_within(Duration::from_secs(15)).await;
    assert!(
        frames.iter().all(|frame| frame["t"] != "presence"),
        "{frames:?}"
    );
    let mut late = server.connect("").await;
    late.sub(1, "busy");
    assert_eq!(late.until("presence").await["members"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn announces_repeated_presence_changes_once() {
    let server = memory_server(|_| {});
    let mut watching = server.connect("").await;
    watching.sub(1, "tea");
    watching.until("presence").await;
    let mut mia = server.connect("mia").await;
    for sub in 0..20 {
        mia.sub(sub, "tea");
        mia.until("presence").await;
        mia.send(&json!({ "t": "unsub", "sub": sub }));
        mia.until("unsub").await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let frames = watching.frames_within(Duration::from_secs(10)).await;
    let changes: Vec<_> = frames
        .iter()
        .filter(|frame| frame["t"] == "presence")
        .collect();
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert_eq!(changes[0]["join"][0]["id"], "mia");
    assert_eq!(changes[1]["leave"][0], "mia");
}

#[tokio::test(start_paused = true)]
async fn cancels_work_when_the_subscription_ends() {
    let server = memory_server(|_| {});
    let mut client = server.connect("mia").await;
    for sub in 0..50 {
        client.sub(sub, "slow");
        client.send(&json!({ "t": "unsub", "sub": sub }));
        client.until("unsub").await;
    }
    client.sub(99, "slow");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.probe.running.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn limits_concurrent_calls_of_the_server() {
    let server = memory_server(|limits| limits.max_concurrent_calls = 2);
    let mut clients = Vec::new();
    for _ in 0..5 {
        let mut client = server.connect("mia").await;
        client.sub(1, "slow");
        clients.push(client);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.probe.running.load(Ordering::SeqCst), 2);
    server.probe.authorize.add_permits(5);
    for client in &mut clients {
        client.until("subok").await;
    }
    let authorized = server.probe.authorized.load(Ordering::SeqCst);
    assert_eq!(authorized, 5);
    // A call that does not get a permit in time fails with `unavailable`.
    for client in &mut clients {
        client.sub(2, "slow");
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut late = server.connect("mia").await;
    late.sub(1, "tea");
    tokio::time::sleep(Duration::from_secs(29)).await;
    assert_eq!(late.until("unsub").await["code"], "unavailable");
}

#[tokio::test(start_paused = true)]
async fn limits_concurrent_calls_of_each_client() {
    let server = memory_server(|limits| {
        limits.max_concurrent_calls = 4;
        limits.max_concurrent_calls_per_client = 2;
    });
    let mut greedy = Vec::new();
    for host in 0..10 {
        // All addresses of a /64 network count as one client.
        let address = Some(format!("2001:db8::{host}").parse().unwrap());
        let mut client = server.connect_from("eve", address).await;
        for sub in 0..5 {
            client.sub(sub, "slow");
        }
        greedy.push(client);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.probe.running.load(Ordering::SeqCst), 2);
    for address in ["203.0.113.1", "2001:db8:0:1::1"] {
        let address = Some(address.parse().unwrap());
        let mut honest = server.connect_from("mia", address).await;
        honest.sub(1, "tea");
        honest.until("subok").await;
        honest.msg("m", "hello");
        assert!(honest.until("reply").await["data"].is_number());
    }
}

#[tokio::test]
async fn unknown_room_is_not_found_for_all_clients() {
    let server = memory_server(|_| {});
    for user in ["", "mia"] {
        let mut client = server.connect(user).await;
        client.sub(1, "nowhere");
        assert_eq!(client.until("unsub").await["code"], "not_found");
    }
}

#[tokio::test(start_paused = true)]
async fn check_that_fails_panics_or_hangs_refuses_the_subscription() {
    let server = memory_server(|limits| limits.call_timeout = Duration::from_secs(5));
    let mut client = server.connect("mia").await;
    for (room, code) in [
        ("broken", "internal"),
        ("panics", "internal"),
        ("slow", "deadline_exceeded"),
    ] {
        client.sub(1, room);
        let refused = client.until("unsub").await;
        assert_eq!(refused["code"], code, "{room}");
        assert_eq!(refused["id"].is_string(), code == "internal", "{refused}");
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
    client.sub(1, "tea");
    client.until("subok").await;
}

#[tokio::test]
async fn refused_subscription_can_be_requested_again() {
    let server = memory_server(|_| {});
    let mut client = server.connect("mia").await;
    client.sub(1, "members");
    assert_eq!(client.until("unsub").await["code"], "forbidden");
    server.probe.is_member.store(true, Ordering::SeqCst);
    client.sub(2, "members");
    assert_eq!(client.until("subok").await["sub"], 2);
}

#[tokio::test]
async fn client_learns_that_the_permissions_of_its_user_have_changed() {
    let server = memory_server(|_| {});
    let mut mia = server.connect("mia").await;
    let mut tom = server.connect("tom").await;
    for client in [&mut mia, &mut tom] {
        client.sub(1, "members");
        assert_eq!(client.until("unsub").await["code"], "forbidden");
    }
    server.probe.is_member.store(true, Ordering::SeqCst);
    server.channels.permissions_changed("mia").await.unwrap();
    assert_eq!(mia.until("ping").await["permissions"], true);
    mia.sub(2, "members");
    assert_eq!(mia.until("subok").await["sub"], 2);

    // Subscriptions that the user may no longer have end.
    server.probe.is_member.store(false, Ordering::SeqCst);
    server.channels.permissions_changed("mia").await.unwrap();
    let ended = mia.until("unsub").await;
    assert_eq!(
        (&ended["sub"], &ended["code"]),
        (&json!(2), &json!("forbidden"))
    );

    // The client of another user has not been notified.
    tom.sub(3, "tea");
    let frame = tom.any().await;
    assert_eq!((&frame["t"], &frame["sub"]), (&json!("subok"), &json!(3)));
}

#[tokio::test(start_paused = true)]
async fn limits_the_messages_of_a_user() {
    let server = memory_server(|_| {});
    let mut client = server.connect("mia").await;
    let params = json!({ "room": "tea" });
    client.send(&json!({ "t": "sub", "sub": 1, "channel": "polls", "params": params }));
    client.until("subok").await;
    for (mid, received) in [("a", 1), ("b", 2), ("a", 1), ("b", 2)] {
        client.msg(mid, "yes");
        let reply = client.until("reply").await;
        // A repeated message is not counted again.
        assert_eq!(reply["data"], received, "{reply}");
    }
    client.msg("c", "yes");
    let refused = client.until("reply").await;
    assert_eq!(refused["error"]["code"], "rate_limited");
    assert_eq!(refused["error"]["retry_after"], 30_000);
    tokio::time::sleep(Duration::from_secs(30)).await;
    client.msg("c", "yes");
    assert_eq!(client.until("reply").await["data"], 3);
    assert_eq!(server.probe.received.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn refused_message_can_be_sent_again() {
    let server = memory_server(|_| {});
    let mut client = server.connect("").await;
    client.sub(1, "tea");
    client.until("subok").await;
    server.probe.refuses_messages.store(true, Ordering::SeqCst);
    client.msg("m", "hello");
    let refused = client.until("reply").await;
    assert_eq!(refused["error"]["code"], "unauthenticated");
    server.probe.refuses_messages.store(false, Ordering::SeqCst);
    client.msg("m", "hello");
    assert_eq!(client.until("reply").await["data"], 1);
    client.msg("m", "hello");
    assert_eq!(client.until("reply").await["data"], 1);
}

#[tokio::test]
async fn rejects_a_mid_that_belongs_to_another_message() {
    let server = memory_server(|_| {});
    let mut client = server.connect("mia").await;
    client.sub(1, "tea");
    client.until("subok").await;
    client.msg("m", "hello");
    assert_eq!(client.until("reply").await["data"], 1);
    client.msg("m", "something else");
    let refused = client.until("reply").await;
    assert_eq!(refused["error"]["code"], "mid_reused");
    client.sub(2, "coffee");
    client.until("subok").await;
    client.send(&json!({ "t": "msg", "sub": 2, "mid": "m", "data": "hello" }));
    let refused = client.until("reply").await;
    assert_eq!(refused["error"]["code"], "mid_reused");
    assert_eq!(server.probe.received.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn message_that_fails_after_publishing_has_an_unknown_outcome() {
    runs_once_with_an_unknown_outcome("break").await;
}

#[tokio::test]
async fn message_that_is_refused_after_publishing_has_an_unknown_outcome() {
    runs_once_with_an_unknown_outcome("refuse").await;
}

/// `unavailable` means that the message did not run, so the code of a channel cannot use it.
#[tokio::test]
async fn unavailable_channel_has_an_unknown_outcome() {
    runs_once_with_an_unknown_outcome("fail").await;
}

async fn runs_once_with_an_unknown_outcome(message: &str) {
    let server = memory_server(|_| {});
    let mut client = server.connect("mia").await;
    client.sub(1, "tea");
    client.until("subok").await;
    client.msg("m", message);
    let reply = client.until("reply").await;
    assert_eq!(reply["error"]["code"], "outcome_unknown");
    client.msg("m", message);
    assert_eq!(client.until("reply").await, reply);
    assert_eq!(server.probe.received.load(Ordering::SeqCst), 1);
}

/// The lease of another run never expires, as if the clock of Redis had been set back.
#[tokio::test(start_paused = true)]
async fn message_waits_for_another_run_until_a_timeout() {
    let polls = Arc::<AtomicUsize>::default();
    let store = AlwaysRunningElsewhere(Arc::clone(&polls));
    let set_limits = |limits: &mut ConnectionLimits| {
        limits.pong_timeout = Duration::from_secs(60);
    };
    let server = Server::with_store(MemoryBroker::new(), store, set_limits);
    let mut client = server.connect("mia").await;
    client.sub(1, "tea");
    client.until("subok").await;
    client.msg("m", "hello");
    tokio::time::sleep(Duration::from_secs(30)).await;
    let reply = client.until("reply").await;
    assert_eq!(reply["error"]["code"], "outcome_unknown");
    assert_eq!(server.probe.received.load(Ordering::SeqCst), 0);
    let polls = polls.load(Ordering::SeqCst);
    assert!(polls < 60, "the lease was polled {polls} times");
}

#[tokio::test(start_paused = true)]
async fn message_that_times_out_has_an_unknown_outcome() {
    let server = memory_server(|_| {});
    let mut client = server.connect("mia").await;
    client.sub(1, "tea");
    client.until("subok").await;
    client.msg("m", "wait");
    tokio::time::sleep(Duration::from_secs(29)).await;
    let reply = client.until("reply").await;
    assert_eq!(reply["error"]["code"], "outcome_unknown");
}

/// A store whose counts cannot be reached.
struct WithoutCounts(MemorySharedStore);

#[async_trait::async_trait]
impl SharedStore for WithoutCounts {
    async fn take(&self, _: &[Counter<'_>]) -> Result<TakeReply, SharedStoreError> {
        Err(SharedStoreError::unsent("the store is away"))
    }

    async fn acquire(
        &self,
        of: &Operation,
        time: Duration,
    ) -> Result<LeaseReply, SharedStoreError> {
        self.0.acquire(of, time).await
    }

    async fn complete(&self, of: &Operation, outcome: Bytes) -> Result<(), SharedStoreError> {
        self.0.complete(of, outcome).await
    }

    async fn release(&self, of: &Operation) -> Result<(), SharedStoreError> {
        self.0.release(of).await
    }

    async fn contains(&self, of: &Operation) -> Result<bool, SharedStoreError> {
        self.0.contains(of).await
    }
}

#[tokio::test]
async fn limited_message_does_not_run_while_the_store_is_unavailable() {
    let store = WithoutCounts(MemorySharedStore::new());
    let server = Server::with_store(MemoryBroker::new(), store, |_| {});
    let mut client = server.connect("mia").await;
    let params = json!({ "room": "tea" });
    client.send(&json!({ "t": "sub", "sub": 1, "channel": "polls", "params": params }));
    client.until("subok").await;
    for _ in 0..2 {
        client.msg("a", "yes");
        let refused = client.until("reply").await;
        // The client may send it again, because it did not run.
        assert_eq!(refused["error"]["code"], "unavailable", "{refused}");
        assert!(refused["error"]["retry_after"].is_number(), "{refused}");
    }
    assert_eq!(server.probe.received.load(Ordering::SeqCst), 0);
    // A channel without limits needs no counts.
    client.sub(2, "tea");
    client.until("subok").await;
    client.send(&json!({ "t": "msg", "sub": 2, "mid": "b", "data": "hello" }));
    assert_eq!(client.until("reply").await["data"], 1);
}

/// A store that always reports that another server is running the message.
struct AlwaysRunningElsewhere(Arc<AtomicUsize>);

#[async_trait::async_trait]
impl SharedStore for AlwaysRunningElsewhere {
    async fn take(&self, _: &[Counter<'_>]) -> Result<TakeReply, SharedStoreError> {
        Ok(TakeReply::Taken)
    }

    async fn acquire(&self, _: &Operation, _: Duration) -> Result<LeaseReply, SharedStoreError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(LeaseReply::Running)
    }

    async fn complete(&self, _: &Operation, _: Bytes) -> Result<(), SharedStoreError> {
        Ok(())
    }

    async fn release(&self, _: &Operation) -> Result<(), SharedStoreError> {
        Ok(())
    }

    async fn contains(&self, _: &Operation) -> Result<bool, SharedStoreError> {
        Ok(true)
    }
}
