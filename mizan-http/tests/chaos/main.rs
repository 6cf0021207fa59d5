//! A test that clients notice every lost message while connections are cut, servers are killed, and Redis is
//! killed, flushed, demoted and promoted.
//!
//! The short run is part of the test suite. This command starts the long run, with 100,000 messages:
//!
//! ```text
//! cargo test -p mizan-http --test chaos -- --ignored --nocapture long
//! ```
#![cfg(feature = "channels")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot continue fails by panicking"
)]

mod audit;
mod client;
mod proxy;
#[expect(dead_code, reason = "the tests of mizan-channels use the rest")]
#[path = "../../../mizan-channels/tests/it/redis_server.rs"]
mod redis_server;
mod rolling_deploy;
mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mizan_channels::Channels;
use mizan_channels::broker::RedisBroker;
use mizan_core::channel::Position;
use tokio::time::{Instant, sleep};

use audit::Audit;
use proxy::Proxy;
use redis_server::RedisServer;
use server::{Log, Room, Servers};

/// The size of a run.
struct Scale {
    messages: u64,
    clients: usize,
    /// The pause between two messages of a publisher.
    publish_interval: Duration,
    /// The pause between two disasters.
    disaster_interval: Duration,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn short() {
    run(&Scale {
        messages: 3_000,
        clients: 8,
        publish_interval: Duration::from_millis(16),
        disaster_interval: Duration::from_millis(700),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn long() {
    run(&Scale {
        messages: 100_000,
        clients: 10,
        publish_interval: Duration::from_millis(4),
        disaster_interval: Duration::from_secs(2),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rolling_deploy_loses_nothing() {
    rolling_deploy::run(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn rolling_deploys_lose_nothing() {
    rolling_deploy::run(20).await;
}

/// The server process of the other tests.
#[tokio::test]
#[ignore = "serves until it is killed"]
async fn server() {
    server::serve_forever().await;
}

async fn run(scale: &Scale) {
    let (Some(mut redis), Some(replica)) = (RedisServer::start().await, RedisServer::start().await)
    else {
        return;
    };
    let mut servers = Servers::start(&redis.address()).await;
    let proxy = Proxy::start(servers.addrs()).await;
    let audit = Arc::new(Audit::default());
    let is_over = Arc::new(AtomicBool::new(false));
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..scale.clients {
        clients.spawn(client::run(
            number,
            proxy.addr,
            Arc::clone(&audit),
            Arc::clone(&is_over),
        ));
    }
    audit.wait_until_joined(scale.clients).await;

    let channels = Channels::new(RedisBroker::new(redis.address()).unwrap());
    let publishing = tokio::spawn(publish_all(
        channels,
        scale.messages,
        scale.publish_interval,
        Arc::clone(&audit),
    ));
    let mut disasters = 0_usize;
    while !publishing.is_finished() {
        sleep(scale.disaster_interval).await;
        match disasters % 10 {
            0 | 2 | 4 | 6 | 8 => proxy.cut_half(),
            1 => servers.kill_and_restart(0).await,
            3 => {
                redis.kill();
                sleep(Duration::from_millis(300)).await;
                redis.run(true).await;
            }
            5 => servers.kill_and_restart(1).await,
            7 => {
                // The replica becomes the master without the latest messages, so these are lost.
                replica.attach_to(&redis).await;
                replica.command(&["REPLICAOF", "NO", "ONE"]).await;
                sleep(Duration::from_millis(200)).await;
                redis.attach_to(&replica).await;
                servers.kill_and_restart(0).await;
                redis.command(&["REPLICAOF", "NO", "ONE"]).await;
            }
            _ => {
                let mut connection = redis.connect().await;
                let emptied = redis::cmd("FLUSHALL").exec_async(&mut connection).await;
                emptied.unwrap();
            }
        }
        disasters += 1;
    }
    let last = publishing.await.unwrap();
    audit.wait_until_all_reach(&last, scale.clients).await;
    is_over.store(true, Ordering::Relaxed);
    proxy.cut_all();
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    audit.assert_suspended();
    println!("{disasters} disasters: {}", audit.verdict(scale.clients));
    assert!(
        disasters >= 6,
        "the run ended after too few disasters: {disasters}"
    );
}

/// The number of concurrent publishers.
const PUBLISHERS: u64 = 8;

/// Publishes `count` numbers and a final one, whose position is returned.
async fn publish_all(
    channels: Channels,
    messages: u64,
    publish_interval: Duration,
    audit: Arc<Audit>,
) -> Position {
    let mut publishers = tokio::task::JoinSet::new();
    for publisher in 0..PUBLISHERS {
        let (channels, audit) = (channels.clone(), Arc::clone(&audit));
        publishers.spawn(async move {
            let mut next = Instant::now();
            for number in (publisher..messages).step_by(PUBLISHERS as usize) {
                publish(&channels, number, &audit).await;
                next = (next + publish_interval).max(Instant::now());
                tokio::time::sleep_until(next).await;
            }
        });
    }
    while let Some(publisher) = publishers.join_next().await {
        publisher.unwrap();
    }
    publish(&channels, messages, &audit).await
}

/// Publishes a number, and retries until the broker acknowledges it.
async fn publish(channels: &Channels, number: u64, audit: &Audit) -> Position {
    let params = Room {
        room: "chaos".to_owned(),
    };
    loop {
        let key = format!("m{number}");
        match channels.publish_once::<Log>(key, &params, number).await {
            Ok(position) => {
                audit.published(&position, number);
                return position;
            }
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    }
}
