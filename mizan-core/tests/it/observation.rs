//! Spans, log lines and metrics of calls.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use mizan_core::adapter::CallReply;
use mizan_core::function::Step;
use mizan_core::{App, Cx, Error, Identity, Principal, Registry, RequestHead, TraceId, client};
use parking_lot::Mutex;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

#[client(query)]
async fn leaf() -> Result<u32, Error> {
    Ok(1)
}

#[client(query, auth)]
async fn tree(cx: &Cx, depth: u8) -> Result<u32, Error> {
    let _ = depth;
    Ok(cx.call(Leaf {}).await? + 1)
}

#[client]
async fn broken() -> Result<u32, Error> {
    Err(Error::internal("line one\nERROR a forged line"))
}

#[client(query)]
async fn never() -> Result<u32, Error> {
    std::future::pending().await
}

fn app() -> App {
    let registry = Registry::new().function::<Leaf>().function::<Tree>();
    let registry = registry.function::<Broken>().function::<Never>();
    registry.build().unwrap()
}

async fn call(head: RequestHead, name: &str, input: &'static str) -> CallReply {
    let app = app();
    let cx = app.context(Identity::new("a\nb").into(), Arc::new(head));
    let function = app.function(name).unwrap();
    function
        .dispatch(cx, Bytes::from_static(input.as_bytes()))
        .await
}

/// Records spans and events, as `name{field=value}` below the name of the parent.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Recorded>>);

#[derive(Default)]
struct Recorded {
    spans: BTreeMap<u64, Span>,
    events: Vec<Span>,
}

#[derive(Clone, Default)]
struct Span {
    name: &'static str,
    parent: Option<u64>,
    fields: BTreeMap<&'static str, String>,
    is_closed: bool,
}

impl Visit for Span {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut span = Span {
            name: attributes.metadata().name(),
            parent: context
                .span(id)
                .unwrap()
                .parent()
                .map(|parent| parent.id().into_u64()),
            ..Span::default()
        };
        attributes.record(&mut span);
        self.0.lock().spans.insert(id.into_u64(), span);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: Context<'_, S>) {
        values.record(self.0.lock().spans.get_mut(&id.into_u64()).unwrap());
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        self.0
            .lock()
            .spans
            .get_mut(&id.into_u64())
            .unwrap()
            .is_closed = true;
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut recorded = Span {
            name: event.metadata().target(),
            ..Span::default()
        };
        event.record(&mut recorded);
        self.0.lock().events.push(recorded);
    }
}

impl Recorder {
    /// Returns the tree of all spans, one line for each.
    fn tree(&self) -> String {
        let recorded = self.0.lock();
        assert!(recorded.spans.values().all(|span| span.is_closed));
        let mut lines = String::new();
        recorded.write(None, 0, &mut lines);
        lines
    }

    fn event(&self, target: &str) -> BTreeMap<&'static str, String> {
        let recorded = self.0.lock();
        let mut events = recorded.events.iter().filter(|event| event.name == target);
        let event = events.next().unwrap();
        assert!(events.next().is_none());
        event.fields.clone()
    }
}

impl Recorded {
    fn write(&self, parent: Option<u64>, depth: usize, lines: &mut String) {
        for (id, span) in self.spans.iter().filter(|(_, span)| span.parent == parent) {
            *lines += &format!("{:depth$}{}", "", span.name, depth = depth * 2);
            for (name, value) in &span.fields {
                *lines += &format!(" {name}={value}");
            }
            lines.push('\n');
            self.write(Some(*id), depth + 1, lines);
        }
    }
}

fn record(level: Level) -> (Recorder, tracing::subscriber::DefaultGuard) {
    let recorder = Recorder::default();
    let filter = tracing_subscriber::filter::LevelFilter::from_level(level);
    let subscriber = tracing_subscriber::registry().with(recorder.clone().with_filter(filter));
    (recorder, tracing::subscriber::set_default(subscriber))
}

