//! The memory that clients can make the server use.

use std::process::Command;
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::app::{Feed, Room, start_server};
use super::client::{Client, FIN, PING, frame, text};
use crate::harness::within_timeout;

const FLOODERS: usize = 4;

/// The maximum resident memory of a client that floods the server and never reads.
const MAX_BYTES_PER_CLIENT: usize = 256 * 1024;

/// The number of bytes that each client tries to send.
const FLOOD_BYTES: usize = 24 * 1024 * 1024;

/// Runs the test below in its own process, to measure its memory.
#[test]
fn memory_stays_flat_under_floods_without_reads() {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["websocket::memory::floods", "--exact", "--ignored"])
        .status();
    assert!(status.unwrap().success());
}

#[tokio::test]
#[ignore = "runs in a child process of another test"]
async fn floods() {
    let Some(_) = resident_bytes() else {
        return println!("skipped: /proc/self/statm does not exist");
    };
    let running = start_server(|limits| limits.max_frames_per_second = u32::MAX / 5).await;
    let addr = running.server.addr;
    let mut witness = Client::hello(addr, "witness").await;
    witness.join("feed", "witness").await;
    let ping = frame(FIN | PING, &[b'?'; 100]);
    let asks: Vec<u8> = (0..50)
        .flat_map(|sub| {
            let params = json!({ "room": format!("room-{sub}") });
            let begin = json!({ "t": "sub", "sub": sub, "channel": "feed", "params": params });
            let end = json!({ "t": "unsub", "sub": sub });
            let stray = json!({ "t": "msg", "sub": 99, "mid": "m".repeat(64), "data": null });
            let frames = [begin, end, stray].map(|frame| text(&frame.to_string()));
            [frames.concat(), ping.clone()].concat()
        })
        .collect();
    let pings = ping.repeat(100);
    // The allocator keeps the memory of the first clients.
    flood(addr, 2, &asks).await;
    let before = resident_bytes().unwrap();

    let (held_back, stuck) = flood(addr, FLOODERS, &asks).await;
    assert_eq!(
        held_back, FLOODERS,
        "the server stops reading from clients that do not read"
    );
    let asking = resident_bytes().unwrap().saturating_sub(before);
    let (held_back, pinging) = flood(addr, FLOODERS, &pings).await;
    assert_eq!(
        held_back, FLOODERS,
        "the server stops reading from clients that do not read pongs"
    );
    let in_all = resident_bytes().unwrap().saturating_sub(before);
    println!("{asking} bytes more, then {in_all}");
    assert!(asking <= FLOODERS * MAX_BYTES_PER_CLIENT, "{asking}");
    assert!(in_all <= 2 * FLOODERS * MAX_BYTES_PER_CLIENT, "{in_all}");

    let params = Room::new("witness");
    let published = running.channels.publish::<Feed>(&params, "well".to_owned());
    published.await.unwrap();
    assert_eq!(witness.next("pub").await["data"], "well");
    drop((stuck, pinging));
    let gone = async {
        while running.channels.connection_count() > 1 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within_timeout(gone).await;
}

/// Starts clients that send `bytes` repeatedly and read nothing. Returns the number of those that the server
/// stopped reading from, and all clients.
async fn flood(addr: std::net::SocketAddr, clients: usize, bytes: &[u8]) -> (usize, Vec<Client>) {
    let mut floods = JoinSet::new();
    for number in 0..clients {
        let bytes = bytes.to_vec();
        floods.spawn(async move {
            let mut client = Client::hello(addr, &format!("mallory-{number}")).await;
            let mut sent = 0;
            while sent < FLOOD_BYTES {
                let sending = client.stream.write(&bytes[sent % bytes.len()..]);
                match timeout(Duration::from_secs(3), sending).await {
                    Ok(written) => sent += written.unwrap(),
                    Err(_) => return (true, client),
                }
            }
            (false, client)
        });
    }
    let all = floods.join_all().await;
    let held_back = all.iter().filter(|(held_back, _)| *held_back).count();
    (
        held_back,
        all.into_iter().map(|(_, client)| client).collect(),
    )
}

fn resident_bytes() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = pages.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
