//! Layers around calls.

use std::sync::{Arc, Mutex};

use mizan_core::layer::{Call, CallLayer, Outcome};
use mizan_core::{ClientError, Cx, Error, ErrorCode, Principal, Registry, client};
use serde_json::json;

use crate::{member, result};

type Log = Arc<Mutex<Vec<String>>>;

/// Logs the calls that it sees.
struct Trace {
    name: &'static str,
    log: Log,
}

impl Trace {
    fn log(&self, line: impl std::fmt::Display) {
        self.log
            .lock()
            .unwrap()
            .push(format!("{}: {line}", self.name));
    }
}

impl CallLayer for Trace {
    async fn call(&self, call: Call<'_>) -> Outcome {
        let (name, kind) = (call.name(), call.kind().as_str());
        let user = call.cx().principal().id().unwrap_or("-").to_owned();
        let number = call.input::<Half>().map(|half| half.number);
        self.log(format_args!("{kind} {name} by {user} of {number:?}"));
        let outcome = call.run().await;
        let code = outcome.as_error().map_or("ok", Error::code);
        self.log(format_args!("{code} {:?}", outcome.output::<u32>()));
        outcome
    }
}

#[derive(Debug, ClientError)]
enum HalfError {
    Odd { number: u32 },
}

async fn is_small(_: &Cx, input: &Half) -> mizan_core::Decision {
    (input.number < 100).into()
}

#[client(query, authorize = is_small)]
async fn half(number: u32) -> Result<u32, HalfError> {
    assert_ne!(number, 13, "the number is unlucky");
    if number % 2 == 1 {
        return Err(HalfError::Odd { number });
    }
    Ok(number / 2)
}

#[client]
async fn reset(cx: &Cx) -> Result<u32, Error> {
    Ok(cx.call(Half { number: 8 }).await?)
}

fn trace(name: &'static str, log: &Log) -> Trace {
    let log = Arc::clone(log);
    Trace { name, log }
}

fn take(log: &Log) -> Vec<String> {
    std::mem::take(&mut *log.lock().unwrap())
}

#[tokio::test]
async fn layers_see_call_and_outcome_in_order() {
    let log = Log::default();
    let app = Registry::new()
        .layer(trace("outer", &log))
        .function::<Half>()
        .layer(trace("inner", &log))
        .build()
        .unwrap();
    for (number, code, outcome) in [
        (8, "ok", "ok Some(4)"),
        (7, "odd", "odd None"),
        (13, "internal", "internal None"),
    ] {
        let input = json!({ "number": number }).to_string();
        let reply = result(&app, member(), "half", input).await;
        assert_eq!(reply.as_ref().map_or_else(Error::code, |_| "ok"), code);
        if code == "odd" {
            assert_eq!(reply.unwrap_err().data()["number"], 7);
        }
        let seen = format!("query half by mia of Some({number})");
        assert_eq!(
            take(&log),
            [
                format!("outer: {seen}"),
                format!("inner: {seen}"),
                format!("inner: {outcome}"),
                format!("outer: {outcome}"),
            ]
        );
    }
}

#[tokio::test]
async fn layers_do_not_see_refused_and_nested_calls() {
    let log = Log::default();
    let app = Registry::new()
        .function::<Half>()
        .function::<Reset>()
        .layer(trace("a", &log))
        .build()
        .unwrap();
    for input in ["{}", r#"{"number": 200}"#] {
        result(&app, member(), "half", input).await.unwrap_err();
    }
    assert!(take(&log).is_empty());
    assert_eq!(result(&app, member(), "reset", "").await.unwrap(), json!(4));
    assert_eq!(
        take(&log),
        ["a: mutation reset by mia of None", "a: ok Some(4)"]
    );
}

