//! Spans of requests, calls, messages and background work, as traces of OpenTelemetry.

use std::fmt;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::Full;
use mizan_channels::broker::MemoryBroker;
use mizan_channels::{Channels, ChannelsExt};
use mizan_core::{
    Channel, Cx, Decision, Error, Identity, Principal, Registry, RequestHead, channel, client,
};
use mizan_forms::{Form, FormHandler, RegisterForm};
use mizan_http::request_tracing::{TracedService, inject_trace_context};
use mizan_http::{Authenticate, HttpLimits, MizanService, RequestTracing};
use opentelemetry::trace::{SpanId, TraceId, TracerProvider as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tower_layer::Layer as _;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use validator::Validate;

use crate::app::limits;
use crate::harness::{Reply, Server, call, get, post, with, within_timeout};
use crate::websocket::app::Room;
use crate::websocket::client::Client;

/// The spans that have ended, and the ids of logged errors.
#[derive(Clone, Debug, Default)]
struct Collected {
    spans: Arc<Mutex<Vec<SpanData>>>,
    error_ids: Arc<Mutex<Vec<String>>>,
}

impl SpanExporter for Collected {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.spans.lock().unwrap().extend(batch);
        Ok(())
    }
}

impl<S: Subscriber> Layer<S> for Collected {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut ErrorIds(&self.error_ids));
    }
}

struct ErrorIds<'a>(&'a Mutex<Vec<String>>);

impl Visit for ErrorIds<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "error_id" {
            self.0.lock().unwrap().push(format!("{value:?}"));
        }
    }
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tree(String, Vec<Tree>);

fn tree<const N: usize>(name: &str, children: [Tree; N]) -> Tree {
    Tree(name.to_owned(), children.into())
}

impl Collected {
    /// Collects the spans of this thread at the level INFO until the guard is dropped. The other layer enables all
    /// levels, so that the steps of calls are spans without a trace.
    fn start() -> (Self, (SdkTracerProvider, DefaultGuard)) {
        let collected = Self::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(collected.clone());
        let provider = provider.build();
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        let traces = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
        let layers = tracing_subscriber::registry()
            .with(traces.with_filter(LevelFilter::INFO))
            .with(collected.clone());
        let guard = tracing::subscriber::set_default(layers);
        (collected, (provider, guard))
    }

    /// Returns the trees of all spans, sorted by name: the kinds of a trace's spans, with their functions and channels.
    fn trees(&self) -> Vec<Tree> {
        let spans = self.spans.lock().unwrap();
        let is_root = |span: &&SpanData| {
            let parent = span.parent_span_id;
            !spans
                .iter()
                .any(|span| span.span_context.span_id() == parent)
        };
        let mut trees: Vec<_> = spans
            .iter()
            .filter(is_root)
            .map(|root| subtree(root, &spans))
            .collect();
        trees.sort();
        trees
    }

    /// Returns the only span with this name.
    fn span(&self, name: &str) -> SpanData {
        let spans = self.spans.lock().unwrap();
        let mut named = spans.iter().filter(|span| span.name == name);
        let span = named.next().unwrap_or_else(|| panic!("no span {name}"));
        assert!(named.next().is_none(), "two spans {name}");
        span.clone()
    }

    fn clear(&self) {
        self.spans.lock().unwrap().clear();
        self.error_ids.lock().unwrap().clear();
    }
}

fn subtree(span: &SpanData, spans: &[SpanData]) -> Tree {
    let id = span.span_context.span_id();
    let trace = span.span_context.trace_id();
    let children = spans
        .iter()
        .filter(|child| child.parent_span_id == id && child.span_context.trace_id() == trace);
    let mut children: Vec<_> = children.map(|child| subtree(child, spans)).collect();
    children.sort();
    Tree(span.name.clone().into_owned(), children)
}

#[client(query)]
async fn leaf() -> Result<u8, Error> {
    Ok(1)
}

#[client(query)]
async fn branch(cx: &Cx) -> Result<u8, Error> {
    Ok(cx.call(Leaf {}).await?)
}

