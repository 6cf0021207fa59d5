//! The watchdog thread, which reports expired deadlines.

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use parking_lot::{Condvar, Mutex};
use slab::Slab;

/// A thread that notifies watched values when their deadline expires.
pub(crate) struct Watchdog {
    shared: Arc<Shared>,
}

/// A value with a deadline.
pub(crate) trait Watched: Send + Sync {
    /// Handles the expired deadline. Returns the next deadline, if there is one.
    fn on_deadline(&self) -> Option<Instant>;
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    watched: Slab<(Option<Instant>, Arc<dyn Watched>)>,
    /// The time at which the thread wakes up; `None` if there is no deadline.
    sleeps_until: Option<Instant>,
    closed: bool,
}

/// Keeps a value watched until it is dropped.
pub(crate) struct Watch {
    shared: Arc<Shared>,
    key: usize,
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

    /// Notifies `watched` at `deadline`, unless the returned value is dropped before.
    pub(crate) fn watch(&self, deadline: Instant, watched: Arc<dyn Watched>) -> Watch {
        let mut state = self.shared.state.lock();
        let key = state.watched.insert((Some(deadline), watched));
        if state.sleeps_until.is_none_or(|until| deadline < until) {
            self.shared.wake.notify_one();
        }
        drop(state);
        Watch {
            shared: Arc::clone(&self.shared),
            key,
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.state.lock().closed = true;
        self.shared.wake.notify_one();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let watched = self.shared.state.lock().watched.try_remove(self.key);
        // Dropped after the lock is released, because this may run arbitrary destructors.
        drop(watched);
    }
}

impl Shared {
    fn run(&self) {
        let mut state = self.state.lock();
        while !state.closed {
            let now = Instant::now();
            for (_, (deadline, watched)) in &mut state.watched {
                if deadline.is_some_and(|deadline| deadline <= now) {
                    *deadline = watched.on_deadline();
                }
            }
            let deadlines = state
                .watched
                .iter()
                .filter_map(|(_, (deadline, _))| *deadline);
            state.sleeps_until = deadlines.min();
            match state.sleeps_until {
                Some(until) => {
                    self.wake.wait_until(&mut state, until);
                }
                None => self.wake.wait(&mut state),
            }
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

    /// Counts notifications and has a second deadline.
    struct Counter {
        notifications: AtomicUsize,
        second_deadline: Instant,
    }

    impl Counter {
        fn new(second_deadline: Instant) -> Arc<Self> {
            let notifications = AtomicUsize::new(0);
            Arc::new(Self {
                notifications,
                second_deadline,
            })
        }

        fn notifications(&self) -> usize {
            self.notifications.load(Ordering::SeqCst)
        }
    }

    impl Watched for Counter {
        fn on_deadline(&self) -> Option<Instant> {
            (self.notifications.fetch_add(1, Ordering::SeqCst) == 0).then_some(self.second_deadline)
        }
    }

    #[test]
    fn notifies_only_at_expired_deadlines() {
        let watchdog = Watchdog::start().expect("a thread");
        let soon = Instant::now() + Duration::from_millis(40);
        let hour = Instant::now() + Duration::from_secs(3600);
        let [dropped, once, twice, long] = [hour, hour, soon, hour].map(Counter::new);
        let dropped_watch = watchdog.watch(soon, dropped.clone());
        let _once = watchdog.watch(soon, once.clone());
        let _twice = watchdog.watch(soon, twice.clone());
        drop(dropped_watch);
        // Reuses the key of the dropped watch.
        let _long = watchdog.watch(hour, long.clone());
        sleep(Duration::from_millis(400));
        let counts = [&dropped, &once, &twice, &long].map(|counter| counter.notifications());
        assert_eq!(counts, [0, 1, 2, 0]);
    }
}
