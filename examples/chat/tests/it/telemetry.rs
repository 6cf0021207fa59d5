//! Traces and metrics of a page view, exported to a collector and scraped.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tokio::net::TcpListener;

use crate::program::{Program, web};

/// The descriptions of all metrics.
const DOCUMENTATION: [&str; 2] = [
    include_str!("../../../../OPERATIONS.md"),
    include_str!("../../../../docs/src/channels.md"),
];

/// A collector that stores the spans that it receives.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Span>>>);

impl Collector {
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/v1/traces", post(receive))
            .with_state(collector.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (collector, url)
    }

    /// Returns the tree of the spans below `parent`: their names, with the component of a render and the code of an
    /// error. Spans at the same level are in the order of their names.
    fn tree(&self, trace: &[u8], parent: &[u8]) -> Vec<Tree> {
        let spans = self.0.lock().unwrap().clone();
        let children = spans
            .iter()
            .filter(|span| span.trace_id == trace && span.parent_span_id == parent);
        let mut trees: Vec<_> = children
            .map(|span| Tree(label(span), self.tree(trace, &span.span_id)))
            .collect();
        trees.sort();
        trees
    }
}

async fn receive(State(collector): State<Collector>, body: Bytes) {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let scopes = request.resource_spans.into_iter();
    let spans = scopes
        .flat_map(|resource| resource.scope_spans)
        .flat_map(|scope| scope.spans);
    collector.0.lock().unwrap().extend(spans);
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tree(String, Vec<Tree>);

fn tree(label: &str, children: impl IntoIterator<Item = Tree>) -> Tree {
    Tree(label.to_owned(), children.into_iter().collect())
}

fn label(span: &Span) -> String {
    let attributes: BTreeMap<_, _> = span
        .attributes
        .iter()
        .map(|attribute| {
            let value = attribute
                .value
                .as_ref()
                .and_then(|value| value.value.as_ref());
            (attribute.key.as_str(), value)
        })
        .collect();
    let mut label = span.name.clone();
    for name in ["mizan.component", "mizan.origin", "url.path", "error.type"] {
        if let Some(Some(Value::StringValue(value))) = attributes.get(name) {
            label += &format!(" {value}");
        }
    }
    label
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const MAIL_TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00f067aa0ba902b7";

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    let pairs = pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap());
    pairs.collect()
}

async fn start(collector: &str, proxies: &str) -> Program {
    Program::start(web(), |command| {
        command
            .args(["--otlp", collector, "--metrics", "127.0.0.1:0"])
            .env("CHAT_TRUSTED_PROXIES", proxies);
    })
    .await
}

#[tokio::test]
async fn page_view_is_one_trace_with_its_calls_and_is_counted() {
    let (collector, url) = Collector::start().await;
    let mut program = start(&url, "[\"127.0.0.1/32\"]").await;
    let metrics = program.log_line("serving metrics").await;
    let home = program
        .get("/")
        .header("accept", "text/html")
        .header("traceparent", format!("00-{TRACE}-{PARENT}-01"));
    let (status, body) = program.request(home, "").await;
    assert_eq!(status, 200, "{body:?}");

    let forgot = program.post("/api/mizan/call/request_reset.submit");
    let forgot = forgot.header("traceparent", format!("00-{MAIL_TRACE}-{PARENT}-01"));
    let body = r#"{"email":"member@example.com"}"#;
    assert_eq!(program.request(forgot, body).await.0, 200);

    let address = metrics
        .split("address=")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap();
    let scrape = http::Request::get(format!("http://{}/metrics", address.trim()));
    let (status, text) = program.request(scrape, "").await;
    assert_eq!(status, 200);
    let lines = String::from_utf8(text.to_vec()).unwrap();
    let lines = lines.lines().map(|line| Ok(line.to_owned()));
    let scrape = prometheus_parse::Scrape::parse(lines).unwrap();
    let count = |name: &str, label: &str, value: &str| {
        let samples = scrape.samples.iter();
        samples
            .filter(|sample| sample.metric == name && sample.labels.get(label) == Some(value))
            .count()
    };
    assert_eq!(
        count("mizan_call_duration_seconds", "function", "current_user"),
        1
    );
    assert_eq!(count("mizan_render_duration_seconds", "outcome", "ok"), 1);
    assert_eq!(
        count("mizan_http_request_duration_seconds", "status", "200"),
        2
    );
    let value = |name: &str| {
        let sample = scrape.samples.iter().find(|sample| sample.metric == name);
        sample.unwrap_or_else(|| panic!("no {name}")).value.clone()
    };
    assert_eq!(
        value("mizan_render_queued"),
        prometheus_parse::Value::Gauge(0.0)
    );
    value("mizan_mail_queued");
    for sample in &scrape.samples {
        // A histogram is exported with two more samples.
        let metric = sample.metric.trim_end_matches("_sum");
        let name = format!("`{}`", metric.trim_end_matches("_count"));
        let is_documented = DOCUMENTATION.iter().any(|text| text.contains(&name));
        assert!(is_documented, "{name} is not documented");
    }

    program.terminate().await;
    let (status, log) = program.wait().await;
    assert_eq!(status.code(), Some(0), "{log}");
    // The name of a function, with the code of its error.
    let call = |name: &str| {
        let (name, error) = name.split_once(' ').unwrap_or((name, ""));
        tree(format!("{name} page {error}").trim_end(), [])
    };
    let expected = tree(
        "GET /",
        [tree(
            "mizan.render pages/Home.tsx",
            [
                "account",
                "current_user",
                "demo_accounts",
                "early_access unauthenticated",
                "greet",
                "members_only unauthenticated",
                "sign_in.state",
                "staff_report unauthenticated",
                "superuser_report unauthenticated",
            ]
            .map(call),
        )],
    );
    assert_eq!(collector.tree(&bytes(TRACE), &bytes(PARENT)), [expected]);
    let mail = tree("request_reset.submit http", [tree("mizan.mail", [])]);
    let expected = tree("POST /api/mizan/call/request_reset.submit", [mail]);
    assert_eq!(
        collector.tree(&bytes(MAIL_TRACE), &bytes(PARENT)),
        [expected]
    );
}