#[client(query)]
async fn broken_query() -> Result<u8, Error> {
    Err(Error::internal("the database is away"))
}

/// Returns the headers that a request to another service would have.
#[client(query)]
async fn outgoing() -> Result<Vec<(String, String)>, Error> {
    let mut headers = HeaderMap::new();
    inject_trace_context(&mut headers);
    let text = |value: &http::HeaderValue| value.to_str().map(str::to_owned).unwrap();
    let headers = headers.iter();
    Ok(headers
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect())
}

/// Publishes after the reply, and fails after that.
#[client]
async fn announce(cx: &Cx) -> Result<u8, Error> {
    publish_later(cx);
    tokio::task::yield_now().await;
    cx.after_reply(async { Err(Error::internal("the index is away\nforged")) });
    Ok(cx.call(Leaf {}).await?)
}

fn publish_later(cx: &Cx) {
    let channels = cx.channels().clone();
    cx.after_reply(async move {
        channels.publish::<News>(&Room::new("news"), 2).await?;
        Ok(())
    });
}

struct News;

#[channel]
impl Channel for News {
    type Params = Room;
    type ServerMessage = u8;
    type ClientMessage = u8;
    type Reply = ();
    const NAME: &'static str = "news";

    async fn authorize(cx: &Cx, _: &Room) -> Result<Decision, Error> {
        if cx.principal().id() == Some("broken") {
            return Err(Error::internal("the database is away"));
        }
        Ok(Decision::Allow)
    }

    fn group(_: &Room) -> String {
        "news".to_owned()
    }

    async fn receive(cx: &Cx, _: &Room, message: u8) -> Result<(), Error> {
        if message == 0 {
            return Err(Error::internal("the database is away"));
        }
        cx.channels()
            .publish::<News>(&Room::new("news"), message)
            .await?;
        cx.call(Branch {}).await?;
        publish_later(cx);
        Ok(())
    }
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "contact")]
struct Contact {
    #[validate(length(max = 80))]
    name: String,
}

impl FormHandler for Contact {
    type Output = bool;
    type Error = Error;

    async fn submit(self, _: &Cx) -> Result<bool, Error> {
        Err(Error::internal(format!("{} cannot be stored", self.name)))
    }
}

/// Trusts the token of a WebSocket as the name of a user.
struct ByToken;

impl Authenticate for ByToken {
    async fn authenticate(&self, head: &RequestHead) -> Result<Principal, Error> {
        let token = head.headers().get("authorization");
        let token = token.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        Ok(token.map_or_else(Principal::anonymous, |name| Identity::new(name).into()))
    }
}

fn mizan(change: impl FnOnce(&mut HttpLimits)) -> MizanService<ByToken> {
    let registry = Registry::new()
        .function::<Leaf>()
        .function::<Branch>()
        .function::<BrokenQuery>()
        .function::<Outgoing>()
        .function::<Announce>()
        .channel::<News>()
        .form::<Contact>()
        .state(Channels::new(MemoryBroker::new()));
    let service = MizanService::builder(registry.build().unwrap());
    let service = service.authenticate(ByToken).limits(limits(change));
    service.build().unwrap()
}

fn traced(mizan: &MizanService<ByToken>) -> TracedService<MizanService<ByToken>> {
    RequestTracing::new().trust_clients().layer(mizan.clone())
}

fn batch(names: &[&str]) -> Request<Full<Bytes>> {
    let calls: Vec<_> = names.iter().map(|name| json!({ "name": name })).collect();
    post("/api/mizan/batch", Value::from(calls).to_string())
}

#[tokio::test]
async fn calls_of_a_batch_are_children_of_its_request() {
    let (collected, _guard) = Collected::start();
    let service = traced(&mizan(|_| {}));
    let reply = call(&service, batch(&["branch", "leaf", "branch"])).await;
    assert_eq!(reply.status, 200);
    let branch = || tree("branch", [tree("leaf", [])]);
    let expected = tree("POST", [branch(), branch(), tree("leaf", [])]);
    assert_eq!(collected.trees(), [expected]);
}

