//! The position of the log of invalidations in replies to live queries.

use mizan_channels::broker::MemoryBroker;
use mizan_channels::{Channels, RegisterChannels as _};
use mizan_core::{App, Error, Invalidation, Registry, client};
use mizan_http::MizanService;
use serde_json::{Value, json};

use crate::harness::{Reply, call, get, post, with, within_timeout};

#[client(query, live)]
async fn total() -> Result<u32, Error> {
    Ok(1)
}

#[client(query)]
async fn visits() -> Result<u32, Error> {
    Ok(1)
}

#[client(affects(total))]
async fn add() -> Result<(), Error> {
    Ok(())
}

/// Returns an app that follows the log of invalidations.
async fn app() -> App {
    let channels = Channels::new(MemoryBroker::new());
    let app = Registry::new()
        .channels(channels.clone())
        .function::<Total>()
        .function::<Visits>()
        .function::<Add>()
        .build()
        .unwrap();
    within_timeout(async {
        while channels.live_position().is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    app
}

fn service(app: App) -> MizanService {
    MizanService::builder(app).build().unwrap()
}

/// Returns the epoch and the offset of a position.
fn position(text: &str) -> (&str, u64) {
    let (epoch, offset) = text.rsplit_once(':').unwrap();
    (epoch, offset.parse().unwrap())
}

#[tokio::test]
async fn replies_contain_the_position_before_the_query() {
    let app = app().await;
    let service = service(app.clone());
    let total = async || call(&service, get("/api/mizan/call/total")).await;
    let of = |reply: &Reply| reply.header("mizan-live").unwrap().to_owned();
    let first = of(&total().await);
    let (epoch, offset) = position(&first);
    // A mutation with `affects`, and a job.
    let added = call(&service, post("/api/mizan/call/add", "{}")).await;
    assert_eq!((added.status, added.header("mizan-live")), (200, None));
    assert_eq!(position(&of(&total().await)), (epoch, offset + 1));
    let invalidation = Invalidation::function::<Total>();
    app.invalidate(invalidation).await.unwrap();
    let reply = total().await;
    assert_eq!(position(&of(&reply)), (epoch, offset + 2));
    // The browser's copy has the new position, too.
    let tag = reply.header("etag").unwrap();
    let request = with(get("/api/mizan/call/total"), &[("if-none-match", tag)]);
    let unchanged = call(&service, request).await;
    assert_eq!(unchanged.status, 304);
    assert_eq!(position(&of(&unchanged)), (epoch, offset + 2));
    let visits = call(&service, get("/api/mizan/call/visits")).await;
    assert_eq!(visits.header("mizan-live"), None);
}

#[tokio::test]
async fn lines_of_a_batch_contain_the_position() {
    let app = app().await;
    let service = service(app);
    let single = call(&service, get("/api/mizan/call/total")).await;
    let calls = json!([{ "name": "total" }, { "name": "visits" }]).to_string();
    let reply = call(&service, post("/api/mizan/batch", calls)).await;
    let lines = reply.body.split(|byte| *byte == b'\n');
    let mut lines: Vec<Value> = lines
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    lines.sort_by_key(|line| line["index"].as_u64());
    let live = single.header("mizan-live").unwrap();
    let expected = [
        json!({ "index": 0, "live": live, "output": 1 }),
        json!({ "index": 1, "output": 1 }),
    ];
    assert_eq!(lines, expected);
}
