//! Fan-out over WebSockets beside a plain broadcast and `ws` on Node, and the memory of idle connections.
//!
//! Each server is a process of its own, which publishes to itself when it is told to on its standard input, so
//! that all of them do the same work. `mizan-channels/benches/README.md` has the figures.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on says so by panicking"
)]

mod load;
mod servers;

use std::time::Duration;

use load::Load;
use servers::Server;

fn main() {
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    match args.next().as_deref() {
        Some("serve") => runtime.block_on(servers::serve(&args.next().unwrap())),
        Some("idle") => runtime.block_on(idle()),
        _ => runtime.block_on(async {
            fan_out().await;
            idle().await;
        }),
    }
}

async fn fan_out() {
    println!("| server | subscribers | deliveries/s | p50 ms | p99 ms |");
    println!("|---|---|---|---|---|");
    for (subscribers, messages) in [(1, 20_000), (100, 3_000), (5_000, 60)] {
        for kind in ["mizan", "plain", "node"] {
            let Some(mut server) = Server::start(kind).await else {
                println!("| {kind} | {subscribers} | not run | | |");
                continue;
            };
            let mut load = Load::connect(kind, server.port, subscribers).await;
            // As fast as it goes, then at a pace of at most 50,000 deliveries a second.
            server.publish(messages, Duration::ZERO).await;
            let rate = load.deliveries_per_second(messages).await;
            let pause = Duration::from_secs_f64(f64::from(subscribers) / 50_000.0);
            let paced = (messages / 4).clamp(20, 2_000);
            server
                .publish(paced, pause.max(Duration::from_millis(1)))
                .await;
            let (p50, p99) = load.latencies(paced).await;
            println!("| {kind} | {subscribers} | {rate:.0} | {p50:.2} | {p99:.2} |");
        }
    }
}

async fn idle() {
    println!("\n| server | idle connections | KB each |");
    println!("|---|---|---|");
    for kind in ["mizan", "plain", "node"] {
        let Some(server) = Server::start(kind).await else {
            continue;
        };
        let first = Load::connect(kind, server.port, 200).await;
        let before = server.resident_bytes();
        let idle = 9_000;
        let load = Load::connect(kind, server.port, idle).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let each = (server.resident_bytes() - before) / f64::from(idle) / 1024.0;
        println!("| {kind} | {idle} | {each:.1} |");
        drop((first, load));
    }
}