#[tokio::test]
async fn call_has_a_span_with_its_steps_and_the_calls_that_it_makes() {
    let (recorder, _guard) = record(Level::DEBUG);
    let reply = call(RequestHead::empty(), "tree", r#"{"depth":1}"#).await;
    assert_eq!(reply.result.unwrap(), "2");
    let common = "otel.kind=\"internal\"";
    let fields = |name| {
        format!(
            "mizan.kind=\"query\" mizan.origin=\"internal\" {common} otel.name=\"{name}\" rpc.method=\"{name}\" rpc.system=\"mizan\""
        )
    };
    let (outer, inner) = (fields("tree"), fields("leaf"));
    assert_eq!(
        recorder.tree(),
        format!(
            "mizan.call {outer}\n  policy\n  decode\n  validate\n  authorize\n  run\n    \
             mizan.call {inner}\n      policy\n      decode\n      validate\n      authorize\n      run\n"
        )
    );
    let steps: Vec<_> = reply
        .timings
        .unwrap()
        .iter()
        .map(|(step, _)| step)
        .collect();
    assert_eq!(
        steps,
        [
            Step::Policy,
            Step::Decode,
            Step::Validate,
            Step::Authorize,
            Step::Run
        ]
    );
}

#[tokio::test]
async fn steps_are_not_measured_unless_they_are_observed() {
    let (recorder, _guard) = record(Level::INFO);
    let reply = call(RequestHead::empty(), "leaf", "{}").await;
    assert!(reply.timings.is_none());
    assert_eq!(recorder.tree().lines().count(), 1);
    let reply = call(RequestHead::empty().with_timings(), "leaf", "{}").await;
    assert_eq!(reply.timings.unwrap().iter().count(), 5);
}

#[tokio::test]
async fn last_step_is_the_one_that_rejected_the_call() {
    for (name, input, last) in [
        ("tree", r#"{"depth": -1}"#, Step::Decode),
        ("broken", "{}", Step::Run),
    ] {
        let reply = call(RequestHead::empty().with_timings(), name, input).await;
        assert!(reply.result.is_err(), "{name}");
        let timings = reply.timings.unwrap();
        assert_eq!(timings.last(), Some(last), "{name}");
        assert!(timings.get(last).is_some(), "{name}");
    }
}

#[tokio::test]
async fn rejected_call_ends_with_its_step() {
    let (recorder, _guard) = record(Level::DEBUG);
    let reply = call(RequestHead::empty(), "tree", r#"{"depth":"x"}"#).await;
    assert_eq!(reply.result.unwrap_err().code(), "invalid");
    let tree = recorder.tree();
    assert!(tree.contains("error.type=\"invalid\""), "{tree}");
    assert!(!tree.contains("otel.status_code"), "{tree}");
    assert!(tree.ends_with("\n  policy\n  decode\n"), "{tree}");
}

#[tokio::test]
async fn error_id_is_the_trace_id_and_log_lines_cannot_be_forged() {
    let (recorder, _guard) = record(Level::INFO);
    let id = TraceId::random();
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.extensions.insert(id);
    let reply = call(RequestHead::new(parts, None), "broken", "{}").await;
    assert_eq!(reply.result.unwrap_err().id(), Some(id));
    let error = recorder.event("mizan_core::error");
    assert_eq!(error["error_id"], id.to_string());
    assert!(error["message"].ends_with(r"line one\nERROR a forged line"));
    let access = recorder.event("mizan::access");
    assert_eq!(access["trace_id"], id.to_string());
    assert_eq!(access["user"], r#""a\nb""#);
    assert_eq!(access["outcome"], "\"internal\"");
    assert!(access["duration_ms"].parse::<f64>().unwrap() < 20_000.0);
    let names: Vec<_> = access.into_keys().collect();
    assert_eq!(
        names,
        [
            "duration_ms",
            "function",
            "kind",
            "message",
            "origin",
            "outcome",
            "trace_id",
            "user"
        ]
    );
    assert!(recorder.tree().contains("otel.status_code=\"ERROR\""));
}

#[tokio::test]
async fn metrics_have_only_names_of_the_registry_as_labels() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let guard = metrics::set_default_local_recorder(&recorder);
    call(RequestHead::empty(), "leaf", "{}")
        .await
        .result
        .unwrap();
    call(RequestHead::empty(), "broken", "{}")
        .await
        .result
        .unwrap_err();
    let dropped = call(RequestHead::empty(), "never", "{}");
    let timeout = tokio::time::timeout(Duration::from_millis(1), dropped).await;
    assert!(timeout.is_err());
    drop(guard);
    let mut metrics: Vec<_> = snapshotter
        .snapshot()
        .into_vec()
        .into_iter()
        .map(|(key, _, _, value)| {
            let (name, labels) = key.key().clone().into_parts();
            let labels = labels
                .iter()
                .map(|label| format!("{}={}", label.key(), label.value()));
            let labels = labels.collect::<Vec<_>>().join(",");
            let count = match value {
                DebugValue::Counter(count) => count,
                DebugValue::Histogram(values) => values.len() as u64,
                DebugValue::Gauge(_) => unreachable!("calls have no gauge"),
            };
            format!("{}{{{labels}}} {count}", name.as_str())
        })
        .collect();
    metrics.sort();
    assert_eq!(
        metrics,
        [
            "mizan_call_duration_seconds{function=broken,kind=mutation,outcome=error} 1",
            "mizan_call_duration_seconds{function=leaf,kind=query,outcome=ok} 1",
            "mizan_call_duration_seconds{function=never,kind=query,outcome=cancelled} 1",
            "mizan_call_errors_total{function=broken,code=internal} 1",
            "mizan_call_errors_total{function=never,code=cancelled} 1",
        ]
    );
}

/// An unknown function has no metrics, because its name is text of a client.
#[tokio::test]
async fn unknown_function_has_no_span() {
    let (recorder, _guard) = record(Level::DEBUG);
    assert!(app().function("x\ny").is_none());
    let refused = app()
        .call_as(Principal::anonymous(), Tree { depth: 1 })
        .await;
    assert_eq!(refused.unwrap_err().code(), "unauthenticated");
    assert_eq!(recorder.0.lock().spans.len(), 2);
}
