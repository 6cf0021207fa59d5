use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use crate::job::Job;
use crate::loader::Loader;
use crate::lock::locked;
use crate::replacements::Replacements;
use crate::watchdog::Watchdog;
use crate::worker::{Settings, Worker};

/// How much later than at its deadline the code of a render is ended. One that waits then ends by itself, and
/// is left the time to close what it has begun.
pub(crate) const LEEWAY: Duration = Duration::from_millis(20);

/// How much longer than its deadline a render may take to notice that it is over. JavaScript notices at
/// once; a function of the engine, such as reversing an array of four billion places, may never.
pub(crate) const GRACE: Duration = Duration::from_secs(1);

/// The threads that render.
pub(crate) struct Crew {
    pub(crate) settings: Settings,
    pub(crate) loader: Arc<Loader>,
    pub(crate) watchdog: Arc<Watchdog>,
    jobs: Receiver<Job>,
    threads: Mutex<Vec<(JoinHandle<()>, Lost)>>,
    number: AtomicUsize,
    replacements: Mutex<Replacements>,
    /// The number of threads that were given up and have not been replaced.
    missing: AtomicUsize,
}

/// Whether a thread was given up, which it learns if it ever comes back.
pub(crate) type Lost = Arc<AtomicBool>;

impl Crew {
    pub(crate) fn new(
        settings: Settings,
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
            number: AtomicUsize::new(0),
            replacements: Mutex::new(Replacements::new(Instant::now())),
            missing: AtomicUsize::new(0),
        }
    }

    /// Starts one more thread.
    pub(crate) fn hire(self: &Arc<Self>) -> io::Result<()> {
        let lost = Lost::default();
        let (crew, told) = (Arc::clone(self), Arc::clone(&lost));
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let thread = thread::Builder::new()
            .name(format!("mizan-ssr-{number}"))
            // Deep trees of elements are rendered by recursion.
            .stack_size(8 << 20)
            .spawn(move || {
                let jobs = crew.jobs.clone();
                let returned = (Arc::clone(&crew), Arc::clone(&told));
                Worker::new(crew, told).run(&jobs);
                let (crew, lost) = returned;
                if lost.load(Ordering::Relaxed) {
                    locked(&crew.replacements).give_back();
                }
            })?;
        locked(&self.threads).push((thread, lost));
        Ok(())
    }

    /// Gives up a thread that did not come back in time, and starts another in its place.
    pub(crate) fn replace(self: &Arc<Self>, lost: &Lost, path: &str) {
        // Before the thread learns of it: it counts itself as returned when it comes back.
        locked(&self.replacements).stuck += 1;
        lost.store(true, Ordering::Relaxed);
        self.missing.fetch_add(1, Ordering::Relaxed);
        tracing::error!(path, "a thread that renders is stuck in the engine");
        self.replenish(Instant::now());
        let missing = self.missing.load(Ordering::Relaxed);
        if missing > 0 {
            tracing::error!(
                path,
                missing,
                "too many threads that render are stuck: they are replaced one a minute, or as they \
                 come back"
            );
        }
    }

    /// Starts threads in place of stuck ones, as far as there are replacements by now.
    ///
    /// Called for each render, so that the threads are there again when they are needed.
    pub(crate) fn replenish(self: &Arc<Self>, now: Instant) {
        while self.missing.load(Ordering::Relaxed) > 0 && locked(&self.replacements).take(now) {
            let one_less = |missing: usize| missing.checked_sub(1);
            if self
                .missing
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
                .is_err()
            {
                return;
            }
            match self.hire() {
                Ok(()) => tracing::warn!("started a thread that renders in place of a stuck one"),
                Err(error) => {
                    self.missing.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(%error, "cannot start a thread in place of a stuck one");
                    return;
                }
            }
        }
    }

    /// Waits until the threads have ended, but for those that were given up.
    pub(crate) fn finish(&self) {
        let is_over = |(thread, lost): &(JoinHandle<()>, Lost)| {
            thread.is_finished() || lost.load(Ordering::Relaxed)
        };
        while !locked(&self.threads).iter().all(is_over) {
            thread::sleep(Duration::from_millis(2));
        }
        self.loader.cache().finish();
    }
}

#[cfg(test)]
impl Crew {
    /// Returns the number of threads that were not given up.
    fn working(&self) -> usize {
        let threads = locked(&self.threads);
        let works = |(_, lost): &&(_, Lost)| !lost.load(Ordering::Relaxed);
        threads.iter().filter(works).count()
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Lost;
    use crate::Renderer;

    #[test]
    fn stuck_threads_are_replaced_again_after_a_while() {
        let root = tempfile::tempdir().expect("a directory");
        let builder = Renderer::builder().root(root.path()).no_disk_cache();
        let renderer = builder.threads(1).build().expect("it builds");
        let crew = renderer.crew();
        // Each stands for a thread that never comes back.
        let lose = |count: usize| {
            for _ in 0..count {
                crew.replace(&Lost::default(), "Stuck.tsx");
            }
        };
        lose(16);
        assert_eq!(crew.working(), 17);
        lose(2);
        assert_eq!(crew.working(), 17, "too many at once");
        let now = Instant::now();
        crew.replenish(now + Duration::from_secs(59));
        assert_eq!(crew.working(), 17);
        crew.replenish(now + Duration::from_secs(61));
        assert_eq!(crew.working(), 18);
        crew.replenish(now + Duration::from_secs(3600));
        assert_eq!(crew.working(), 19, "as many as are missing");
    }
}