#[tokio::test]
async fn error_id_of_a_page_is_the_id_of_the_trace() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("src/pages");
    fs::create_dir_all(&pages).unwrap();
    let component = "export default function Hello() { throw new Error('broken\\nforged'); }";
    fs::write(pages.join("Hello.tsx"), component).unwrap();
    let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../node_modules");
    if !modules.join("react").exists() {
        return eprintln!("skipped: the npm packages are not installed");
    }
    symlink(modules, folder.path().join("node_modules")).unwrap();
    let (_collector, url) = Collector::start().await;
    let mut program = Program::start(folder.path(), |command| {
        command
            .args(["--otlp", &url])
            .env("CHAT_TRUSTED_PROXIES", "[\"127.0.0.1/32\"]");
    })
    .await;
    let hello = program
        .get("/hello/")
        .header("accept", "text/html")
        .header("traceparent", format!("00-{TRACE}-{PARENT}-01"));
    assert_eq!(program.request(hello, "").await.0, 500);
    let line = program.log_line("page failed to render").await;
    assert!(line.contains(&format!("error_id=\"{TRACE}\"")), "{line}");
    let next = program.log_line("forged").await;
    assert!(next.starts_with("    forged"), "{next}");
}

#[tokio::test]
async fn traces_of_strangers_and_malformed_headers_are_not_continued() {
    let (collector, url) = Collector::start().await;
    let trusting = start(&url, "[\"127.0.0.1/32\"]").await;
    let valid = format!("00-{TRACE}-{PARENT}-01");
    let zeros = "0".repeat(32);
    for header in [
        "00-x",
        &format!("00-{zeros}-{PARENT}-01"),
        &format!("ff-{TRACE}-{PARENT}-01"),
        &format!("00-{TRACE}-{PARENT}-01-{}", "a".repeat(600)),
        &format!("00-{}-{PARENT}-01", "a".repeat(4_000)),
        &format!("{valid} {valid}"),
    ] {
        let live = trusting.get("/health/live").header("traceparent", header);
        assert_eq!(trusting.request(live, "").await.0, 200);
    }
    let twice = trusting.get("/health/live");
    let twice = twice
        .header("traceparent", &valid)
        .header("traceparent", &valid);
    assert_eq!(trusting.request(twice, "").await.0, 200);
    trusting.terminate().await;
    trusting.wait().await;

    let public = start(&url, "[]").await;
    let forged = public.get("/health/live").header("traceparent", &valid);
    assert_eq!(public.request(forged, "").await.0, 200);
    public.terminate().await;
    public.wait().await;

    let spans = collector.0.lock().unwrap();
    assert_eq!(spans.len(), 8);
    for span in &*spans {
        assert_ne!(span.trace_id, bytes(TRACE));
        assert_eq!(span.parent_span_id, b"");
    }
}
