//! Connections over a transport in memory: what becomes of work, messages and presence.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use mizan_channels::{
    Broker, BrokerError, Channels, ChannelsExt, Claim, ClaimRequest, Close, Cursor, Feed, Gone,
    Limits, Listener, MemoryBroker, Publication, Received, Retention, Transport, Visitor,
};
use mizan_core::channel::{Member, Position};
use mizan_core::{
    App, Channel, Cx, Decision, Error, ErrorCode, Identity, Principal, Registry, RequestHead,
    channel,
};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};

use crate::brokers::soon;

/// Semaphores that the channel's code waits for, and counters of its calls.
pub(crate) struct World {
    /// A permit for each `authorize` in a room `slow`.
    authorize: Semaphore,
    member: Semaphore,
    pub(crate) publish: Semaphore,
    running: AtomicUsize,
    asked: AtomicUsize,
    pub(crate) received: AtomicUsize,
    is_closed: AtomicBool,
}

impl Default for World {
    fn default() -> Self {
        Self {
            authorize: Semaphore::new(0),
            member: Semaphore::new(0),
            publish: Semaphore::new(0),
            running: AtomicUsize::new(0),
            asked: AtomicUsize::new(0),
            received: AtomicUsize::new(0),
            is_closed: AtomicBool::new(false),
        }
    }
}

impl World {
    pub(crate) fn refuse_messages(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
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

    async fn authorize(cx: &Cx, params: &Room) -> Decision {
        let world = cx.state::<Arc<World>>();
        if params.room == "slow" {
            world.asked.fetch_add(1, Ordering::SeqCst);
            let _running = Running::begin(&world.running);
            world.authorize.acquire().await.unwrap().forget();
        }
        if params.room == "nowhere" {
            return Decision::not_found("there is no such room");
        }
        Decision::Allow
    }

    fn group(params: &Room) -> String {
        params.room.clone()
    }

    async fn member(cx: &Cx, params: &Room) -> Result<Option<Member<String>>, Error> {
        let Some(id) = cx.principal().id() else {
            return Ok(None);
        };
        if params.room == "busy" {
            let world = cx.state::<Arc<World>>();
            world.member.acquire().await?.forget();
        }
        Ok(Some(Member::new(id.to_owned(), id.to_owned())))
    }

    async fn receive(cx: &Cx, params: &Room, message: String) -> Result<usize, Error> {
        let world = cx.state::<Arc<World>>();
        if world.is_closed.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorCode::Unauthenticated, "sign in"));
        }
        let received = world.received.fetch_add(1, Ordering::SeqCst) + 1;
        if message == "wait" {
            world.publish.acquire().await?.forget();
        }
        if message == "fail" {
            return Err(Error::new(ErrorCode::Unavailable, "the store is away"));
        }
        cx.channels()
            .publish::<Self>(params, message.clone())
            .await?;
        if message == "break" {
            return Err(Error::internal("as it was told"));
        }
        if message == "refuse" {
            return Err(Error::new(ErrorCode::RateLimited, "as it was told"));
        }
        Ok(received)
    }
}

pub(crate) struct Server {
    channels: Channels,
    app: App,
    pub(crate) world: Arc<World>,
}

impl Server {
    pub(crate) fn new(broker: impl Broker, limits: impl FnOnce(&mut Limits)) -> Self {
        let mut settings = Limits::default();
        limits(&mut settings);
        let channels = Channels::with_limits(broker, settings);
        let world = Arc::<World>::default();
        let registry = Registry::new().channel::<Chat>().state(channels.clone());
        let app = registry.state(Arc::clone(&world)).build().unwrap();
        Self {
            channels,
            app,
            world,
        }
    }

    /// Connects as `user` and says hello; an empty `user` is anonymous.
    pub(crate) async fn connect(&self, user: &'static str) -> Client {
        self.connect_from(user, None).await
    }

    async fn connect_from(&self, user: &'static str, address: Option<IpAddr>) -> Client {
        let (to_server, from_client) = mpsc::unbounded_channel();
        let (to_client, from_server) = mpsc::unbounded_channel();
        let wire = Wire {
            from: from_client,
            to: to_client,
        };
        let identify = move |_: Option<String>| -> futures_util::future::BoxFuture<'static, _> {
            Box::pin(async move {
                let principal = match user {
                    "" => Principal::anonymous(),
                    user => Identity::new(user).into(),
                };
                let (parts, ()) = http::Request::new(()).into_parts();
                let head = Arc::new(RequestHead::new(parts, address));
                Ok(Visitor { principal, head })
            })
        };
        tokio::spawn(self.channels.serve(&self.app, wire, identify));
        let mut client = Client {
            to: to_server,
            from: from_server,
        };
        client.say(&json!({ "t": "hello", "client": format!("page-of-{user}") }));
        client.until("welcome").await;
        client
    }
}

struct Wire {
    from: mpsc::UnboundedReceiver<Bytes>,
    to: mpsc::UnboundedSender<Bytes>,
}

