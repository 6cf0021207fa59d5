//! Fan-out over WebSockets compared with a plain broadcast and Node, the memory of idle connections, and
//! publishing through Redis.
//!
//! Each server is a process that publishes messages itself, on commands from its standard input, so that all servers
//! do the same work. `mizan-channels/benches/README.md` has the results.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark that cannot continue fails by panicking"
)]

mod load;

mod servers;
mod through_redis;

use std::time::Duration;

use load::{Load, latencies};
use servers::{KINDS, Server};

/// The number of measurements, of which the median is reported.
const ROUNDS: usize = 3;

/// The deliveries per second of the runs with a fixed rate.
const PACE: u32 = 50_000;

/// The number of idle connections, and of messages that all of them then receive.
const CONNECTIONS: u32 = 10_000;
const BURST: u32 = 100;

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    match args.next().as_deref() {
        Some("serve") => runtime.block_on(servers::serve(&args.next().unwrap())),
        Some("fan-out") => runtime.block_on(fan_out(&args.collect::<Vec<_>>())),
        Some("idle") => runtime.block_on(idle()),
        Some("redis") => runtime.block_on(through_redis::publish()),
        _ => runtime.block_on(async {
            fan_out(&[]).await;
            idle().await;
            through_redis::publish().await;
        }),
    }
}

/// Measures all servers and numbers of subscribers, or only those of the arguments.
async fn fan_out(only: &[String]) {
    println!(
        "| server | subscribers | deliveries/s | CPU µs each | p50, p99 ms \
         | at {PACE}/s: CPU µs each | p50, p99 ms |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (subscribers, messages) in [(1, 20_000), (100, 3_000), (5_000, 60)] {
        let is_wanted = |word: &str| only.is_empty() || only.iter().any(|only| only == word);
        if !is_wanted(&subscribers.to_string()) {
            continue;
        }
        let kinds = KINDS.into_iter();
        for kind in kinds.filter(|kind| only.len() < 2 || is_wanted(kind)) {
            let Some(mut server) = Server::start(kind).await else {
                println!("| {kind} | {subscribers} | not run | | | | |");
                continue;
            };
            let mut load = Load::connect(kind, server.port, subscribers);
            let mut rates = Vec::new();
            let mut arrivals = Vec::new();
            let mut worked = server.processor_seconds();
            let mut each = |server: &Server, deliveries: usize| {
                let before = std::mem::replace(&mut worked, server.processor_seconds());
                (worked - before) * 1e6 / deliveries as f64
            };
            for _ in 0..ROUNDS {
                server.publish(messages, 1, Duration::ZERO).await;
                let round = load.arrivals(messages).await;
                rates.push(load::per_second(&round));
                arrivals.extend(round);
            }
            let fast_each = each(&server, arrivals.len());
            rates.sort_by(f64::total_cmp);
            let rate = rates[ROUNDS / 2];
            let (p50, p99) = latencies(&arrivals);
            // Three seconds, in bursts that are large enough for the resolution of the timer.
            let burst = (PACE / 1_000 / subscribers).max(1);
            let pause = f64::from(burst * subscribers) / f64::from(PACE);
            let paced = 3 * PACE / subscribers;
            server
                .publish(paced, burst, Duration::from_secs_f64(pause))
                .await;
            let arrivals = load.arrivals(paced).await;
            let paced_each = each(&server, arrivals.len());
            let (paced_p50, paced_p99) = latencies(&arrivals);
            println!(
                "| {kind} | {subscribers} | {rate:.0} | {fast_each:.2} | {p50:.2}, {p99:.2} \
                 | {paced_each:.2} | {paced_p50:.2}, {paced_p99:.2} |"
            );
        }
    }
}

/// Measures the memory of connections before anything is published, and after a burst to all of them.
async fn idle() {
    println!("\n| server | connections | KB each, idle | KB each, after {BURST} messages |");
    println!("|---|---|---|---|");
    for kind in KINDS.into_iter().filter(|kind| *kind != "loop") {
        let Some(mut server) = Server::start(kind).await else {
            continue;
        };
        let mut loads = vec![Load::connect(kind, server.port, 200)];
        let before = server.resident_bytes();
        loads.push(Load::connect(kind, server.port, CONNECTIONS));
        let each = async |server: &Server| {
            tokio::time::sleep(Duration::from_secs(1)).await;
            (server.resident_bytes() - before) / f64::from(CONNECTIONS) / 1024.0
        };
        let idle = each(&server).await;
        server.publish(BURST, 1, Duration::ZERO).await;
        for load in &mut loads {
            load.arrivals(BURST).await;
        }
        let after = each(&server).await;
        println!("| {kind} | {CONNECTIONS} | {idle:.1} | {after:.1} |");
    }
}
