//! Rate limits of functions.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use mizan_core::adapter::RequestHead;
use mizan_core::limits::{Limit, LimitBy};
use mizan_core::shared_store::{
    Counter, LeaseReply, MemorySharedStore, Operation, SharedStore, SharedStoreError, TakeReply,
    suite,
};
use mizan_core::{App, Cx, Decision, Error, ErrorCode, Identity, Principal, Registry, client};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_store_passes_the_suite() {
    suite::all(Arc::new(MemorySharedStore::new())).await;
}

#[client(limit = "2/min by principal")]
async fn send(text: String) -> Result<String, Error> {
    Ok(text)
}

#[client(query, auth, limit = "2/min by address")]
async fn search(text: String) -> Result<String, Error> {
    Ok(text)
}

#[client(limit = ["1/hour by input.email", "5/hour by address"])]
async fn invite(#[validate(email)] email: String, note: Option<String>) -> Result<(), Error> {
    let _ = (email, note);
    Ok(())
}

async fn never(_: &Cx, _: &Guarded) -> Decision {
    Decision::deny()
}

#[client(limit = "2/min by principal", authorize = never)]
async fn guarded() -> Result<(), Error> {
    Ok(())
}

#[client]
async fn export() -> Result<(), Error> {
    Ok(())
}

#[client(limit = "2/min by principal", limit_unavailable = "open")]
async fn open() -> Result<(), Error> {
    Ok(())
}

fn registry() -> Registry {
    Registry::new()
        .function::<Send>()
        .function::<Search>()
        .function::<Invite>()
        .function::<Guarded>()
        .function::<Export>()
        .function::<Open>()
}

fn app() -> App {
    registry().build().unwrap()
}

/// Calls a function, and returns the code of the error, or `ok`.
async fn call(app: &App, name: &str, user: &str, address: &str, input: &str) -> &'static str {
    let (parts, ()) = http::Request::new(()).into_parts();
    let address: Option<IpAddr> = (!address.is_empty()).then(|| address.parse().unwrap());
    let principal = match user {
        "" => Principal::anonymous(),
        user => Identity::new(user).into(),
    };
    let cx = app.context(principal, Arc::new(RequestHead::new(parts, address)));
    let reply = app
        .function(name)
        .unwrap()
        .dispatch(cx, Bytes::copy_from_slice(input.as_bytes()));
    match reply.await.result {
        Ok(_) => "ok",
        Err(error) => {
            let waits = error.code() == "rate_limited" || error.code() == "unavailable";
            assert_eq!(error.retry_after().is_some(), waits, "{error:?}");
            error.code()
        }
    }
}

const LIMITED: &str = "rate_limited";