/// The work runs after the request, also if the client disconnects before the reply.
#[tokio::test]
async fn work_after_a_reply_is_a_child_of_its_call() {
    let (collected, _guard) = Collected::start();
    let mizan = mizan(|_| {});
    let service = traced(&mizan);
    let request = || post("/api/mizan/call/announce", "");
    let expected = || {
        let publishes = tree("mizan.background", [tree("mizan.publish", [])]);
        let fails = tree("mizan.background", []);
        let call = [tree("leaf", []), fails, publishes];
        vec![tree("POST", [tree("announce", call)])]
    };
    assert_eq!(call(&service, request()).await.status, 200);
    within_timeout(mizan.wait_idle()).await;
    assert_eq!(collected.trees(), expected());
    let trace = collected.span("announce").span_context.trace_id();
    assert_eq!(*collected.error_ids.lock().unwrap(), [trace.to_string()]);
    collected.clear();

    // One poll starts the call, which then continues without its client.
    let mut service = service;
    let mut abandoned = Box::pin(tower_service::Service::call(&mut service, request()));
    assert!(futures_util::FutureExt::now_or_never(abandoned.as_mut()).is_none());
    drop(abandoned);
    within_timeout(mizan.wait_idle()).await;
    assert_eq!(collected.trees(), expected());
}

#[tokio::test]
async fn message_its_calls_its_publishes_and_its_work_are_one_trace() {
    let (collected, _guard) = Collected::start();
    let mizan = mizan(|_| {});
    let server = Server::start_with(mizan, |serve| serve).await;
    let mut client = Client::hello(server.addr, "mia").await;
    client
        .send(&json!({ "t": "sub", "sub": 1, "channel": "news", "params": { "room": "news" } }))
        .await;
    client.next("subok").await;
    collected.clear();
    client
        .send(&json!({ "t": "msg", "sub": 1, "mid": "m", "data": 1 }))
        .await;
    client.until("reply").await;
    let expected = tree(
        "news",
        [
            tree("branch", [tree("leaf", [])]),
            tree("mizan.background", [tree("mizan.publish", [])]),
            tree("mizan.publish", []),
        ],
    );
    assert_eq!(collected.trees(), [expected]);
}

/// Returns the id of the only trace, which is also that of the logged error.
fn error_trace(collected: &Collected) -> String {
    let spans = std::mem::take(&mut *collected.spans.lock().unwrap());
    let mut traces: Vec<TraceId> = spans
        .iter()
        .map(|span| span.span_context.trace_id())
        .collect();
    traces.dedup();
    assert_eq!(traces.len(), 1, "{spans:?}");
    let logged = std::mem::take(&mut *collected.error_ids.lock().unwrap());
    assert_eq!(logged, [traces[0].to_string()]);
    traces[0].to_string()
}

#[tokio::test]
async fn error_id_is_the_id_of_the_trace_by_whatever_way_a_call_comes() {
    let (collected, _guard) = Collected::start();
    let mizan = mizan(|_| {});
    let service = traced(&mizan);
    let reply = call(&service, get("/api/mizan/call/broken_query")).await;
    assert_eq!(reply.problem()["error_id"], error_trace(&collected));

    let reply = call(&service, batch(&["broken_query"])).await;
    let line: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(line["error"]["error_id"], error_trace(&collected));

    let reply = call(
        &service,
        post("/api/mizan/call/contact.submit", r#"{"name":"Mia"}"#),
    )
    .await;
    assert_eq!(reply.problem()["error_id"], error_trace(&collected));

    let form = Request::post("/api/mizan/form/contact")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::<Bytes>::from("name=Mia"))
        .unwrap();
    let reply = call(&service, form).await;
    assert_eq!(reply.status, 500);
    let page = String::from_utf8(reply.body.to_vec()).unwrap();
    let id = error_trace(&collected);
    assert!(page.contains(&id), "{page} without {id}");

    let server = Server::start_with(mizan, |serve| serve).await;
    let sub = json!({ "t": "sub", "sub": 1, "channel": "news", "params": { "room": "news" } });
    let mut broken = Client::hello(server.addr, "broken").await;
    broken.send(&sub).await;
    let refused = broken.until("unsub").await;
    assert_eq!(refused["id"], error_trace(&collected), "{refused}");
    let mut client = Client::hello(server.addr, "mia").await;
    client.send(&sub).await;
    client.next("subok").await;
    collected.clear();
    client
        .send(&json!({ "t": "msg", "sub": 1, "mid": "m", "data": 0 }))
        .await;
    let refused = client.any().await;
    assert_eq!(refused["error"]["id"], error_trace(&collected), "{refused}");
}

