//! The memory that a flood of sign-ins leaves behind. A test of its own process, as it measures it.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

use std::fs;

use futures_util::StreamExt;
use futures_util::stream::iter;
use mizan_auth::password::{HashCost, PasswordHasher};

const AT_ONCE: usize = 2;

/// The memory of one hash at the default cost, in KiB.
const HASH: usize = 19 * 1024;

/// The resident memory of this process, in KiB.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.unwrap().split_whitespace().nth(1).unwrap();
    number.parse().unwrap()
}

/// Checks so many wrong passwords, 16 at a time, and returns how much memory that left behind.
async fn growth_after(checks: usize) -> usize {
    let passwords = PasswordHasher::new(HashCost::default(), AT_ONCE, 1000).unwrap();
    let before = resident();
    let checks = (0..checks).map(|number| {
        let passwords = passwords.clone();
        tokio::spawn(async move {
            let typed = format!("wrong password {number}");
            assert!(!passwords.verify(&typed.into(), None).await.unwrap());
        })
    });
    let mut checks = iter(checks).buffer_unordered(16);
    while let Some(checked) = checks.next().await {
        checked.unwrap();
    }
    let after = resident();
    println!("resident: {before} KiB before, {after} KiB after");
    after.saturating_sub(before)
}

fn most() -> usize {
    // A hash more than there are places: the rest of the process grows a little too.
    (AT_ONCE + 1) * HASH
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn sign_ins_leave_the_memory_of_the_hashes_at_once() {
    let growth = growth_after(64).await;
    assert!(growth < most(), "{growth} KiB");
}

/// `cargo test -p mizan-auth --test memory -- --ignored --nocapture`
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
#[ignore = "takes a minute"]
async fn a_thousand_sign_ins_leave_the_memory_of_the_hashes_at_once() {
    let growth = growth_after(1000).await;
    assert!(growth < most(), "{growth} KiB");
}