#[tokio::test]
async fn layers_of_a_merged_registry_apply_to_its_functions() {
    let log = Log::default();
    let part = Registry::new()
        .function::<Reset>()
        .layer(trace("part", &log));
    let app = Registry::new()
        .layer(trace("all", &log))
        .merge(part)
        .function::<Half>()
        .build()
        .unwrap();
    let names = |log: &Log| -> Vec<_> {
        let lines = take(log).into_iter();
        lines
            .map(|line| line.split(':').next().unwrap().to_owned())
            .collect()
    };
    result(&app, member(), "half", r#"{"number": 2}"#)
        .await
        .unwrap();
    assert_eq!(names(&log), ["all", "all"]);
    result(&app, member(), "reset", "").await.unwrap();
    assert_eq!(names(&log), ["all", "part", "part", "all"]);
}

/// Answers by the id of the caller.
struct ByCaller;

impl CallLayer for ByCaller {
    async fn call(&self, call: Call<'_>) -> Outcome {
        match call.cx().principal().id() {
            Some("panics") => panic!("a secret of the layer"),
            Some("refused") => Outcome::error(Error::new(ErrorCode::Unavailable, "try later")),
            Some("changed") => {
                call.run().await;
                Outcome::error(Error::conflict("the transaction failed"))
            }
            _ => call.run().await,
        }
    }
}

#[tokio::test]
async fn layers_refuse_calls_and_change_outcomes() {
    let app = Registry::new()
        .function::<Half>()
        .layer(ByCaller)
        .build()
        .unwrap();
    for (caller, code) in [
        ("panics", "internal"),
        ("fine", "ok"),
        ("refused", "unavailable"),
        ("changed", "conflict"),
        ("fine", "ok"),
    ] {
        let caller = Principal::from(mizan_core::Identity::new(caller));
        let reply = result(&app, caller, "half", r#"{"number": 2}"#).await;
        assert_eq!(reply.as_ref().map_or_else(Error::code, |_| "ok"), code);
        if let Err(error) = reply {
            assert_eq!(error.id().is_some(), code == "internal");
            assert!(!error.message().contains("secret"));
        }
    }
}

/// Returns the outcome of an earlier call.
#[derive(Default)]
struct Stale(Mutex<Option<Outcome>>);

impl CallLayer for Stale {
    async fn call(&self, call: Call<'_>) -> Outcome {
        let outcome = call.run().await;
        let stale = self.0.lock().unwrap().replace(outcome);
        stale.unwrap_or_else(|| Outcome::error(Error::conflict("the first call")))
    }
}

#[client(query)]
async fn text() -> Result<String, Error> {
    Ok("text".to_owned())
}

#[tokio::test]
async fn rejects_the_outcome_of_another_call() {
    let app = Registry::new()
        .function::<Half>()
        .function::<Text>()
        .layer(Stale::default())
        .build()
        .unwrap();
    let code = async |name, input| {
        let reply = result(&app, member(), name, input).await;
        reply.as_ref().map_or_else(Error::code, |_| "ok")
    };
    assert_eq!(code("text", "").await, "conflict");
    assert_eq!(code("half", r#"{"number": 2}"#).await, "internal");
    assert_eq!(code("half", r#"{"number": 2}"#).await, "ok");
}

#[tokio::test]
async fn layers_apply_to_earlier_versions() {
    #[derive(Debug, ClientError)]
    enum OldError {
        Uneven,
    }
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct OldHalf {
        n: u32,
    }
    let log = Log::default();
    let app = Registry::new()
        .function::<Half>()
        .previous(
            "half",
            |OldHalf { n }| Ok(Half { number: n }),
            |result: Result<u32, HalfError>| {
                result
                    .map(|half| half.to_string())
                    .map_err(|_| OldError::Uneven)
            },
        )
        .layer(trace("a", &log))
        .build()
        .unwrap();
    let contract = &app.manifest().as_json()["previous"]["half"][0];
    let (_, old) = app.resolve("half", contract.as_str());
    let cx = || app.context(member().into(), Arc::new(mizan_core::RequestHead::empty()));
    let reply = old
        .as_ref()
        .unwrap()
        .dispatch(cx(), r#"{"n": 7}"#.into())
        .await;
    assert_eq!(reply.result.unwrap_err().code(), "uneven");
    let reply = old.unwrap().dispatch(cx(), r#"{"n": 6}"#.into()).await;
    assert_eq!(reply.result.unwrap(), "\"3\"");
    assert_eq!(
        take(&log),
        [
            "a: query half by mia of Some(7)",
            "a: uneven None",
            "a: query half by mia of Some(6)",
            "a: ok None",
        ]
    );
}
