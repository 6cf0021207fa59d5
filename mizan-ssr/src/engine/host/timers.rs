//! The timers of a render.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Timers by the time at which they are due, with the interval of those that repeat.
#[derive(Default)]
pub(super) struct Timers {
    timers: BTreeMap<(Instant, u32), Option<Duration>>,
    last_id: u32,
}

impl Timers {
    /// Starts a timer and returns its id. Ids are not reused.
    pub(super) fn start(&mut self, milliseconds: f64, repeats: bool) -> u32 {
        const MAX_MILLISECONDS: f64 = 2_147_483_647.0;
        let milliseconds = milliseconds.clamp(0.0, MAX_MILLISECONDS);
        let delay = Duration::from_secs_f64(milliseconds / 1000.0);
        self.last_id = self.last_id.wrapping_add(1);
        let due = Instant::now() + delay;
        let interval = repeats.then_some(delay);
        self.timers.insert((due, self.last_id), interval);
        self.last_id
    }

    pub(super) fn stop(&mut self, id: f64) {
        self.timers.retain(|(_, timer), _| f64::from(*timer) != id);
    }

    pub(super) fn clear(&mut self) {
        self.timers.clear();
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.timers.keys().next().map(|(due, _)| *due)
    }

    /// Returns a timer that is due, and removes it or starts its next interval.
    pub(super) fn take_due(&mut self) -> Option<u32> {
        let (&(due, id), &interval) = self.timers.iter().next()?;
        let now = Instant::now();
        if due > now {
            return None;
        }
        self.timers.remove(&(due, id));
        if let Some(interval) = interval {
            self.timers.insert((now + interval, id), Some(interval));
        }
        Some(id)
    }
}
