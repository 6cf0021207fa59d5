//! The counts of rate limits in a table of fixed size.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::super::{Counter, TakeReply};
use crate::limits::RateLimit;

/// The number of counts in a set. A key has one place in a set that its hash determines.
const SET_SIZE: usize = 8;
/// The number of sets that one lock protects.
const SETS_PER_SHARD: usize = 512;
const SHARDS: usize = 64;

/// A table of counts in which each key has `SET_SIZE` possible places, like a processor's cache.
///
/// A new key takes an unused place, or that of the count whose full allowance is available soonest. So
/// the table never grows, never allocates, and forgets exhausted counts last.
pub(super) struct CountTable {
    shards: Box<[Mutex<Shard>]>,
    /// Randomly seeded, so that clients cannot choose keys with the same place.
    hash: RandomState,
    start: Instant,
}

/// Sets of keys and times. The system maps the memory of a set when it is first used.
type Shard = Box<[[Count; SET_SIZE]]>;

/// The hash of a key, 0 for an unused place, and the time at which its full allowance is available, in
/// microseconds.
type Count = [u64; 2];

impl Default for CountTable {
    fn default() -> Self {
        let shard = || Mutex::new(vec![[[0; 2]; SET_SIZE]; SETS_PER_SHARD].into_boxed_slice());
        Self {
            shards: (0..SHARDS).map(|_| shard()).collect(),
            hash: RandomState::new(),
            start: Instant::now(),
        }
    }
}

impl CountTable {
    pub(super) fn take(&self, counters: &[Counter<'_>]) -> TakeReply {
        // Times before the start of the table are unused places.
        let now = 1 + u64::try_from(self.start.elapsed().as_micros()).unwrap_or(u64::MAX);
        for counter in counters {
            let reply = self.take_at(self.hash.hash_one(counter), counter.rate(), now);
            if reply != TakeReply::Taken {
                return reply;
            }
        }
        TakeReply::Taken
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "parts of a hash choose the shard and the set"
    )]
    fn take_at(&self, hash: u64, rate: RateLimit, now: u64) -> TakeReply {
        let key = hash.max(1);
        let mut shard = self.shards[hash as usize % SHARDS].lock();
        let set = &mut shard[(hash >> 32) as usize % SETS_PER_SHARD];
        let place = match set.iter().position(|[known, _]| *known == key) {
            Some(place) => place,
            None => {
                let times = set.iter().map(|[_, time]| *time).enumerate();
                let soonest = times.min_by_key(|(_, time)| *time);
                let place = soonest.map_or(0, |(place, _)| place);
                set[place] = [key, 0];
                place
            }
        };
        let [_, time] = &mut set[place];
        take(time, rate, now)
    }
}

/// Takes one call from a count. `time` is when its full allowance is available, in the generic cell rate
/// algorithm the theoretical arrival time.
fn take(time: &mut u64, rate: RateLimit, now: u64) -> TakeReply {
    let next = (*time).max(now).saturating_add(rate.interval_micros());
    let latest = now.saturating_add(rate.tolerance_micros());
    if next <= latest {
        *time = next;
        return TakeReply::Taken;
    }
    TakeReply::Exhausted {
        retry_after: Duration::from_micros(next - latest),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allows(time: &mut u64, rate: RateLimit, now: u64) -> bool {
        take(time, rate, now) == TakeReply::Taken
    }

    proptest! {
        /// A period of any length allows the burst and one call for each interval, and not fewer if
        /// every call is tried when the reply says so.
        #[test]
        fn never_exceeds_the_limit_in_any_period(
            burst in 1_u32..20,
            interval in 1_u64..5_000,
            gaps in prop::collection::vec(0_u64..3_000, 1..200),
        ) {
            let rate = RateLimit::new(burst, Duration::from_micros(interval));
            let (mut time, mut now, mut allowed) = (0, 1, Vec::new());
            for gap in gaps {
                now += gap;
                if allows(&mut time, rate, now) {
                    allowed.push(now);
                }
            }
            for (first, start) in allowed.iter().enumerate() {
                for (last, end) in allowed.iter().enumerate().skip(first) {
                    let count = (last - first + 1) as u64;
                    let most = u64::from(burst) + (end - start) / interval;
                    prop_assert!(count <= most, "{count} in {} µs", end - start);
                }
            }
        }

        #[test]
        fn allows_a_call_after_the_stated_time(
            burst in 1_u32..20,
            interval in 1_u64..5_000,
            gaps in prop::collection::vec(0_u64..3_000, 1..50),
        ) {
            let rate = RateLimit::new(burst, Duration::from_micros(interval));
            let (mut time, mut now) = (0, 1);
            for gap in gaps {
                now += gap;
                if let TakeReply::Exhausted { retry_after } = take(&mut time, rate, now) {
                    let wait = u64::try_from(retry_after.as_micros())?;
                    prop_assert!(!allows(&mut time, rate, now + wait - 1));
                    prop_assert!(allows(&mut time, rate, now + wait));
                    now += wait;
                }
            }
        }
    }

    #[test]
    fn flood_of_keys_does_not_reset_exhausted_counts() {
        let table = CountTable::default();
        let rate = RateLimit::new(3, Duration::from_secs(60));
        let take = |key: &str| table.take(&[Counter::new("flood", key, rate)]);
        for _ in 0..3 {
            assert_eq!(take("eve"), TakeReply::Taken);
        }
        assert!(matches!(take("eve"), TakeReply::Exhausted { .. }));
        for key in 0..400_000 {
            assert_eq!(take(&key.to_string()), TakeReply::Taken);
        }
        assert!(matches!(take("eve"), TakeReply::Exhausted { .. }));
    }
}
