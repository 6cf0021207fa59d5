//! Errors: the part that clients receive, and the part that the server logs.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mizan_core::error::ErrorKind;
use mizan_core::{App, Cx, Decision, Error, ErrorCode, Invalidation, Principal, Registry, client};
use serde_json::json;
use tracing::field::Field;
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::{dispatch, field_errors, member, result};

/// A log with one line for each event, without the lines for calls.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Records the events of this thread until the guard is dropped.
    fn listen() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::registry().with(log.clone());
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "mizan::access" {
            return;
        }
        let mut line = event.metadata().level().to_string();
        event.record(&mut |field: &Field, value: &dyn std::fmt::Debug| {
            write!(line, " {field}={value:?}").unwrap();
        });
        self.0.lock().unwrap().push(line);
    }
}

#[derive(Debug)]
struct Outer(std::io::Error);

impl std::fmt::Display for Outer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("outer secret")
    }
}

impl std::error::Error for Outer {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[client]
async fn fail() -> Result<(), Error> {
    Err(Outer(std::io::Error::other("inner secret")))?
}

#[client]
async fn panic_with(text: Option<String>) -> Result<(), Error> {
    match text {
        Some(text) => panic!("{text} secret"),
        None => std::panic::panic_any(7),
    }
}

async fn broken_policy(_: &Cx) -> Decision {
    panic!("policy secret")
}

#[client(auth = broken_policy)]
async fn behind_a_broken_policy() -> Result<(), Error> {
    Ok(())
}

async fn broken_check(_: &Cx, _: &BehindABrokenCheck) -> Decision {
    panic!("check secret")
}

#[client(authorize = broken_check)]
async fn behind_a_broken_check() -> Result<(), Error> {
    Ok(())
}

/// A map whose keys are not valid in JSON.
#[client]
async fn unencodable() -> Result<Vec<f64>, Error> {
    Ok(vec![f64::NAN])
}

#[client]
async fn nested(cx: &Cx) -> Result<(), Error> {
    Ok(cx.call(Fail {}).await?)
}

#[client]
async fn fine() -> Result<u8, Error> {
    Ok(1)
}

fn app() -> App {
    Registry::new()
        .function::<Fail>()
        .function::<PanicWith>()
        .function::<BehindABrokenPolicy>()
        .function::<BehindABrokenCheck>()
        .function::<Unencodable>()
        .function::<Nested>()
        .function::<Fine>()
        .build()
        .unwrap()
}

#[tokio::test]
async fn hides_internal_errors_and_logs_them_once() {
    let app = app();
    let (log, _guard) = Log::listen();
    for (name, input, logged) in [
        ("fail", "", "outer secret: inner secret"),
        (
            "panic_with",
            r#"{"text": "text"}"#,
            "the function panicked: text secret",
        ),
        (
            "panic_with",
            "",
            "the function panicked: with a value that is not text",
        ),
        ("behind_a_broken_policy", "", "policy secret"),
        ("behind_a_broken_check", "", "check secret"),
        ("unencodable", "", "cannot encode `0`: NaN"),
        ("nested", "", "outer secret: inner secret"),
    ] {
        let error = result(&app, member(), name, input).await.unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::Common(ErrorCode::Internal),
            "{name}"
        );
        assert_eq!(error.to_string(), "something went wrong", "{name}");
        assert!(
            error.fields().is_empty() && error.data().is_empty(),
            "{name}"
        );

        let id = error.id().unwrap().to_string();
        let lines = log.take();
        assert_eq!(lines.len(), 1, "{lines:?}");
        for part in ["ERROR", name, &id, logged] {
            assert!(lines[0].contains(part), "{part} is not in {}", lines[0]);
        }
        assert_eq!(result(&app, member(), "fine", "").await.unwrap(), json!(1));
        assert!(log.take().is_empty());
    }
}

#[tokio::test]
async fn does_not_log_client_errors() {
    let app = app();
    let (log, _guard) = Log::listen();
    for input in ["{", "[]", r#"{"text": 1}"#] {
        let error = result(&app, member(), "panic_with", input)
            .await
            .unwrap_err();
        assert_eq!(error.id(), None);
    }
    assert!(log.take().is_empty());
}

#[tokio::test]
async fn keeps_invalidations_after_a_panic() {
    #[client]
    async fn late(cx: &Cx) -> Result<(), Error> {
        cx.affects("posts");
        panic!("late secret")
    }

    let app = Registry::new().function::<Late>().build().unwrap();
    let reply = dispatch(&app, Principal::anonymous(), "late", "").await;
    assert_eq!(reply.head.affects, [Invalidation::of("posts")]);
    assert_eq!(reply.result.unwrap_err().code(), "internal");
}

#[test]
fn stores_message_fields_data_and_retry_time() {
    let error = Error::conflict("the post was changed in the meantime")
        .with_field("rows.0.title", "This is stale.")
        .with_field("rows.0.title", "This is long.")
        .with_data("version", json!(3))
        .with_retry_after(Duration::from_secs(2));
    assert_eq!(
        (error.code(), error.message()),
        ("conflict", "the post was changed in the meantime")
    );
    assert_eq!(
        field_errors(&error),
        ["rows.0.title: This is stale. This is long."]
    );
    assert_eq!(json!(error.data()), json!({"version": 3}));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(2)));
    assert!(error.source().is_none() && error.id().is_none());

    let invalid = Error::invalid("title", "is taken");
    assert_eq!(
        (invalid.code(), invalid.message()),
        ("invalid", "title: is taken")
    );
    assert_eq!(field_errors(&invalid), ["title: is taken"]);
    assert_eq!(Error::forbidden("no").code(), "forbidden");
}

#[test]
fn debug_shows_sources_and_display_does_not() {
    let error = Error::internal(Outer(std::io::Error::other("inner secret")))
        .with_field("title", "is odd")
        .with_data("token", json!("data secret"));
    assert_eq!(error.to_string(), "something went wrong");
    assert_eq!(
        format!("{error:?}"),
        "internal: something went wrong [title: is odd]: outer secret: inner secret"
    );
}

#[test]
fn common_codes_are_distinct() {
    let codes = ErrorCode::ALL.map(ErrorCode::as_str);
    let distinct: std::collections::HashSet<_> = codes.iter().collect();
    assert_eq!(distinct.len(), codes.len());
    assert!(codes.iter().all(|code| ErrorCode::is_common(code)));
    assert!(!ErrorCode::is_common("taken") && !ErrorCode::is_common("internal2"));
}
