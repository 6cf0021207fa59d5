//! The pool of render threads.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use parking_lot::Mutex;

use super::job::Job;
use super::job_deadline::AbandonThread;
use super::replacement_budget::ReplacementBudget;
use super::settings::WorkerSettings;
use super::watchdog::Watchdog;
use super::worker::Worker;
use crate::modules::Loader;

/// The size of a thread's stack. React renders deep trees by recursion.
const STACK_BYTES: usize = 8 << 20;

/// The threads that render, and the replacement of threads that are stuck in the engine.
pub(crate) struct WorkerPool {
    pub(crate) settings: WorkerSettings,
    pub(crate) loader: Arc<Loader>,
    pub(crate) watchdog: Arc<Watchdog>,
    jobs: Receiver<Job>,
    threads: Mutex<Vec<WorkerThread>>,
    next_number: AtomicUsize,
    budget: Mutex<ReplacementBudget>,
    /// The number of abandoned threads that have not been replaced.
    missing: AtomicUsize,
}

struct WorkerThread {
    handle: JoinHandle<()>,
    abandoned: Arc<AtomicBool>,
}

impl WorkerPool {
    pub(crate) fn new(
        settings: WorkerSettings,
        loader: Arc<Loader>,
        watchdog: Arc<Watchdog>,
        jobs: Receiver<Job>,
    ) -> Self {
        Self {
            settings,
            loader,
            watchdog,
            jobs,
            threads: Mutex::default(),
            next_number: AtomicUsize::new(0),
            budget: Mutex::new(ReplacementBudget::new(Instant::now())),
            missing: AtomicUsize::new(0),
        }
    }

    /// Starts one more thread.
    pub(crate) fn spawn_worker(self: &Arc<Self>) -> io::Result<()> {
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let abandoned = Arc::new(AtomicBool::new(false));
        let pool = Arc::clone(self);
        let flag = Arc::clone(&abandoned);
        let handle = thread::Builder::new()
            .name(format!("mizan-ssr-{number}"))
            .stack_size(STACK_BYTES)
            .spawn(move || {
                pool.run_worker(&flag);
                if flag.load(Ordering::Relaxed) {
                    pool.budget.lock().thread_returned();
                }
            })?;
        self.threads.lock().push(WorkerThread { handle, abandoned });
        Ok(())
    }

    fn run_worker(self: &Arc<Self>, abandoned: &Arc<AtomicBool>) {
        let abandon: AbandonThread = {
            let (pool, abandoned) = (Arc::clone(self), Arc::clone(abandoned));
            Arc::new(move |path| pool.replace(&abandoned, path))
        };
        let worker = Worker::new(
            self.settings,
            Arc::clone(&self.loader),
            Arc::clone(abandoned),
            abandon,
        );
        worker.run(&self.jobs);
    }

    /// Abandons a thread that did not return in time and starts a replacement.
    fn replace(self: &Arc<Self>, abandoned: &AtomicBool, path: &str) {
        // Before the flag is set: a thread that sees the flag counts itself as returned.
        self.budget.lock().stuck += 1;
        abandoned.store(true, Ordering::Relaxed);
        self.missing.fetch_add(1, Ordering::Relaxed);
        tracing::error!(path, "render thread is stuck in the engine");
        self.replenish(Instant::now());
        let missing = self.missing.load(Ordering::Relaxed);
        if missing > 0 {
            tracing::error!(
                path,
                missing,
                "too many render threads are stuck; replacing one per minute, or when a thread returns"
            );
        }
    }

    /// Starts replacements for abandoned threads within the budget.
    ///
    /// The renderer calls this method for each render, so that missing threads are replaced when they are
    /// needed.
    pub(crate) fn replenish(self: &Arc<Self>, now: Instant) {
        while self.missing.load(Ordering::Relaxed) > 0 && self.budget.lock().try_take(now) {
            let decrement = |missing: usize| missing.checked_sub(1);
            if self
                .missing
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, decrement)
                .is_err()
            {
                return;
            }
            match self.spawn_worker() {
                Ok(()) => tracing::warn!("replaced a stuck render thread"),
                Err(error) => {
                    self.missing.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(%error, "cannot replace a stuck render thread");
                    return;
                }
            }
        }
    }

    /// Waits until all threads have ended, except abandoned ones, and the disk cache is written.
    pub(crate) fn join(&self) {
        let has_ended = |thread: &WorkerThread| {
            thread.handle.is_finished() || thread.abandoned.load(Ordering::Relaxed)
        };
        while !self.threads.lock().iter().all(has_ended) {
            thread::sleep(Duration::from_millis(2));
        }
        self.loader.cache().finish();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};

    use super::WorkerPool;
    use crate::Renderer;

    fn active_threads(pool: &WorkerPool) -> usize {
        let threads = pool.threads.lock();
        let is_active = |thread: &&super::WorkerThread| !thread.abandoned.load(Ordering::Relaxed);
        threads.iter().filter(is_active).count()
    }

    #[test]
    fn replaces_stuck_threads_at_limited_rate() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let builder = Renderer::builder().root(root.path()).no_disk_cache();
        let renderer = builder.threads(1).start().expect("a renderer");
        let pool = renderer.pool();
        // Each flag stands for a thread that never returns.
        let abandon = |count: usize| {
            for _ in 0..count {
                pool.replace(&AtomicBool::new(false), "Stuck.tsx");
            }
        };
        abandon(16);
        assert_eq!(active_threads(pool), 17);
        abandon(2);
        assert_eq!(active_threads(pool), 17, "exceeded the budget");
        let now = Instant::now();
        pool.replenish(now + Duration::from_secs(59));
        assert_eq!(active_threads(pool), 17);
        pool.replenish(now + Duration::from_secs(61));
        assert_eq!(active_threads(pool), 18);
        pool.replenish(now + Duration::from_secs(3600));
        assert_eq!(active_threads(pool), 19, "replaced more than are missing");
    }
}
