//! Tests of the example.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and its name documents it"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jobs::{Mailer, Order, RecentOrders, SendReceipt, open, registry, run_worker};
use mizan_core::Principal;
use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};

fn order(product: &str) -> Order {
    Order {
        product: product.to_owned(),
        email: "ada@example.org".to_owned(),
    }
}

/// Returns a mailer that fails at first, and then reports the mails.
fn mailer(failures: usize) -> (Mailer, mpsc::UnboundedReceiver<SendReceipt>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let attempts = AtomicUsize::new(0);
    let mailer: Mailer = Arc::new(move |job| {
        if attempts.fetch_add(1, Ordering::Relaxed) < failures {
            return Err("the mail server is away".into());
        }
        Ok(sender.send(job)?)
    });
    (mailer, receiver)
}

async fn jobs(database: &SqlitePool) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM Jobs").fetch_one(database);
    count.await.unwrap()
}

#[tokio::test]
async fn job_survives_the_process_and_runs_again_after_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/jobs.db", folder.path().display());
    let recent = RecentOrders::default();
    {
        let database = open(&url).await.unwrap();
        let app = registry(database.clone(), recent.clone()).build().unwrap();
        let ordered = app.call_as(Principal::anonymous(), order("tea")).await;
        ordered.unwrap();
        assert_eq!(recent.count(), 1);
        // The process ends before a worker has run.
        database.close().await;
    }
    let database = open(&url).await.unwrap();
    let (mailer, mut mails) = mailer(1);
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async { drop(stopped.await) };
    let worker = run_worker("worker-1", &database, mailer, stopped);
    let mail = tokio::time::timeout(Duration::from_secs(20), mails.recv());
    let expected = SendReceipt {
        order: 1,
        email: "ada@example.org".to_owned(),
    };
    let read = async {
        assert_eq!(mail.await.unwrap(), Some(expected));
        stop.send(()).unwrap();
    };
    let (worker, ()) = tokio::join!(worker, read);
    worker.unwrap();
}

#[tokio::test]
async fn failed_order_leaves_no_job() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/jobs.db", folder.path().display());
    let database = open(&url).await.unwrap();
    let fails =
        "CREATE TRIGGER refuse BEFORE INSERT ON Jobs BEGIN SELECT RAISE(ABORT, 'full'); END";
    sqlx::query(fails).execute(&database).await.unwrap();
    let recent = RecentOrders::default();
    let app = registry(database.clone(), recent.clone()).build().unwrap();
    let error = app.call_as(Principal::anonymous(), order("tea")).await;
    assert_eq!(error.unwrap_err().code(), "internal");
    let orders = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM orders").fetch_one(&database);
    assert_eq!(orders.await.unwrap(), 0);
    assert_eq!((jobs(&database).await, recent.count()), (0, 0));
}
