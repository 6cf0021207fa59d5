//! The pool of render threads.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::abandon::AbandonHandle;
use super::isolate::Isolate;
use super::job::Job;
use super::replacement_budget::ReplacementBudget;
use super::settings::WorkerSettings;
use super::watchdog::Watchdog;
use super::work_queue::{EnqueueError, WorkQueue};
use super::worker;
use crate::error::{RenderError, RenderErrorKind};
use crate::modules::Loader;

/// The size of a thread's stack. React renders deep trees by recursion.
const STACK_BYTES: usize = 8 << 20;

/// The threads that render, and the replacement of threads that are stuck in the engine.
pub(crate) struct WorkerPool {
    pub(crate) settings: WorkerSettings,
    pub(crate) loader: Arc<Loader>,
    pub(crate) watchdog: Arc<Watchdog>,
    pub(super) queue: Arc<WorkQueue>,
    threads: Mutex<Vec<WorkerThread>>,
    next_number: AtomicUsize,
    budget: Mutex<ReplacementBudget>,
    /// The number of abandoned threads that have not been replaced.
    missing: AtomicUsize,
}

struct WorkerThread {
    handle: JoinHandle<()>,
    abandon: AbandonHandle,
}

impl WorkerPool {
    pub(crate) fn new(
        settings: WorkerSettings,
        loader: Arc<Loader>,
        watchdog: Arc<Watchdog>,
        queue_capacity: usize,
    ) -> Self {
        Self {
            settings,
            loader,
            watchdog,
            queue: Arc::new(WorkQueue::new(queue_capacity)),
            threads: Mutex::default(),
            next_number: AtomicUsize::new(0),
            budget: Mutex::new(ReplacementBudget::new(Instant::now())),
            missing: AtomicUsize::new(0),
        }
    }

    /// Starts one more thread, with one more isolate.
    pub(crate) fn spawn_worker(self: &Arc<Self>) -> io::Result<()> {
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        let abandon = {
            let pool = Arc::downgrade(self);
            AbandonHandle::new(move |abandoned, path| {
                if let Some(pool) = pool.upgrade() {
                    pool.replace(abandoned, path);
                }
            })
        };
        let on_caller = {
            let pool = Arc::downgrade(self);
            AbandonHandle::new(move |abandoned, path| {
                if let Some(pool) = pool.upgrade() {
                    pool.queue.lose_from_caller();
                    pool.replace(abandoned, path);
                }
            })
        };
        let pool = Arc::clone(self);
        let thread = abandon.clone();
        let handle = thread::Builder::new()
            .name(format!("mizan-ssr-{number}"))
            .stack_size(STACK_BYTES)
            .spawn(move || {
                let loader = Arc::clone(&pool.loader);
                let isolate = Box::new(Isolate::new(pool.settings.clone(), loader, on_caller));
                worker::run(&pool.queue, isolate, &thread);
                if thread.is_abandoned() {
                    pool.record_returned_thread();
                }
            })?;
        self.threads.lock().push(WorkerThread { handle, abandon });
        Ok(())
    }

    /// Adds a job to the queue.
    pub(crate) fn enqueue(&self, job: Job) -> Result<(), RenderError> {
        let result = self.queue.enqueue(job);
        if result.is_err() {
            metrics::counter!("mizan_render_rejections_total").increment(1);
        }
        result.map_err(|error| match error {
            EnqueueError::Closed => closed(),
            EnqueueError::Full { capacity } => {
                RenderErrorKind::Overloaded { queued: capacity }.into()
            }
        })
    }

    /// Lets the threads end after the renders in the queue.
    pub(crate) fn close(&self) {
        self.queue.close();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    /// Records that an abandoned thread has returned from the engine.
    pub(super) fn record_returned_thread(&self) {
        self.budget.lock().thread_returned();
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
        let has_ended =
            |thread: &WorkerThread| thread.handle.is_finished() || thread.abandon.is_abandoned();
        while !self.threads.lock().iter().all(has_ended) {
            thread::sleep(Duration::from_millis(2));
        }
        self.loader.cache().finish();
    }
}

/// Returns the error of renders that are requested after the renderer was closed.
pub(crate) fn closed() -> RenderError {
    RenderErrorKind::Engine("the renderer is closed".into()).into()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::time::{Duration, Instant};

    use super::WorkerPool;
    use crate::Renderer;

    fn active_threads(pool: &WorkerPool) -> usize {
        let threads = pool.threads.lock();
        let is_active = |thread: &&super::WorkerThread| !thread.abandon.is_abandoned();
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