#[tokio::test]
async fn outgoing_request_continues_the_trace_in_the_span_of_its_call() {
    let (collected, _guard) = Collected::start();
    let service = traced(&mizan(|_| {}));
    let state = "vendor=7";
    let request = with(
        get("/api/mizan/call/outgoing"),
        &[
            (
                "traceparent",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            ),
            ("tracestate", state),
        ],
    );
    let sent: Vec<(String, String)> =
        serde_json::from_value(call(&service, request).await.json()).unwrap();
    let span = collected.span("outgoing").span_context;
    let parent = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", span.span_id());
    let expected = [("traceparent", &*parent), ("tracestate", state)];
    assert_eq!(sent.len(), 2, "{sent:?}");
    for (name, value) in expected {
        assert!(
            sent.contains(&(name.to_owned(), value.to_owned())),
            "{sent:?}"
        );
    }
}

#[tokio::test]
async fn malformed_trace_context_begins_a_new_trace() {
    let (collected, _guard) = Collected::start();
    let service = traced(&mizan(|_| {}));
    let id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let valid = format!("00-{id}-00f067aa0ba902b7-01");
    for parent in [
        "",
        "00",
        "00-x",
        &valid[..54],
        &format!("{valid}x"),
        &format!("{valid}-{}", "a".repeat(4_000)),
        &valid.replace('b', "B"),
        &valid.replace("00f067aa0ba902b7", "0000000000000000"),
        &valid.replace(id, &"0".repeat(32)),
        &valid.replacen("00", "ff", 1),
        &format!("{valid},{valid}"),
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-\u{1f600}",
    ] {
        let request = with(get("/api/mizan/call/leaf"), &[("traceparent", parent)]);
        assert_eq!(call(&service, request).await.status, 200);
        let root = collected.span("GET");
        assert_eq!(root.parent_span_id, SpanId::INVALID, "{parent}");
        assert_ne!(root.span_context.trace_id().to_string(), id, "{parent}");
        collected.clear();
    }
    let huge = format!("a={}", "b".repeat(10_000));
    let headers = [("traceparent", &*valid), ("tracestate", &*huge)];
    let request = with(get("/api/mizan/call/leaf"), &headers);
    assert_eq!(call(&service, request).await.status, 200);
    let root = collected.span("GET").span_context;
    assert_eq!(root.trace_id().to_string(), id);
    assert_eq!(
        root.trace_state().header(),
        "",
        "a long `tracestate` is dropped"
    );
}

/// Returns the names in the header `Server-Timing`.
fn timings(reply: &Reply) -> Option<Vec<String>> {
    let entries = reply.header("server-timing")?.split(", ");
    let names = entries.map(|entry| {
        let (name, duration) = entry.split_once(";dur=").unwrap();
        assert!(duration.parse::<f64>().unwrap() >= 0.0);
        name.to_owned()
    });
    Some(names.collect())
}

#[tokio::test]
async fn only_development_sends_the_durations_of_the_steps() {
    let request = || get("/api/mizan/call/leaf");
    let production = call(&mizan(|_| {}), request()).await;
    assert_eq!(timings(&production), None);
    let registry = Registry::new().function::<Leaf>();
    let development = MizanService::builder(registry.build().unwrap()).server_timing(true);
    let development = call(&development.build().unwrap(), request()).await;
    let expected = ["policy", "decode", "validate", "authorize", "run"];
    assert_eq!(timings(&development).unwrap(), expected);
}
