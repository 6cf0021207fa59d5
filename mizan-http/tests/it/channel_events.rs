//! Channels over server-sent events and `POST`.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use mizan_channels::Channels;
use mizan_channels::broker::MemoryBroker;
use mizan_http::response::ReplyBody;
use mizan_http::{HttpLimits, MizanService, PeerAddr};
use serde_json::{Value, json};
use tower_service::Service;

use crate::harness::{Reply, call, get, post, with, within_timeout};
use crate::websocket::app::{ByName, Feed, Room, service};

const PROTOCOL: (&str, &str) = ("mizan-protocol", "mizan.v1.json");

/// A connection over server-sent events.
struct Client {
    service: MizanService<ByName>,
    authorization: String,
    body: ReplyBody,
    text: String,
    connection: String,
    sequence: u64,
}

/// An event of the server: its name, and its data.
type Event = (String, Value);

fn open_request(authorization: &str) -> Request<Full<Bytes>> {
    let headers = [PROTOCOL, ("authorization", authorization)];
    with(get("/api/mizan/channels/events"), &headers)
}

impl Client {
    /// Opens a connection as `user`.
    async fn open(service: &MizanService<ByName>, user: &str) -> Self {
        let authorization = format!("Bearer {user}");
        let request = open_request(&authorization);
        let response = service.clone().call(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut client = Self {
            service: service.clone(),
            authorization,
            body: response.into_body(),
            text: String::new(),
            connection: String::new(),
            sequence: 0,
        };
        let (name, opened) = client.event().await.unwrap();
        assert_eq!(name, "open");
        opened["connection"]
            .as_str()
            .unwrap()
            .clone_into(&mut client.connection);
        client
    }

    /// Opens a connection and sends `hello`.
    async fn hello(service: &MizanService<ByName>, user: &str) -> Self {
        let mut client = Self::open(service, user).await;
        client
            .send(&json!({ "t": "hello", "client": format!("page-of-{user}") }))
            .await;
        assert_eq!(client.next("welcome").await["user"], user);
        client
    }

    /// Returns the next event, or `None` at the end of the response.
    async fn event(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = event.to_owned();
                self.text = rest.to_owned();
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
                if let Some(data) = field("data: ") {
                    let name = field("event: ").unwrap_or("message").to_owned();
                    return Some((name, serde_json::from_str(data).unwrap()));
                }
                continue;
            }
            let frame = within_timeout(self.body.frame()).await?;
            let data = frame.unwrap().into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&data).unwrap());
        }
    }

    /// Waits for the next frame of a type.
    async fn next(&mut self, kind: &str) -> Value {
        loop {
            let (name, frame) = self.event().await.unwrap();
            assert_eq!(name, "message", "{frame}");
            if frame["t"] == kind {
                return frame;
            }
        }
    }

    async fn post(&self, headers: &[(&'static str, &str)], body: String) -> Reply {
        let request = post("/api/mizan/channels/send", body);
        call(&self.service, with(request, headers)).await
    }

    /// Sends lines with a request number.
    async fn send_as(&self, sequence: u64, body: String) -> Reply {
        let sequence = sequence.to_string();
        let headers = [
            PROTOCOL,
            ("authorization", &*self.authorization),
            ("mizan-connection", &*self.connection),
            ("mizan-sequence", &*sequence),
        ];
        self.post(&headers, body).await
    }

    async fn send_lines(&mut self, frames: &[Value]) {
        let lines: Vec<_> = frames.iter().map(Value::to_string).collect();
        let reply = self.send_as(self.sequence, lines.join("\n")).await;
        assert_eq!(reply.status, 204, "{reply:?}");
        self.sequence += 1;
    }

    async fn send(&mut self, frame: &Value) {
        self.send_lines(std::slice::from_ref(frame)).await;
    }

    async fn join(&mut self, channel: &str, room: &str) -> Value {
        self.send(&sub(channel, room)).await;
        self.next("subok").await
    }
}

fn sub(channel: &str, room: &str) -> Value {
    json!({ "t": "sub", "sub": 1, "channel": channel, "params": { "room": room } })
}

fn msg(mid: &str, text: &str) -> Value {
    json!({ "t": "msg", "sub": 1, "mid": mid, "data": text })
}

#[tokio::test]
async fn two_users_chat() {
    let (service, _, _) = service(|_| {});
    let mut mia = Client::hello(&service, "mia").await;
    assert_eq!(mia.join("chat", "tea").await["snapshot"], "about tea");
    mia.next("presence").await;
    let mut ole = Client::hello(&service, "ole").await;
    ole.join("chat", "tea").await;
    assert_eq!(mia.next("presence").await["join"][0]["id"], "ole");
    // Several frames fit into one request.
    ole.send_lines(&[msg("m1", "hello"), msg("m2", "there")])
        .await;
    for (offset, text) in [(1, "ole: hello"), (2, "ole: there")] {
        let received = mia.next("pub").await;
        let prev = offset - 1;
        assert_eq!(
            received,
            json!({ "t": "pub", "sub": 1, "offset": offset, "prev": prev, "data": text })
        );
    }
    assert_eq!(
        ole.next("reply").await,
        json!({ "t": "reply", "mid": "m1", "data": 1 })
    );
    drop(ole);
    assert_eq!(mia.next("presence").await["leave"], json!(["ole"]));
}

#[tokio::test]
async fn resumes_after_reconnect() {
    let (service, channels, _) = service(|_| {});
    let publish = async |text: &str| {
        let tea = Room::new("tea");
        let published = channels.publish::<Feed>(&tea, text.to_owned());
        published.await.unwrap()
    };
    let mut client = Client::hello(&service, "mia").await;
    let joined = client.join("feed", "tea").await;
    publish("one").await;
    assert_eq!(client.next("pub").await["data"], "one");
    drop(client);
    publish("two").await;
    let mut client = Client::hello(&service, "mia").await;
    let mut resume = sub("feed", "tea");
    resume["since"] = json!({ "epoch": joined["epoch"], "offset": 1 });
    client.send(&resume).await;
    assert_eq!(client.next("subok").await["recovered"], true);
    assert_eq!(client.next("pub").await["data"], "two");
}

#[tokio::test]
async fn refuses_frames_for_connections_of_others() {
    let (service, _, state) = service(|_| {});
    let mut mia = Client::hello(&service, "mia").await;
    mia.join("chat", "tea").await;
    let unknown = "0".repeat(32);
    for (user, connection) in [
        ("Bearer ole", &*mia.connection),
        ("Bearer wrong", &*mia.connection),
        ("Bearer mia", &*unknown),
        ("Bearer mia", ""),
        ("Bearer mia", "x"),
    ] {
        let headers = [
            PROTOCOL,
            ("authorization", user),
            ("mizan-connection", connection),
            ("mizan-sequence", "2"),
        ];
        let reply = mia.post(&headers, msg("m1", "forged").to_string()).await;
        assert_eq!(reply.status, 404, "{user} {connection}");
    }
    assert_eq!(state.received.load(Ordering::Relaxed), 0);
    let cross_site = [
        PROTOCOL,
        ("authorization", &*mia.authorization),
        ("mizan-connection", &*mia.connection),
        ("mizan-sequence", "2"),
        ("sec-fetch-site", "cross-site"),
    ];
    let reply = mia.post(&cross_site, msg("m1", "forged").to_string()).await;
    assert_eq!(reply.status, 403);
    mia.send(&msg("m1", "own")).await;
    assert_eq!(mia.next("reply").await["data"], 1);
}

/// A proxy may repeat a request, and requests may overtake each other.
#[tokio::test]
async fn each_request_is_processed_once_and_in_order() {
    let (service, _, state) = service(|_| {});
    let mut mia = Client::hello(&service, "mia").await;
    mia.join("chat", "tea").await;
    let message = |mid: &str| msg(mid, "hello").to_string();
    // Each message has another `mid`, so that the session does not recognize a repetition.
    for (sequence, mid, status) in [
        (2, "a", 204),
        (2, "b", 204),
        (0, "c", 204),
        (4, "d", 409),
        (3, "e", 204),
    ] {
        let reply = mia.send_as(sequence, message(mid)).await;
        assert_eq!(reply.status, status, "{mid}");
    }
    let replies = [mia.next("reply").await, mia.next("reply").await];
    assert_eq!(replies.map(|reply| reply["mid"].clone()), ["a", "e"]);
    assert_eq!(state.received.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn the_end_of_a_connection_has_its_code() {
    let (service, _, _) = service(|_| {});
    let mut client = Client::hello(&service, "mia").await;
    client.send(&json!({ "t": "unknown" })).await;
    let (name, close) = client.event().await.unwrap();
    assert_eq!((&*name, &close["code"]), ("close", &json!(4400)));
    assert_eq!(client.event().await, None);
    let ended = async {
        while client.send_as(2, String::new()).await.status != 404 {
            tokio::task::yield_now().await;
        }
    };
    within_timeout(ended).await;
}

#[tokio::test]
async fn a_client_that_disconnects_ends_its_connection() {
    let (service, channels, _) = service(|_| {});
    let client = Client::hello(&service, "mia").await;
    assert_eq!(channels.connection_count(), 1);
    drop(client.body);
    let ended = async {
        while channels.connection_count() > 0 {
            tokio::task::yield_now().await;
        }
    };
    within_timeout(ended).await;
}

#[tokio::test]
async fn limits_the_frames_of_a_request() {
    let (service, _, _) = service(|limits| limits.max_frame_bytes = 1024);
    let client = Client::hello(&service, "mia").await;
    let long = msg("m", &"x".repeat(1024)).to_string();
    let many = "{}\n".repeat(33);
    for body in [long, many] {
        let reply = client.send_as(1, body).await;
        assert_eq!(reply.status, 413, "{reply:?}");
    }
}

#[tokio::test]
async fn limits_the_connections_of_a_client_and_of_the_server() {
    let (limited, _, _) = service(|limits| limits.max_connections = 1);
    let first = Client::open(&limited, "mia").await;
    let reply = call(&limited, open_request("Bearer ole")).await;
    assert_eq!(reply.failure(), (503, "unavailable".to_owned()));
    drop(first);

    let (channels, state) = (Channels::new(MemoryBroker::new()), Arc::default());
    let mut limits = HttpLimits::default();
    limits.max_websockets_per_client = 1;
    let service = MizanService::builder(crate::websocket::app::app(channels, &state))
        .authenticate(ByName(state))
        .limits(limits)
        .build()
        .unwrap();
    let open = async |address: &str| {
        let mut request = open_request("Bearer mia");
        let peer = format!("{address}:1").parse().unwrap();
        request.extensions_mut().insert(PeerAddr(peer));
        service.clone().call(request).await.unwrap()
    };
    let _first = open("10.0.0.1").await;
    assert_eq!(open("10.0.0.1").await.status(), 503);
    assert_eq!(open("10.0.0.2").await.status(), 200);
}

#[tokio::test]
async fn requires_the_protocol_and_the_method() {
    let (service, _, _) = service(|_| {});
    for path in ["/api/mizan/channels/events", "/api/mizan/channels/send"] {
        let is_open = path.ends_with("events");
        let request = |is_get| if is_get { get(path) } else { post(path, "") };
        let reply = call(&service, request(is_open)).await;
        assert_eq!(reply.status, 400, "{path}");
        let wrong = with(request(is_open), &[("mizan-protocol", "mizan.v2.json")]);
        assert_eq!(call(&service, wrong).await.status, 400, "{path}");
        let method = with(request(!is_open), &[PROTOCOL]);
        assert_eq!(call(&service, method).await.status, 405, "{path}");
        let site = ("sec-fetch-site", "cross-site");
        let cross_site = with(request(is_open), &[PROTOCOL, site]);
        assert_eq!(call(&service, cross_site).await.status, 403, "{path}");
    }
}

/// Proxies that buffer a response receive padding at once, and comments while there are no messages.
#[tokio::test(start_paused = true)]
async fn sends_padding_and_comments() {
    let (service, _, _) = service(|_| {});
    let response = service.clone().call(open_request("Bearer mia")).await;
    let mut body = response.unwrap().into_body();
    let start = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(start.starts_with(b":  ") && start.len() > 2048);
    assert!(start.ends_with(b"\n\n"));
    let mut client = Client::hello(&service, "mia").await;
    let started = tokio::time::Instant::now();
    let comment = client.body.frame().await.unwrap().unwrap().into_data();
    assert_eq!(comment.unwrap(), ":\n\n");
    assert_eq!(started.elapsed(), Duration::from_secs(15));
}
