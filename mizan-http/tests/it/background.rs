//! Work that runs after the reply.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use mizan_core::{App, Cx, Error, Registry, client};
use mizan_http::{HttpLimits, MizanService};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::app::limits;
use crate::harness::{call, get, post, within_timeout};

#[derive(Clone, Default)]
struct Work(Arc<Inner>);

#[derive(Default)]
struct Inner {
    log: Mutex<Vec<&'static str>>,
    gate: Gate,
    finished: Gate,
}

struct Gate(Semaphore);

impl Default for Gate {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Work {
    async fn run(self, name: &'static str) -> Result<(), Error> {
        self.0.gate.0.acquire().await?.forget();
        self.0.log.lock().unwrap().push(name);
        self.0.finished.0.add_permits(1);
        Ok(())
    }

    fn log(&self) -> Vec<&'static str> {
        self.0.log.lock().unwrap().clone()
    }
}

#[client]
async fn save(cx: &Cx, fails: bool) -> Result<u8, Error> {
    let work = cx.state::<Work>();
    cx.after_commit(work.clone().run("commit"));
    cx.after_reply(async { panic!("a secret of the work") });
    cx.after_reply(async { Err(std::io::Error::other("a secret of the index"))? });
    cx.after_reply(work.clone().run("reply"));
    if fails {
        return Err(Error::conflict("the transaction failed"));
    }
    Ok(1)
}

#[client]
async fn hangs(cx: &Cx) -> Result<u8, Error> {
    cx.after_reply(std::future::pending());
    cx.after_reply(cx.state::<Work>().clone().run("next"));
    Ok(1)
}

#[client]
async fn nested(cx: &Cx) -> Result<u8, Error> {
    let _ = cx
        .call_as(mizan_core::Principal::anonymous(), Save { fails: true })
        .await;
    Ok(cx.call(Save { fails: false }).await?)
}

fn app(work: &Work) -> App {
    Registry::new()
        .state(work.clone())
        .function::<Save>()
        .function::<Hangs>()
        .function::<Nested>()
        .build()
        .unwrap()
}

fn service(change: impl FnOnce(&mut HttpLimits)) -> (Work, MizanService) {
    let work = Work::default();
    let service = MizanService::builder(app(&work)).limits(limits(change));
    (work, service.build().unwrap())
}

async fn save_with(service: &MizanService, fails: bool) -> u16 {
    let body = json!({ "fails": fails }).to_string();
    call(service, post("/api/mizan/call/save", body))
        .await
        .status
}

#[tokio::test]
async fn work_runs_after_the_reply_and_before_the_end() {
    let (work, service) = service(|_| {});
    assert_eq!(save_with(&service, false).await, 200);
    assert!(
        work.log().is_empty(),
        "the reply does not wait for the work"
    );
    let idle = tokio::spawn({
        let service = service.clone();
        async move { service.wait_idle().await }
    });
    work.0.gate.0.add_permits(1);
    within_timeout(work.0.finished.0.acquire())
        .await
        .unwrap()
        .forget();
    assert!(!idle.is_finished(), "the second piece of work still runs");
    work.0.gate.0.add_permits(1);
    within_timeout(idle).await.unwrap();
    assert_eq!(work.log(), ["commit", "reply"]);
}

#[tokio::test]
async fn work_after_a_commit_is_dropped_if_the_call_fails() {
    let (work, service) = service(|_| {});
    work.0.gate.0.add_permits(10);
    assert_eq!(save_with(&service, true).await, 409);
    within_timeout(service.wait_idle()).await;
    assert_eq!(work.log(), ["reply"]);
    let reply = call(&service, post("/api/mizan/call/nested", "")).await;
    assert_eq!(reply.status, 200);
    within_timeout(service.wait_idle()).await;
    assert_eq!(work.log(), ["reply", "reply", "commit", "reply"]);
}

#[tokio::test(start_paused = true)]
async fn work_ends_at_its_deadline() {
    let (work, service) = service(|limits| limits.background_deadline = Duration::from_secs(60));
    work.0.gate.0.add_permits(1);
    let start = tokio::time::Instant::now();
    call(&service, post("/api/mizan/call/hangs", "")).await;
    assert_eq!(start.elapsed().as_secs(), 0);
    service.wait_idle().await;
    assert_eq!(start.elapsed().as_secs(), 60);
    assert_eq!(work.log(), ["next"]);
}

#[tokio::test]
async fn work_counts_as_a_call() {
    let (work, service) = service(|limits| limits.max_concurrent_calls = 1);
    assert_eq!(save_with(&service, false).await, 200);
    assert_eq!(save_with(&service, false).await, 503);
    work.0.gate.0.add_permits(2);
    within_timeout(service.wait_idle()).await;
    let reply = call(&service, get("/api/mizan/call/no_such")).await;
    assert_eq!(reply.status, 404);
    assert_eq!(save_with(&service, true).await, 409);
}

#[tokio::test]
async fn calls_with_values_wait_for_the_work() {
    let work = Work::default();
    work.0.gate.0.add_permits(10);
    let anonymous = mizan_core::Principal::anonymous();
    let saved = app(&work).call_as(anonymous, Save { fails: false }).await;
    assert_eq!(saved.unwrap(), 1);
    assert_eq!(work.log(), ["commit", "reply"]);
}

/// A transaction of sqlx, whose mail is sent only after the commit.
#[client]
async fn join(cx: &Cx, email: String) -> Result<(), Error> {
    let mut transaction = cx.state::<sqlx::SqlitePool>().begin().await?;
    let work = cx.state::<Work>().clone();
    cx.after_commit(work.run("mail"));
    let insert = sqlx::query("INSERT INTO members (email) VALUES (?)").bind(&email);
    insert.execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_is_rolled_back_sends_no_mail() {
    let options = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
    let pool = options.connect("sqlite::memory:").await.unwrap();
    let create = "CREATE TABLE members (email TEXT PRIMARY KEY)";
    sqlx::query(create).execute(&pool).await.unwrap();
    let work = Work::default();
    work.0.gate.0.add_permits(10);
    let registry = Registry::new().state(work.clone()).state(pool.clone());
    let service = MizanService::new(registry.function::<Join>().build().unwrap());
    for (status, mails) in [(200, 1), (500, 1)] {
        let body = r#"{"email":"mia@example.org"}"#;
        let reply = call(&service, post("/api/mizan/call/join", body)).await;
        assert_eq!(reply.status, status);
        within_timeout(service.wait_idle()).await;
        assert_eq!(work.log().len(), mails);
    }
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM members")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(count, 1);
}
