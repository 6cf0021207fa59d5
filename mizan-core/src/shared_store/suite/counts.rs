//! Tests of the counts of rate limits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::limits::{RateLimit, limited_networks};
use crate::shared_store::{Counter, SharedStore, TakeReply};

/// Tests the counts of rate limits.
///
/// # Panics
///
/// Panics if the store violates its contract.
pub async fn counts(store: &Arc<dyn SharedStore>) {
    allows_a_burst_and_states_the_time_to_wait(&**store).await;
    separates_groups_and_keys(&**store).await;
    stops_at_the_first_exhausted_count(&**store).await;
    counts_concurrent_calls_exactly(store).await;
    never_exceeds_the_limit_in_any_period(store).await;
    accepts_any_limit_and_key(&**store).await;
    flood_of_keys_does_not_reset_exhausted_counts(store).await;
}

fn per_hour(burst: u32) -> RateLimit {
    RateLimit::new(burst, Duration::from_secs(3600))
}

async fn take(store: &dyn SharedStore, counter: Counter<'_>) -> TakeReply {
    let counters = [counter];
    match store.try_take(&counters) {
        Some(reply) => reply,
        None => store.take(&counters).await.unwrap(),
    }
}

async fn is_taken(store: &dyn SharedStore, counter: Counter<'_>) -> bool {
    take(store, counter).await == TakeReply::Taken
}

async fn allows_a_burst_and_states_the_time_to_wait(store: &dyn SharedStore) {
    let counter = Counter::new("burst", "ada", per_hour(3));
    for _ in 0..3 {
        assert!(is_taken(store, counter).await);
    }
    for _ in 0..3 {
        let TakeReply::Exhausted { retry_after } = take(store, counter).await else {
            panic!("a fourth call was allowed");
        };
        let range = Duration::from_secs(3500)..=Duration::from_secs(3600);
        assert!(range.contains(&retry_after), "{retry_after:?}");
    }
}

async fn separates_groups_and_keys(store: &dyn SharedStore) {
    let rate = per_hour(1);
    let network = |address: &str| limited_networks(address.parse().unwrap()).next().unwrap();
    let counters = [
        Counter::new("one", "ada", rate),
        Counter::new("one", "eve", rate),
        Counter::new("two", "ada", rate),
        Counter::new("one", "", rate),
        Counter::of_network("one", network("192.0.2.1"), rate),
        Counter::of_network("one", network("192.0.2.2"), rate),
        Counter::of_network("one", network("2001:db8::1"), rate),
    ];
    for counter in counters {
        assert!(is_taken(store, counter).await, "{counter:?}");
    }
    for counter in counters {
        assert!(!is_taken(store, counter).await, "{counter:?}");
    }
    let same_network = Counter::of_network("one", network("2001:db8::2"), rate);
    assert!(!is_taken(store, same_network).await);
}

async fn stops_at_the_first_exhausted_count(store: &dyn SharedStore) {
    let narrow = Counter::new("narrow", "ada", per_hour(1));
    let wide = Counter::new("wide", "ada", per_hour(3));
    let both = [narrow, wide];
    assert_eq!(store.take(&both).await.unwrap(), TakeReply::Taken);
    for _ in 0..5 {
        let reply = store.take(&both).await.unwrap();
        assert_ne!(reply, TakeReply::Taken);
    }
    assert!(is_taken(store, wide).await, "refused calls were counted");
    assert!(is_taken(store, wide).await, "refused calls were counted");
    assert!(!is_taken(store, wide).await);
    assert_eq!(store.take(&[]).await.unwrap(), TakeReply::Taken);
}

async fn counts_concurrent_calls_exactly(store: &Arc<dyn SharedStore>) {
    let mut calls = JoinSet::new();
    for _ in 0..40 {
        let store = Arc::clone(store);
        calls.spawn(
            async move { is_taken(&*store, Counter::new("race", "ada", per_hour(25))).await },
        );
    }
    let taken = calls.join_all().await;
    assert_eq!(taken.iter().filter(|taken| **taken).count(), 25);
}

/// Calls at full speed from two tasks, and compares each period between two allowed calls with the
/// limit.
async fn never_exceeds_the_limit_in_any_period(store: &Arc<dyn SharedStore>) {
    const CALLS: usize = 30;
    let interval = Duration::from_millis(5);
    let rate = RateLimit::new(4, interval);
    let mut tasks = JoinSet::new();
    for _ in 0..2 {
        let store = Arc::clone(store);
        tasks.spawn(async move {
            let mut taken = Vec::new();
            while taken.len() < CALLS {
                let start = Instant::now();
                match take(&*store, Counter::new("rolling", "ada", rate)).await {
                    TakeReply::Taken => taken.push((start, Instant::now())),
                    TakeReply::Exhausted { retry_after } => {
                        assert!(retry_after <= interval, "{retry_after:?}");
                        // Half the time, so that some calls come too early.
                        tokio::time::sleep(retry_after / 2).await;
                    }
                }
            }
            taken
        });
    }
    let mut taken = tasks.join_all().await.concat();
    taken.sort();
    for (first, (start, _)) in taken.iter().enumerate() {
        let mut latest_end = *start;
        for (last, (_, end)) in taken.iter().enumerate().skip(first) {
            latest_end = latest_end.max(*end);
            let period = latest_end - *start;
            let most = 4 + period.as_micros() / interval.as_micros();
            let count = (last - first + 1) as u128;
            assert!(count <= most, "{count} calls within {period:?}");
        }
    }
}

async fn accepts_any_limit_and_key(store: &dyn SharedStore) {
    let long = "x".repeat(100_000);
    for rate in [
        RateLimit::new(0, Duration::ZERO),
        RateLimit::new(1, Duration::MAX),
        RateLimit::new(u32::MAX, Duration::MAX),
        RateLimit::new(u32::MAX, Duration::from_nanos(1)),
    ] {
        let name = format!("{rate:?}");
        for key in [
            "",
            "\0",
            "'; DROP TABLE",
            "{}*?[]\r\n",
            "é\u{10ffff}",
            &long,
        ] {
            assert!(is_taken(store, Counter::new(&name, key, rate)).await);
        }
    }
}

async fn flood_of_keys_does_not_reset_exhausted_counts(store: &Arc<dyn SharedStore>) {
    let rate = per_hour(2);
    let eve = Counter::new("flood", "eve", rate);
    for _ in 0..2 {
        assert!(is_taken(&**store, eve).await);
    }
    let mut flood = JoinSet::new();
    for task in 0..10 {
        let store = Arc::clone(store);
        flood.spawn(async move {
            for number in 0..1_000 {
                let key = format!("{task}-{number}");
                assert!(is_taken(&*store, Counter::new("flood", &key, rate)).await);
            }
        });
    }
    flood.join_all().await;
    assert!(!is_taken(&**store, eve).await);
}