impl Transport for Wire {
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Received> {
        let frame = self.from.poll_recv(cx);
        frame.map(|frame| frame.map_or(Received::End, Received::Frame))
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Gone>> {
        Poll::Ready(Ok(()))
    }

    fn send(&mut self, frame: Bytes) -> Result<(), Gone> {
        self.to.send(frame).map_err(|_| Gone)
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Gone>> {
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
    pub(crate) fn say(&mut self, frame: &Value) {
        self.to.send(frame.to_string().into()).unwrap();
    }

    pub(crate) fn sub(&mut self, sub: u32, room: &str) {
        self.say(&json!({ "t": "sub", "sub": sub, "channel": "chat", "params": { "room": room } }));
    }

    pub(crate) fn msg(&mut self, mid: &str, data: &str) {
        self.say(&json!({ "t": "msg", "sub": 1, "mid": mid, "data": data }));
    }

    pub(crate) async fn any(&mut self) -> Value {
        let frame = soon(self.from.recv()).await.unwrap();
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
    async fn during(&mut self, time: Duration) -> Vec<Value> {
        let end = tokio::time::Instant::now() + time;
        let mut frames = Vec::new();
        while let Ok(frame) = tokio::time::timeout_at(end, self.any()).await {
            frames.push(frame);
        }
        frames
    }
}

fn memory(limits: impl FnOnce(&mut Limits)) -> Server {
    Server::new(MemoryBroker::new(), limits)
}

#[tokio::test(start_paused = true)]
async fn leaving_while_entering_leaves_no_presence() {
    let server = memory(|_| {});
    let mut watching = server.connect("").await;
    watching.sub(1, "busy");
    let there = watching.until("presence").await;
    assert_eq!(there["members"], json!([]));
    let mut mia = server.connect("mia").await;
    mia.sub(1, "busy");
    mia.until("subok").await;
    mia.say(&json!({ "t": "unsub", "sub": 1 }));
    mia.until("unsub").await;
    server.world.member.add_permits(1);
    let told = watching.during(Duration::from_secs(15)).await;
    assert!(
        told.iter().all(|frame| frame["t"] != "presence"),
        "{told:?}"
    );
    let mut late = server.connect("").await;
    late.sub(1, "busy");
    assert_eq!(late.until("presence").await["members"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn coming_and_going_is_announced_once() {
    let server = memory(|_| {});
    let mut watching = server.connect("").await;
    watching.sub(1, "tea");
    watching.until("presence").await;
    let mut mia = server.connect("mia").await;
    for sub in 0..20 {
        mia.sub(sub, "tea");
        mia.until("presence").await;
        mia.say(&json!({ "t": "unsub", "sub": sub }));
        mia.until("unsub").await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let told = watching.during(Duration::from_secs(10)).await;
    let told: Vec<_> = told
        .iter()
        .filter(|frame| frame["t"] == "presence")
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0]["join"][0]["id"], "mia");
    assert_eq!(told[1]["leave"][0], "mia");
}

#[tokio::test(start_paused = true)]
async fn the_work_of_a_subscription_ends_with_it() {
    let server = memory(|_| {});
    let mut client = server.connect("mia").await;
    for sub in 0..50 {
        client.sub(sub, "slow");
        client.say(&json!({ "t": "unsub", "sub": sub }));
        client.until("unsub").await;
    }
    client.sub(99, "slow");
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.world.running.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn the_code_of_channels_runs_only_so_often_at_once() {
    let server = memory(|limits| limits.concurrent_calls = 2);
    let mut clients = Vec::new();
    for _ in 0..5 {
        let mut client = server.connect("mia").await;
        client.sub(1, "slow");
        clients.push(client);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.world.running.load(Ordering::SeqCst), 2);
    server.world.authorize.add_permits(5);
    for client in &mut clients {
        client.until("subok").await;
    }
    let asked = server.world.asked.load(Ordering::SeqCst);
    assert_eq!(asked, 5);
    // One that has no turn in time is told to come again.
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
async fn a_client_takes_its_share_of_calls_alone() {
    let server = memory(|limits| {
        limits.concurrent_calls = 4;
        limits.concurrent_calls_per_client = 2;
    });
    let mut greedy = Vec::new();
    for host in 0..10 {
        // One host has a whole network of addresses.
        let address = Some(format!("2001:db8::{host}").parse().unwrap());
        let mut client = server.connect_from("eve", address).await;
        for sub in 0..5 {
            client.sub(sub, "slow");
        }
        greedy.push(client);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.world.running.load(Ordering::SeqCst), 2);
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
async fn an_unknown_room_is_not_found_for_every_caller() {
    let server = memory(|_| {});
    for user in ["", "mia"] {
        let mut client = server.connect(user).await;
        client.sub(1, "nowhere");
        assert_eq!(client.until("unsub").await["code"], "not_found");
    }
}

#[tokio::test]
async fn a_message_that_was_refused_is_not_remembered() {
    let server = memory(|_| {});
    let mut client = server.connect("").await;
    client.sub(1, "tea");
    client.until("subok").await;
    server.world.is_closed.store(true, Ordering::SeqCst);
    client.msg("m", "hello");
    let refused = client.until("reply").await;
    assert_eq!(refused["error"]["code"], "unauthenticated");
    server.world.is_closed.store(false, Ordering::SeqCst);
    client.msg("m", "hello");
    assert_eq!(client.until("reply").await["data"], 1);
    client.msg("m", "hello");
    assert_eq!(client.until("reply").await["data"], 1);
}

#[tokio::test]
async fn a_mid_belongs_to_one_message() {
    let server = memory(|_| {});
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
    client.say(&json!({ "t": "msg", "sub": 2, "mid": "m", "data": "hello" }));
    let refused = client.until("reply").await;
    assert_eq!(refused["error"]["code"], "mid_reused");
    assert_eq!(server.world.received.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_message_that_broke_after_it_was_published_has_an_unknown_outcome() {
    runs_once_with_an_unknown_outcome("break").await;
}

#[tokio::test]
async fn a_message_that_was_refused_after_it_was_published_has_an_unknown_outcome() {
    runs_once_with_an_unknown_outcome("refuse").await;
}

/// Only the server says that a message did not run: what a channel did before it failed is not known.
#[tokio::test]
async fn a_channel_that_is_unavailable_has_an_unknown_outcome() {
    runs_once_with_an_unknown_outcome("fail").await;
}

async fn runs_once_with_an_unknown_outcome(message: &str) {
    let server = memory(|_| {});
    let mut client = server.connect("mia").await;
    client.sub(1, "tea");
    client.until("subok").await;
    client.msg("m", message);
    let reply = client.until("reply").await;
    assert_eq!(reply["error"]["code"], "outcome_unknown");
    client.msg("m", message);
    assert_eq!(client.until("reply").await, reply);
    assert_eq!(server.world.received.load(Ordering::SeqCst), 1);
}

/// As where the clock of Redis was set back: its lease lasts for hours.
#[tokio::test(start_paused = true)]
async fn a_message_waits_for_another_run_of_it_only_so_long() {
    let asked = Arc::<AtomicUsize>::default();
    let broker = ClaimedElsewhere {
        memory: MemoryBroker::new(),
        asked: Arc::clone(&asked),
    };
    let server = Server::new(broker, |limits| {
        limits.pong_timeout = Duration::from_secs(60);
    });
    let mut client = server.connect("mia").await;
    client.sub(1, "tea");
    client.until("subok").await;
    client.msg("m", "hello");
    tokio::time::sleep(Duration::from_secs(30)).await;
    let reply = client.until("reply").await;
    assert_eq!(reply["error"]["code"], "outcome_unknown");
    assert_eq!(server.world.received.load(Ordering::SeqCst), 0);
    let asked = asked.load(Ordering::SeqCst);
    assert!(asked < 60, "the broker was asked {asked} times");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_took_too_long_has_an_unknown_outcome() {
    let server = memory(|_| {});
    let mut client = server.connect("mia").await;
    client.sub(1, "tea");
    client.until("subok").await;
    client.msg("m", "wait");
    tokio::time::sleep(Duration::from_secs(29)).await;
    let reply = client.until("reply").await;
    assert_eq!(reply["error"]["code"], "outcome_unknown");
}

/// A broker on which another server runs each message, for ever.
struct ClaimedElsewhere {
    memory: MemoryBroker,
    asked: Arc<AtomicUsize>,
}

#[async_trait::async_trait]
impl Broker for ClaimedElsewhere {
    async fn publish(
        &self,
        group: &str,
        publication: Publication,
    ) -> Result<Position, BrokerError> {
        self.memory.publish(group, publication).await
    }

    async fn attach(
        &self,
        group: &str,
        retention: Retention,
        since: Option<&Position>,
        listener: Listener,
    ) -> Result<Feed, BrokerError> {
        let attached = self.memory.attach(group, retention, since, listener);
        attached.await
    }

    async fn enter(&self, _: &str, _: &str, _: &str, _: Bytes) -> Result<(), BrokerError> {
        Ok(())
    }

    async fn leave(&self, _: &str, _: &str) -> Result<(), BrokerError> {
        Ok(())
    }

    async fn members(&self, group: &str) -> Result<(Cursor, Bytes), BrokerError> {
        self.memory.members(group).await
    }

    async fn claim(&self, _: &ClaimRequest, _: Duration) -> Result<Claim, BrokerError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(Claim::Running)
    }

    async fn settle(&self, _: &ClaimRequest, _: Bytes) -> Result<(), BrokerError> {
        Ok(())
    }

    async fn release(&self, _: &ClaimRequest, _: bool) -> Result<(), BrokerError> {
        Ok(())
    }
}
