//! Live queries: the published invalidations, and the checks of the declarations.

use std::sync::{Arc, Mutex};

use mizan_core::adapter::{InvalidationPublisher, Published};
use mizan_core::{App, Cx, Error, ErrorCode, Invalidation, Principal, Registry, client};
use serde_json::json;

use crate::dispatch;

#[client(query, live)]
async fn title(id: u32, locale: Option<String>) -> Result<String, Error> {
    drop(locale);
    Ok(format!("title {id}"))
}

#[client(context = "local, live")]
async fn tags(id: u32) -> Result<Vec<String>, Error> {
    Ok(vec![id.to_string()])
}

#[client(query)]
async fn visits(id: u32) -> Result<u32, Error> {
    Ok(id)
}

#[client(affects(title(id), visits(id)))]
async fn rename(cx: &Cx, id: u32, fails: bool) -> Result<(), Error> {
    cx.affects(Invalidation::function::<Tags>().with("id", id));
    if fails {
        return Err(Error::new(ErrorCode::Conflict, "the title is taken"));
    }
    Ok(())
}

/// Records the invalidations, and fails if `is_unavailable`.
#[derive(Default)]
struct Recorder {
    published: Mutex<Vec<String>>,
    is_unavailable: bool,
}

impl Recorder {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.published.lock().unwrap())
    }
}

impl InvalidationPublisher for Recorder {
    fn publish(&self, invalidations: Vec<Invalidation>) -> Published {
        let entries = invalidations
            .iter()
            .map(|it| format!("{} {}", it.query(), it.arguments()));
        self.published.lock().unwrap().extend(entries);
        let result = match self.is_unavailable {
            true => Err(Error::new(ErrorCode::Unavailable, "no broker")),
            false => Ok(()),
        };
        Box::pin(std::future::ready(result))
    }
}

fn app(recorder: &Arc<Recorder>) -> App {
    Registry::new()
        .invalidation_publisher(Arc::clone(recorder) as _)
        .function::<Title>()
        .function::<Tags>()
        .function::<Visits>()
        .function::<Rename>()
        .build()
        .unwrap()
}

async fn rename_by_json(app: &App, fails: bool) {
    let input = json!({ "id": 7, "fails": fails }).to_string();
    dispatch(app, Principal::anonymous(), "rename", input).await;
}

#[tokio::test]
async fn publishes_the_live_queries_that_a_call_affects() {
    let recorder = Arc::<Recorder>::default();
    rename_by_json(&app(&recorder), false).await;
    assert_eq!(recorder.take(), [r#"title {"id":7}"#, r#"tags {"id":7}"#]);
}

#[tokio::test]
async fn publishes_only_what_a_failed_call_added_itself() {
    let recorder = Arc::<Recorder>::default();
    rename_by_json(&app(&recorder), true).await;
    assert_eq!(recorder.take(), [r#"tags {"id":7}"#]);
}

#[tokio::test]
async fn a_call_succeeds_although_the_publisher_fails() {
    let recorder = Arc::new(Recorder {
        is_unavailable: true,
        ..Recorder::default()
    });
    let app = app(&recorder);
    let input = json!({ "id": 7, "fails": false }).to_string();
    let reply = dispatch(&app, Principal::anonymous(), "rename", input).await;
    assert!(reply.result.is_ok());
    let invalidation = Invalidation::function::<Title>();
    let error = app.invalidate(invalidation).await.unwrap_err();
    assert_eq!(error.code(), "unavailable");
}

#[tokio::test]
async fn jobs_invalidate_queries_by_their_arguments() {
    let recorder = Arc::<Recorder>::default();
    let app = app(&recorder);
    let title = Invalidation::function::<Title>();
    app.invalidate(title.clone().with("id", 7)).await.unwrap();
    app.invalidate("visits").await.unwrap();
    app.invalidate("*").await.unwrap();
    assert_eq!(recorder.take(), [r#"title {"id":7}"#, "* {}"]);
    for unknown in [
        title.with("post", 7),
        Invalidation::of("titel"),
        Invalidation::function::<Rename>(),
        Invalidation::of("*").with("id", 7),
    ] {
        let error = app.invalidate(unknown.clone()).await.unwrap_err();
        assert_eq!(error.code(), "internal", "{unknown:?}");
    }
    assert!(recorder.take().is_empty());
}

#[test]
fn live_queries_need_a_publisher_and_a_value() {
    let error = Registry::new().function::<Title>().build().unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("`title`") && message.contains(".channels(channels)"),
        "{message}"
    );
    assert!(Registry::new().function::<Title>().manifest().is_ok());
}

#[test]
fn the_manifest_says_which_queries_are_live() {
    let app = app(&Arc::default());
    let functions = app.manifest().as_json()["functions"].as_array().unwrap();
    let live = functions.iter().filter(|function| function["live"] == true);
    let live: Vec<_> = live.map(|function| &function["name"]).collect();
    assert_eq!(live, ["tags", "title"]);
}
