use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

/// Ends what takes too long, from a thread of its own.
///
/// Every watch has a generation. Ending happens under the lock, and only while the generation is still
/// watched, so a late one never reaches the render that came after.
pub(crate) struct Watchdog {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

/// What ends the thing that is watched.
type End = Arc<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct State {
    watched: HashMap<u64, (Instant, End)>,
    generation: u64,
    /// Until when the thread sleeps; none while nothing is watched.
    sleeps_until: Option<Instant>,
    closed: bool,
}

/// One thing that is watched, until it is dropped.
pub(crate) struct Watch {
    /// None once the watch has ended.
    shared: Option<Arc<Shared>>,
    generation: u64,
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

    /// Calls `end` at `deadline`, unless the watch is over by then.
    pub(crate) fn watch(&self, deadline: Instant, end: End) -> Watch {
        let mut state = self.shared.locked();
        state.generation += 1;
        let generation = state.generation;
        state.watched.insert(generation, (deadline, end));
        if state.sleeps_until.is_none_or(|until| deadline < until) {
            self.shared.wake.notify_one();
        }
        drop(state);
        Watch {
            shared: Some(Arc::clone(&self.shared)),
            generation,
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.locked().closed = true;
        self.shared.wake.notify_one();
    }
}

impl Watch {
    /// Ends the watch; whether it had come to its deadline.
    pub(crate) fn end(mut self) -> bool {
        self.forget().is_none()
    }

    fn forget(&mut self) -> Option<(Instant, End)> {
        let shared = self.shared.take()?;
        let mut state = shared.locked();
        state.watched.remove(&self.generation)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.forget();
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
            state.watched.retain(|_, (deadline, end)| {
                let over = *deadline <= now;
                if over {
                    end();
                }
                !over
            });
            state.sleeps_until = state.watched.values().map(|(deadline, _)| *deadline).min();
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

    use super::Watchdog;

    #[test]
    fn ends_what_is_late_and_nothing_else() {
        let watchdog = Watchdog::start().expect("a thread");
        let ended = Arc::new(AtomicUsize::new(0));
        let count = || {
            let ended = Arc::clone(&ended);
            Arc::new(move || {
                ended.fetch_add(1, Ordering::SeqCst);
            })
        };
        let soon = Instant::now() + Duration::from_millis(40);
        let quick = watchdog.watch(soon, count());
        let late = watchdog.watch(soon, count());
        let long = watchdog.watch(Instant::now() + Duration::from_secs(60), count());
        assert!(!quick.end());
        sleep(Duration::from_millis(400));
        assert_eq!(ended.load(Ordering::SeqCst), 1);
        assert!(late.end());
        assert!(!long.end());
    }
}
