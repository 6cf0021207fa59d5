//! Functions that return streams: their dispatch, their manifest, and the uses that a registry refuses.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use mizan_core::adapter::CallStream;
use mizan_core::{
    App, ClientError, Cx, Decision, Error, Identity, Principal, Registry, RequestHead, client,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{dispatch, member};

#[derive(ClientError, Debug)]
enum CountError {
    #[client_error(status = 409, message = "stopped at {at}")]
    Stopped { at: u32 },
}

/// Counts the polls of a stream, and the values that were dropped with it.
#[derive(Default)]
struct Probe {
    polls: AtomicUsize,
    drops: AtomicUsize,
}

struct DropProbe(Arc<Probe>);

impl Drop for DropProbe {
    fn drop(&mut self) {
        self.0.drops.fetch_add(1, Ordering::Relaxed);
    }
}

/// Counts up, and stops with an error.
#[client(query, auth)]
async fn count(
    cx: &Cx,
    #[validate(range(max = 1000))] to: u32,
    stop: Option<u32>,
) -> Result<impl Stream<Item = Result<u32, CountError>>, Error> {
    let probe = Arc::clone(cx.state::<Arc<Probe>>());
    let guard = DropProbe(Arc::clone(&probe));
    if to == 999 {
        return Err(Error::conflict("no more numbers"));
    }
    // Borrows the context for as long as the stream lives.
    Ok(stream::iter(0..to).map(move |number| {
        let _guard = &guard;
        assert_eq!(cx.principal().id(), Some("mia"));
        assert_ne!(number, 13, "an unlucky number");
        probe.polls.fetch_add(1, Ordering::Relaxed);
        if stop == Some(number) {
            return Err(CountError::Stopped { at: number });
        }
        Ok(number)
    }))
}

#[derive(Serialize, Deserialize, schemars::JsonSchema)]
struct Row {
    id: u64,
}

#[client(affects(count))]
async fn import(cx: &Cx) -> impl Stream<Item = Result<Row, Error>> {
    cx.affects("before");
    stream::iter(0..2).map(|id| {
        if id == 1 {
            cx.affects("during");
        }
        Ok(Row { id })
    })
}

fn app() -> (App, Arc<Probe>) {
    let probe = Arc::new(Probe::default());
    let registry = Registry::new().function::<Count>().function::<Import>();
    let app = registry.state(Arc::clone(&probe)).build().unwrap();
    (app, probe)
}

async fn start(app: &App, name: &str, input: &str) -> Box<CallStream> {
    let reply = dispatch(app, member(), name, input).await;
    assert_eq!(reply.result.unwrap(), "");
    reply.stream.unwrap()
}

#[tokio::test]
async fn polls_the_function_only_for_the_next_part() {
    let (app, probe) = app();
    let mut parts = start(&app, "count", r#"{"to": 3}"#).await;
    assert_eq!(probe.polls.load(Ordering::Relaxed), 0);
    assert_eq!(parts.next().await.unwrap().unwrap(), "0");
    assert_eq!(probe.polls.load(Ordering::Relaxed), 1);
    assert_eq!(parts.next().await.unwrap().unwrap(), "1");
    assert_eq!(parts.next().await.unwrap().unwrap(), "2");
    assert!(parts.next().await.is_none());
    assert!(parts.next().await.is_none());
    assert_eq!(probe.drops.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn dropping_the_stream_drops_the_function() {
    let (app, probe) = app();
    let mut parts = start(&app, "count", r#"{"to": 3}"#).await;
    parts.next().await.unwrap().unwrap();
    assert_eq!(probe.drops.load(Ordering::Relaxed), 0);
    drop(parts);
    assert_eq!(probe.drops.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn the_first_error_ends_the_stream() {
    let (app, probe) = app();
    let mut parts = start(&app, "count", r#"{"to": 3, "stop": 1}"#).await;
    parts.next().await.unwrap().unwrap();
    let error = parts.next().await.unwrap().unwrap_err();
    assert_eq!(error.code(), "stopped");
    assert_eq!(error.data()["at"], 1);
    assert_eq!(probe.drops.load(Ordering::Relaxed), 1);
    assert!(parts.next().await.is_none());
    assert!(parts.finish().affects.is_empty());
}

#[tokio::test]
async fn a_panic_is_an_internal_error_of_the_stream() {
    let (app, probe) = app();
    let parts = start(&app, "count", r#"{"to": 20}"#).await;
    let parts: Vec<_> = parts.collect().await;
    assert_eq!(parts.len(), 14);
    let error = parts.last().unwrap().as_ref().unwrap_err();
    assert_eq!(error.code(), "internal");
    assert!(error.id().is_some());
    assert_eq!(probe.drops.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn every_step_of_a_call_runs_before_the_stream() {
    let (app, _) = app();
    for (principal, input, code) in [
        (Principal::anonymous(), r#"{"to": 3}"#, "unauthenticated"),
        (member().into(), r#"{"to": 3000}"#, "invalid"),
        (member().into(), r#"{"from": 3}"#, "invalid"),
        (member().into(), r#"{"to": 999}"#, "conflict"),
    ] {
        let reply = dispatch(&app, principal, "count", input).await;
        assert!(reply.stream.is_none());
        assert_eq!(reply.result.unwrap_err().code(), code, "{input}");
    }
}

#[tokio::test]
async fn a_mutation_reports_what_it_affects_at_its_end() {
    let (app, _) = app();
    let reply = dispatch(&app, member(), "import", "{}").await;
    assert!(reply.head.affects.is_empty());
    let mut parts = reply.stream.unwrap();
    while let Some(part) = parts.next().await {
        part.unwrap();
    }
    let affects = parts.finish().affects;
    let affects: Vec<_> = affects.iter().map(ToString::to_string).collect();
    assert_eq!(affects, ["count", "before", "during"]);
}

#[tokio::test]
async fn an_adapter_can_end_the_stream() {
    let (app, probe) = app();
    let mut parts = start(&app, "count", r#"{"to": 3}"#).await;
    let error = parts.fail(Error::conflict("another process took over"));
    assert_eq!(error.code(), "conflict");
    assert_eq!(probe.drops.load(Ordering::Relaxed), 1);
    assert!(parts.next().await.is_none());
}

#[tokio::test]
async fn rust_code_receives_the_typed_parts() {
    let (app, _) = app();
    let input = Count {
        to: 3,
        stop: Some(1),
    };
    let parts = app.call_as(member(), input).await.unwrap();
    let parts: Vec<Result<u32, CountError>> = parts.collect().await;
    assert!(matches!(
        parts[..],
        [Ok(0), Err(CountError::Stopped { at: 1 })]
    ));
}

#[tokio::test]
async fn work_after_the_reply_runs_after_the_stream() {
    #[client]
    async fn job(cx: &Cx) -> impl Stream<Item = Result<u8, Error>> {
        let probe = Arc::clone(cx.state::<Arc<Probe>>());
        let at_start = Arc::clone(&probe);
        cx.after_reply(async move {
            at_start.polls.fetch_add(1, Ordering::Relaxed);
            Ok(())
        });
        stream::once(async move {
            let probe = Arc::clone(&probe);
            cx.after_commit(async move {
                probe.polls.fetch_add(10, Ordering::Relaxed);
                Ok(())
            });
            Ok(1)
        })
    }
    let probe = Arc::new(Probe::default());
    let registry = Registry::new().function::<Job>().state(Arc::clone(&probe));
    let app = registry.build().unwrap();
    let polls = || probe.polls.load(Ordering::Relaxed);

    let reply = dispatch(&app, Principal::anonymous(), "job", "{}").await;
    assert!(reply.background.is_empty());
    let mut parts = reply.stream.unwrap();
    while parts.next().await.is_some() {}
    let end = parts.finish();
    assert_eq!(polls(), 0);
    end.background.run("job", |work| work.map(Some)).await;
    assert_eq!(polls(), 11);

    let parts = app.call_as(Principal::anonymous(), Job {}).await.unwrap();
    assert_eq!(parts.count().await, 1);
}

#[tokio::test]
async fn access_is_checked_again_without_a_call() {
    async fn may_read(cx: &Cx, input: &Lines) -> Decision {
        (cx.principal().id() == Some(input.owner.as_str())).into()
    }
    #[client(query, auth, authorize = may_read)]
    async fn lines(owner: String) -> impl Stream<Item = Result<String, Error>> {
        stream::iter([Ok(owner)])
    }
    let app = Registry::new().function::<Lines>().build().unwrap();
    let entry = app.function("lines").unwrap();
    let check = async |principal: Principal| {
        let cx = app.context(principal, Arc::new(RequestHead::empty()));
        let access = entry.check_access(&cx, br#"{"owner": "mia"}"#).await;
        access.map_err(|error| error.code())
    };
    assert_eq!(check(member().into()).await, Ok(()));
    assert_eq!(check(Identity::new("bob").into()).await, Err("forbidden"));
    assert_eq!(check(Principal::anonymous()).await, Err("unauthenticated"));
}

#[test]
fn manifest_has_the_types_of_the_parts_and_their_error() {
    let (app, _) = app();
    let manifest = app.manifest().as_json();
    let [count, import] = [0, 1].map(|index| &manifest["functions"][index]);
    assert_eq!(count["output"]["type"], "integer");
    assert_eq!(count["stream"], json!({ "error": "CountError" }));
    assert_eq!(count["error"], Value::Null);
    assert_eq!(import["output"], json!({ "$ref": "#/$defs/Row" }));
    assert_eq!(import["stream"], json!({}));
    assert!(manifest["errors"]["CountError"].is_object());
}

#[test]
fn a_stream_is_part_of_the_contract() {
    fn contract<F: mizan_core::ServerFunction>() -> Value {
        let app = Registry::new().function::<F>().build().unwrap();
        app.manifest().as_json()["functions"][0]["contract"].clone()
    }
    #[client(query, input = One)]
    async fn numbers() -> Result<u32, Error> {
        Ok(1)
    }
    mod stream {
        use super::*;
        #[client(query, input = Many)]
        pub(super) async fn numbers() -> impl Stream<Item = Result<u32, Error>> {
            stream::empty()
        }
        #[client(query, input = Failing)]
        pub(super) async fn failing() -> impl Stream<Item = Result<u32, CountError>> {
            stream::empty()
        }
    }
    let contracts = [
        contract::<One>(),
        contract::<stream::Many>(),
        contract::<stream::Failing>(),
    ];
    assert_ne!(contracts[0], contracts[1]);
    assert_ne!(contracts[1], contracts[2]);
}

#[test]
fn rejects_streams_that_no_client_could_receive() {
    #[client(context = "global")]
    async fn numbers() -> impl Stream<Item = Result<u32, Error>> {
        stream::empty()
    }
    #[client(query, cache = "public, max-age=60")]
    async fn cached() -> impl Stream<Item = Result<u32, Error>> {
        stream::empty()
    }
    let registry = Registry::new().function::<Numbers>().function::<Cached>();
    let message = registry.build().unwrap_err().to_string();
    assert!(message.contains("the context `numbers`"), "{message}");
    assert!(
        message.contains("declares `cache`; remove `cache`"),
        "{message}"
    );
}

#[tokio::test]
async fn an_earlier_version_streams_too() {
    #[derive(Deserialize, schemars::JsonSchema)]
    struct OldCount {
        limit: u32,
    }
    let probe = Arc::new(Probe::default());
    let app = Registry::new()
        .function::<Count>()
        .previous::<Count, OldCount, _, _>(
            "count",
            |old| {
                Ok(Count {
                    to: old.limit,
                    stop: None,
                })
            },
            |result| result,
        )
        .state(probe)
        .build();
    let app = app.unwrap();
    let manifest = app.manifest().as_json();
    let old = manifest["previous"]["count"][0].as_str().unwrap();
    let (_, entry) = app.resolve("count", Some(old));
    let entry = entry.unwrap();
    assert!(entry.is_stream());
    let cx = app.context(member().into(), Arc::new(RequestHead::empty()));
    let input = Bytes::from(r#"{"limit": 2}"#);
    let reply = entry.dispatch(cx, input).await;
    assert_eq!(reply.stream.unwrap().count().await, 2);
}
