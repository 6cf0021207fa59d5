//! The rate of messages that are published through Redis.

use std::process::Stdio;
use std::time::{Duration, Instant};

use mizan_channels::Channels;
use mizan_channels::broker::RedisBroker;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::servers::{NoParams, Ticks, tick};

const MESSAGES: u32 = 40_000;

pub(crate) async fn publish() {
    let Some((_redis, port)) = start().await else {
        return println!("\nskipped: `redis-server` is not installed");
    };
    let address = format!("redis://127.0.0.1:{port}/");
    println!("\n| through Redis | at once | messages/s |");
    println!("|---|---|---|");
    for at_once in [1, 64] {
        let client = redis::Client::open(&*address).unwrap();
        let connection = client.get_multiplexed_async_connection().await.unwrap();
        let plain = rate(at_once, move || {
            let mut connection = connection.clone();
            async move {
                let message = serde_json::to_string(&tick()).unwrap();
                let mut command = redis::cmd("PUBLISH");
                let published = command.arg("ticks").arg(message);
                published.exec_async(&mut connection).await.unwrap();
            }
        });
        println!("| plain `PUBLISH` | {at_once} | {:.0} |", plain.await);
        let channels = Channels::new(RedisBroker::new(&*address).unwrap());
        let mizan = rate(at_once, move || {
            let channels = channels.clone();
            async move {
                channels
                    .publish::<Ticks>(&NoParams {}, tick())
                    .await
                    .unwrap();
            }
        });
        println!("| mizan | {at_once} | {:.0} |", mizan.await);
    }
}

/// Publishes all messages from `at_once` tasks, each of which waits for its acknowledgement.
async fn rate<F, Published>(at_once: u32, publish: F) -> f64
where
    F: Fn() -> Published + Clone + Send + 'static,
    Published: Future<Output = ()> + Send,
{
    publish().await;
    let started = Instant::now();
    let mut publishers = JoinSet::new();
    for _ in 0..at_once {
        let publish = publish.clone();
        publishers.spawn(async move {
            for _ in 0..MESSAGES / at_once {
                publish().await;
            }
        });
    }
    publishers.join_all().await;
    f64::from(MESSAGES) / started.elapsed().as_secs_f64()
}

/// Starts a Redis server without persistence, and returns it with its port.
async fn start() -> Option<(Child, u16)> {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let process = Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no"])
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    for _ in 0..200 {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Some((process, port));
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("redis-server did not start");
}
