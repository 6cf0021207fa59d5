//! Measures the memory growth of a flood of sign-ins, in a separate process.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a failed unwrap fails the test, which is intended"
)]

use std::fs;

use futures_util::StreamExt;
use futures_util::stream::iter;
use mizan_auth::password::{HashCost, PasswordHasher};

const AT_ONCE: usize = 2;

/// The memory of one hash at the default cost in KiB.
const HASH: usize = 19 * 1024;

/// Returns the resident memory of this process in KiB.
fn resident_kib() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.unwrap().split_whitespace().nth(1).unwrap();
    number.parse().unwrap()
}

/// Verifies `checks` wrong passwords, 16 at a time, and returns the memory growth in KiB.
async fn growth_after(checks: usize) -> usize {
    let passwords = PasswordHasher::new(HashCost::default(), AT_ONCE, 1000).unwrap();
    let before = resident_kib();
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
    let after = resident_kib();
    println!("resident: {before} KiB before, {after} KiB after");
    after.saturating_sub(before)
}

fn max_growth_kib() -> usize {
    // One hash more than there are threads, because the rest of the process also grows a little.
    (AT_ONCE + 1) * HASH
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn memory_of_sign_ins_is_bounded_by_the_hash_threads() {
    let growth = growth_after(64).await;
    assert!(growth < max_growth_kib(), "{growth} KiB");
}

/// Run with `cargo test -p mizan-auth --test memory -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
#[ignore = "takes a minute"]
async fn memory_of_a_thousand_sign_ins_is_bounded_by_the_hash_threads() {
    let growth = growth_after(1000).await;
    assert!(growth < max_growth_kib(), "{growth} KiB");
}