#[tokio::test(start_paused = true)]
async fn counts_calls_of_each_user() {
    let app = app();
    let send = async |user, address| call(&app, "send", user, address, r#"{"text":""}"#).await;
    // The address does not matter for a signed-in user.
    assert_eq!(send("ada", "192.0.2.1").await, "ok");
    assert_eq!(send("ada", "192.0.2.2").await, "ok");
    assert_eq!(send("ada", "192.0.2.3").await, LIMITED);
    assert_eq!(send("eve", "192.0.2.1").await, "ok");
    // Callers that are not signed in count by address.
    assert_eq!(send("", "192.0.2.1").await, "ok");
    assert_eq!(send("", "192.0.2.1").await, "ok");
    assert_eq!(send("", "192.0.2.1").await, LIMITED);
    assert_eq!(send("", "192.0.2.2").await, "ok");
    tokio::time::advance(Duration::from_secs(30)).await;
    assert_eq!(send("ada", "").await, "ok");
    assert_eq!(send("ada", "").await, LIMITED);
}

#[tokio::test]
async fn counts_calls_of_each_network() {
    let app = app();
    let search =
        async |user, address: &str| call(&app, "search", user, address, r#"{"text":""}"#).await;
    // The policy is checked first.
    for _ in 0..5 {
        assert_eq!(search("", "192.0.2.1").await, "unauthenticated");
    }
    assert_eq!(search("ada", "192.0.2.1").await, "ok");
    assert_eq!(search("eve", "::ffff:192.0.2.1").await, "ok");
    assert_eq!(search("mia", "192.0.2.1").await, LIMITED);
    // All clients of a network together have eight times the allowance: 14 more in this /24.
    let mut neighbours = 0;
    for number in 2..60 {
        let reply = search("ada", &format!("192.0.2.{number}")).await;
        neighbours += usize::from(reply == "ok");
    }
    assert_eq!(neighbours, 14);
    assert_eq!(search("ada", "2001:db8::1").await, "ok");
    assert_eq!(search("ada", "2001:db8::2").await, "ok");
    assert_eq!(search("ada", "2001:db8::3").await, LIMITED);
    // Calls without an address count as one client.
    assert_eq!(search("ada", "").await, "ok");
    assert_eq!(search("eve", "").await, "ok");
    assert_eq!(search("mia", "").await, LIMITED);
}

#[tokio::test]
async fn counts_calls_with_each_value_of_an_argument() {
    let app = app();
    let invite = async |email: &str, address| {
        let input = serde_json::json!({ "email": email }).to_string();
        call(&app, "invite", "", address, &input).await
    };
    assert_eq!(invite("ada@example.com", "192.0.2.1").await, "ok");
    assert_eq!(invite(" ADA@Example.com", "198.51.100.1").await, LIMITED);
    assert_eq!(invite("eve@example.com", "192.0.2.1").await, "ok");
    // Input that cannot be decoded counts by address, but not by email.
    assert_eq!(
        call(&app, "invite", "", "192.0.2.1", "{").await,
        "malformed"
    );
    // Input that is invalid counts by both.
    assert_eq!(invite("invalid", "192.0.2.1").await, "invalid");
    assert_eq!(invite("invalid", "192.0.2.1").await, LIMITED);
    assert_eq!(invite("mia@example.com", "192.0.2.1").await, LIMITED);
}

#[tokio::test]
async fn counts_calls_that_authorize_refuses() {
    let app = app();
    for expected in ["forbidden", "forbidden", LIMITED] {
        assert_eq!(call(&app, "guarded", "ada", "", "").await, expected);
    }
}

#[tokio::test]
async fn limits_calls_of_rust_code() {
    let app = app();
    for _ in 0..2 {
        let text = "hi".to_owned();
        app.call_as(Identity::new("ada"), Send { text })
            .await
            .unwrap();
    }
    let text = "hi".to_owned();
    let error = app.call_as(Identity::new("ada"), Send { text }).await;
    let error = error.unwrap_err();
    assert_eq!(error.code(), LIMITED);
}

#[tokio::test]
async fn registry_adds_limits() {
    let hourly = Limit::new(2, Duration::from_secs(3600), LimitBy::Principal);
    let registry = registry().limit("export", hourly).limit("send", hourly);
    let manifest = registry.manifest().unwrap();
    let functions = manifest.as_json()["functions"].as_array().unwrap();
    let limits = |name| {
        let mut functions = functions.iter();
        let function = functions.find(|function| function["name"] == name).unwrap();
        function["limits"].clone()
    };
    assert_eq!(limits("export"), serde_json::json!(["2/hour by principal"]));
    let both = serde_json::json!(["2/min by principal", "2/hour by principal"]);
    assert_eq!(limits("send"), both);
    let by_both = serde_json::json!(["1/hour by input.email", "5/hour by address"]);
    assert_eq!(limits("invite"), by_both);
    let app = registry.build().unwrap();
    for expected in ["ok", "ok", LIMITED] {
        assert_eq!(call(&app, "export", "ada", "", "").await, expected);
    }
}

#[test]
fn registry_refuses_limits_that_cannot_apply() {
    let by = |by| Limit::new(1, Duration::from_secs(1), by);
    let registry = registry()
        .limit("exports", by(LimitBy::Principal))
        .limit("send", by(LimitBy::Input("text")));
    let error = registry.build().unwrap_err().to_string();
    assert!(
        error.contains("is for `exports`, which is not registered"),
        "{error}"
    );
    assert!(error.contains("counts by a value of the input"), "{error}");
}

/// A store that cannot be reached.
struct Away;

#[async_trait]
impl SharedStore for Away {
    async fn take(&self, _: &[Counter<'_>]) -> Result<TakeReply, SharedStoreError> {
        Err(SharedStoreError::new("connection refused"))
    }

    async fn acquire(&self, _: &Operation, _: Duration) -> Result<LeaseReply, SharedStoreError> {
        Err(SharedStoreError::unsent("connection refused"))
    }

    async fn complete(&self, _: &Operation, _: Bytes) -> Result<(), SharedStoreError> {
        Err(SharedStoreError::new("connection refused"))
    }

    async fn release(&self, _: &Operation) -> Result<(), SharedStoreError> {
        Err(SharedStoreError::new("connection refused"))
    }

    async fn contains(&self, _: &Operation) -> Result<bool, SharedStoreError> {
        Err(SharedStoreError::new("connection refused"))
    }
}

#[tokio::test]
async fn refuses_calls_while_the_store_is_unavailable_unless_the_limit_is_open() {
    let app = registry().shared_store(Arc::new(Away)).build().unwrap();
    let unavailable = ErrorCode::Unavailable.as_str();
    let input = r#"{"text":""}"#;
    assert_eq!(call(&app, "send", "ada", "", input).await, unavailable);
    assert_eq!(call(&app, "open", "ada", "", "").await, "ok");
    assert_eq!(
        call(&app, "export", "ada", "", "").await,
        "ok",
        "it has no limit"
    );
}

/// A store that is not in the memory of the process, and fails to tell whether it has an operation.
struct Remote(MemorySharedStore);

#[async_trait]
impl SharedStore for Remote {
    async fn take(&self, counters: &[Counter<'_>]) -> Result<TakeReply, SharedStoreError> {
        self.0.take(counters).await
    }

    async fn acquire(
        &self,
        operation: &Operation,
        duration: Duration,
    ) -> Result<LeaseReply, SharedStoreError> {
        self.0.acquire(operation, duration).await
    }

    async fn complete(
        &self,
        operation: &Operation,
        outcome: Bytes,
    ) -> Result<(), SharedStoreError> {
        self.0.complete(operation, outcome).await
    }

    async fn release(&self, operation: &Operation) -> Result<(), SharedStoreError> {
        self.0.release(operation).await
    }

    async fn contains(&self, _: &Operation) -> Result<bool, SharedStoreError> {
        Err(SharedStoreError::new("connection refused"))
    }
}

#[tokio::test]
async fn operations_of_a_shared_store_are_measured_unless_it_is_in_memory() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let measured = || {
        let metrics = snapshotter.snapshot().into_vec().into_iter();
        let metrics = metrics.filter(|(key, ..)| key.key().name().contains("shared_store"));
        let mut measured: Vec<_> = metrics
            .map(|(key, _, _, value)| {
                let labels = key.key().labels().map(|label| label.value().to_owned());
                let DebugValue::Histogram(durations) = value else {
                    panic!("{key:?} is no histogram");
                };
                (labels.collect::<Vec<_>>().join(" "), durations.len())
            })
            .collect();
        measured.sort();
        measured
    };
    let input = r#"{"text":""}"#;
    let local = registry().build().unwrap();
    assert_eq!(call(&local, "send", "ada", "", input).await, "ok");
    assert_eq!(measured(), []);

    let store = Arc::new(Remote(MemorySharedStore::new()));
    let app = registry().shared_store(store).build().unwrap();
    for _ in 0..2 {
        assert_eq!(call(&app, "send", "ada", "", input).await, "ok");
    }
    let operation = Operation::new([b"ada".as_slice()], [b"key".as_slice()], []);
    let store = app.shared_store();
    store.contains(&operation).await.unwrap_err();
    store.contains(&operation).await.unwrap_err();
    assert_eq!(
        measured(),
        [("contains error".to_owned(), 2), ("take ok".to_owned(), 2)]
    );
}
