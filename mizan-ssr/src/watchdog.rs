use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use slab::Slab;

/// Notices what takes too long, from a thread of its own.
pub(crate) struct Watchdog {
    shared: Arc<Shared>,
}

/// What is watched.
pub(crate) trait Watched: Send + Sync {
    /// Its time has come. When to call this again, if ever.
    fn overdue(&self) -> Option<Instant>;
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    watched: Slab<(Option<Instant>, Arc<dyn Watched>)>,
    /// Until when the thread sleeps; none while nothing is awaited.
    sleeps_until: Option<Instant>,
    closed: bool,
}

/// One thing that is watched, until this is dropped.
pub(crate) struct Watch {
    shared: Arc<Shared>,
    place: usize,
}

impl Watchdog {
    pub(crate) fn start() -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let watching = Arc::clone(&shared);
        thread::Builder::new()
            .name("mizan-ssr-watchdog".into())
            .spawn(move || watching.run())?;
        Ok(Self { shared })
    }

    /// Tells `watched` at `deadline`, unless the watch is over by then.
    pub(crate) fn watch(&self, deadline: Instant, watched: Arc<dyn Watched>) -> Watch {
        let mut state = self.shared.locked();
        let place = state.watched.insert((Some(deadline), watched));
        if state.sleeps_until.is_none_or(|until| deadline < until) {
            self.shared.wake.notify_one();
        }
        drop(state);
        Watch {
            shared: Arc::clone(&self.shared),
            place,
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.locked().closed = true;
        self.shared.wake.notify_one();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The place is this watch's alone until here, so no other is forgotten in its stead.
        let watched = self.shared.locked().watched.try_remove(self.place);
        // What it holds goes when nobody waits for the lock.
        drop(watched);
    }
}

impl Shared {
    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut state = self.locked();
        while !state.closed {
            let now = Instant::now();
            for (_, (deadline, watched)) in &mut state.watched {
                if deadline.is_some_and(|deadline| deadline <= now) {
                    *deadline = watched.overdue();
                }
            }
            let deadlines = state
                .watched
                .iter()
                .filter_map(|(_, (deadline, _))| *deadline);
            state.sleeps_until = deadlines.min();
            state = match state.sleeps_until {
                Some(until) => {
                    let wait = until.saturating_duration_since(now);
                    self.wake
                        .wait_timeout(state, wait)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => self
                    .wake
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    use super::{Watchdog, Watched};

    /// Counts how often its time came, and asks to be told a second time.
    struct Told {
        times: AtomicUsize,
        again: Instant,
    }

    impl Told {
        fn new(again: Instant) -> Arc<Self> {
            let times = AtomicUsize::new(0);
            Arc::new(Self { times, again })
        }

        fn times(&self) -> usize {
            self.times.load(Ordering::SeqCst)
        }
    }

    impl Watched for Told {
        fn overdue(&self) -> Option<Instant> {
            (self.times.fetch_add(1, Ordering::SeqCst) == 0).then_some(self.again)
        }
    }

    #[test]
    fn tells_what_is_late_and_nothing_else() {
        let watchdog = Watchdog::start().expect("a thread");
        let soon = Instant::now() + Duration::from_millis(40);
        let hour = Instant::now() + Duration::from_secs(3600);
        let [quick, once, twice, long] = [hour, hour, soon, hour].map(Told::new);
        let over = watchdog.watch(soon, quick.clone());
        let _once = watchdog.watch(soon, once.clone());
        let _twice = watchdog.watch(soon, twice.clone());
        drop(over);
        // It has the place of the one that is over.
        let _long = watchdog.watch(hour, long.clone());
        sleep(Duration::from_millis(400));
        let times = [&quick, &once, &twice, &long].map(|told| told.times());
        assert_eq!(times, [0, 1, 2, 0]);
    }
}
