//! The application that the tests call.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use cookie::Cookie;
use http::{HeaderName, HeaderValue};
use mizan_core::{App, Cx, Error, ErrorCode, Registry, client};
use mizan_http::HttpLimits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, watch};

/// The events that functions report to the test, and the gate at which they wait.
#[derive(Default)]
pub(crate) struct Probe {
    pub(crate) started: Counter,
    pub(crate) finished: Counter,
    pub(crate) dropped: Counter,
    pub(crate) cancelled: Counter,
    pub(crate) gate: Gate,
}

#[derive(Default)]
pub(crate) struct Counter(watch::Sender<usize>);

impl Counter {
    pub(crate) fn add(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    pub(crate) fn get(&self) -> usize {
        *self.0.borrow()
    }

    /// Waits until the counter reaches `count`.
    pub(crate) async fn wait_for(&self, count: usize) {
        let mut counts = self.0.subscribe();
        let reached = counts.wait_for(|now| *now >= count);
        let reached = tokio::time::timeout(Duration::from_secs(20), reached).await;
        assert!(
            reached.is_ok(),
            "the counter is at {} instead of {count} after 20 seconds",
            self.get()
        );
    }
}

pub(crate) struct Gate(Semaphore);

impl Default for Gate {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Gate {
    pub(crate) fn let_through(&self, calls: usize) {
        self.0.add_permits(calls);
    }

    pub(crate) async fn pass(&self) {
        self.0.acquire().await.unwrap().forget();
    }
}

struct OnDrop<'a>(&'a Counter);

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.0.add();
    }
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Output {
    message: String,
}

#[client]
async fn echo(text: String) -> Result<Output, Error> {
    Ok(Output { message: text })
}

#[client(query)]
async fn read(text: Option<String>) -> Result<Output, Error> {
    Ok(Output {
        message: text.unwrap_or_else(|| "nothing".to_owned()),
    })
}

#[client(query)]
async fn large(cx: &Cx) -> Result<String, Error> {
    cx.state::<Arc<Probe>>().started.add();
    Ok("x".repeat(1024 * 1024))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Line {
    count: u8,
}

#[client(query)]
async fn total(title: String, lines: Vec<Line>) -> Result<u32, Error> {
    let _ = title;
    Ok(lines.iter().map(|line| u32::from(line.count)).sum())
}

#[client(query)]
async fn any(value: serde_json::Value) -> Result<serde_json::Value, Error> {
    Ok(value)
}

#[derive(Serialize, JsonSchema)]
struct Foreign(#[schemars(with = "serde_json::Value")] Box<serde_json::value::RawValue>);

/// Returns JSON with line breaks from a custom serializer.
#[client(query)]
async fn pretty() -> Result<Foreign, Error> {
    let json = "{\r\n  \"text\": \"two\\nlines\"\n}".to_owned();
    Ok(Foreign(serde_json::value::RawValue::from_string(json)?))
}

/// Starts, waits at the gate, and returns.
async fn pass_gate(cx: &Cx) {
    let probe = cx.state::<Arc<Probe>>();
    let _dropped = OnDrop(&probe.dropped);
    let watching = (Arc::clone(probe), cx.cancellation().clone());
    tokio::spawn(async move {
        watching.1.cancelled().await;
        watching.0.cancelled.add();
    });
    probe.started.add();
    probe.gate.pass().await;
    probe.finished.add();
}

#[client(query)]
async fn wait(cx: &Cx) -> Result<&'static str, Error> {
    pass_gate(cx).await;
    Ok("waited")
}

#[client(affects(read, wait))]
async fn work(cx: &Cx) -> Result<&'static str, Error> {
    pass_gate(cx).await;
    Ok("worked")
}

#[client(query)]
async fn panics() -> Result<(), Error> {
    panic!("the secret of the panic");
}

#[client]
async fn breaks() -> Result<(), Error> {
    Err(std::io::Error::other("the secret of the source"))?
}

#[client]
async fn limited() -> Result<(), Error> {
    let error = Error::new(ErrorCode::RateLimited, "slow down");
    Err(error.with_retry_after(Duration::from_millis(1500)))
}

/// Sets the cookies, headers and affected functions of its input.
#[client]
async fn set(
    cx: &Cx,
    #[serde(default)] cookies: BTreeMap<String, String>,
    #[serde(default)] path: Option<String>,
    #[serde(default)] headers: BTreeMap<String, String>,
    #[serde(default)] affects: Vec<String>,
    #[serde(default)] forbid_replay: bool,
) -> Result<(), Error> {
    if forbid_replay {
        cx.forbid_replay();
    }
    for (name, value) in cookies {
        let mut cookie = Cookie::new(name, value);
        if let Some(path) = &path {
            cookie.set_path(path.clone());
        }
        cx.set_cookie(cookie);
    }
    for (name, value) in headers {
        cx.set_header(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
    }
    for name in affects {
        cx.affects(name);
    }
    Ok(())
}

#[client(query, input = CookieInput)]
async fn cookie(cx: &Cx, name: String) -> Result<Option<String>, Error> {
    Ok(cx.cookie(&name).map(|cookie| cookie.value().to_owned()))
}

#[client(query)]
async fn sets_cookie(cx: &Cx) -> Result<&'static str, Error> {
    cx.set_cookie(Cookie::new("lost", "in a batch"));
    Ok("set")
}

#[client(query)]
async fn address(cx: &Cx) -> Result<Option<IpAddr>, Error> {
    Ok(cx.head().client_addr())
}

#[client(context = "global")]
async fn me(cx: &Cx) -> Result<Option<String>, Error> {
    Ok(cx.principal().id().map(str::to_owned))
}

#[client(auth = "staff")]
async fn staff_only(cx: &Cx, text: String) -> Result<String, Error> {
    cx.state::<Arc<Probe>>().started.add();
    Ok(text)
}

pub(crate) fn app(probe: &Arc<Probe>) -> App {
    registry(probe).build().unwrap()
}

pub(crate) fn registry(probe: &Arc<Probe>) -> Registry {
    Registry::new()
        .state(Arc::clone(probe))
        .function::<Echo>()
        .function::<Read>()
        .function::<Large>()
        .function::<Total>()
        .function::<Any>()
        .function::<Pretty>()
        .function::<Wait>()
        .function::<Work>()
        .function::<Panics>()
        .function::<Breaks>()
        .function::<Limited>()
        .function::<Set>()
        .function::<CookieInput>()
        .function::<SetsCookie>()
        .function::<Address>()
        .function::<Me>()
        .function::<StaffOnly>()
}

pub(crate) fn limits(change: impl FnOnce(&mut HttpLimits)) -> HttpLimits {
    let mut limits = HttpLimits::default();
    change(&mut limits);
    limits
}
