//! Health checks: their status, deadline, shared results and privacy.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use mizan_http::{Health, Shutdown};
use serde_json::json;

use crate::harness::{Reply, bodiless, call, get, post};

async fn ready(health: &Health) -> Reply {
    call(health, get("/health/ready")).await
}

#[tokio::test]
async fn failed_check_is_503_without_its_reason() {
    let health = Health::new()
        .check("database", || async {
            Err::<(), _>(io::Error::other("password of 10.0.0.7 rejected"))
        })
        .check("broker", || async { io::Result::Ok(()) })
        .check("renderer", || async {
            let port: u16 = "many".parse().unwrap();
            std::net::TcpStream::connect(("127.0.0.1", port)).map(drop)
        });
    let reply = ready(&health).await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(
        reply.json(),
        json!({
            "status": "unavailable",
            "checks": { "database": "failed", "broker": "ok", "renderer": "failed" },
        })
    );
    assert_eq!(call(&health, get("/health/live")).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn check_that_hangs_fails_at_its_deadline() {
    let health = Health::new()
        .deadline(Duration::from_secs(3))
        .check("database", pending::<io::Result<()>>);
    let started = tokio::time::Instant::now();
    assert_eq!(ready(&health).await.status, 503);
    assert_eq!(started.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn flood_of_requests_runs_each_check_once_a_second() {
    let runs = Arc::new(AtomicUsize::new(0));
    let is_up = Arc::new(AtomicBool::new(true));
    let health = Health::new().check("database", {
        let (runs, is_up) = (Arc::clone(&runs), Arc::clone(&is_up));
        move || {
            runs.fetch_add(1, Ordering::Relaxed);
            let is_up = is_up.load(Ordering::Relaxed);
            async move {
                tokio::time::sleep(Duration::from_millis(500)).await;
                if is_up {
                    Ok(())
                } else {
                    Err(io::Error::other("down"))
                }
            }
        }
    });
    // Clients that disconnect do not cause further runs.
    for _ in 0..100 {
        let request = ready(&health);
        assert!(
            tokio::time::timeout(Duration::from_millis(1), request)
                .await
                .is_err()
        );
    }
    let replies = (0..1_000).map(|_| ready(&health));
    let replies = futures_util::future::join_all(replies).await;
    assert!(replies.iter().all(|reply| reply.status == 200));
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    is_up.store(false, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(ready(&health).await.status, 503);
    assert_eq!(runs.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn only_its_paths_and_reads_are_answered() {
    let health = Health::new();
    assert_eq!(ready(&health).await.json(), json!({ "status": "ok" }));
    assert_eq!(call(&health, get("/health/")).await.status, 404);
    let refused = call(&health, post("/health/ready", "")).await;
    assert_eq!(refused.status, 405);
    assert_eq!(refused.header("allow"), Some("GET, HEAD"));
    let head = bodiless(http::Request::head("/health/live"));
    let head = call(&health, head).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[tokio::test]
async fn shutdown_ends_readiness_before_the_server_stops() {
    let shutdown = Shutdown::when(async {});
    let health = Health::new().shutdown(&shutdown);
    assert_eq!(ready(&health).await.status, 200);
    let code = shutdown.run(|stop| async {
        stop.await;
        assert_eq!(ready(&health).await.status, 503);
        Ok(())
    });
    code.await.unwrap();
}
