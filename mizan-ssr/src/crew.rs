use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::Receiver;

use crate::job::Job;
use crate::loader::Loader;
use crate::lock::locked;
use crate::watchdog::Watchdog;
use crate::worker::{Settings, Worker};

/// How much later than at its deadline the code of a render is ended. One that waits then ends by itself, and
/// is left the time to close what it has begun.
pub(crate) const LEEWAY: Duration = Duration::from_millis(20);

/// How much longer than its deadline a render may take to notice that it is over. JavaScript notices at
/// once; a function of the engine, such as reversing an array of four billion places, may never.
pub(crate) const GRACE: Duration = Duration::from_secs(1);

/// How many threads that did not come back are replaced.
const MOST_LOST: usize = 16;

/// The threads that render.
pub(crate) struct Crew {
    pub(crate) settings: Settings,
    pub(crate) loader: Arc<Loader>,
    pub(crate) watchdog: Arc<Watchdog>,
    jobs: Receiver<Job>,
    threads: Mutex<Vec<(JoinHandle<()>, Lost)>>,
    number: AtomicUsize,
    lost: AtomicUsize,
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
            lost: AtomicUsize::new(0),
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
                Worker::new(crew, told).run(&jobs);
            })?;
        locked(&self.threads).push((thread, lost));
        Ok(())
    }

    /// Gives up a thread that did not come back in time, and starts another in its place.
    pub(crate) fn replace(self: &Arc<Self>, lost: &Lost, path: &str) {
        lost.store(true, Ordering::Relaxed);
        if self.lost.fetch_add(1, Ordering::Relaxed) >= MOST_LOST {
            tracing::error!(
                path,
                "a thread that renders is stuck, and too many were replaced"
            );
            return;
        }
        tracing::error!(
            path,
            "a thread that renders is stuck in the engine; another takes its place"
        );
        if let Err(error) = self.hire() {
            tracing::error!(%error, "no thread can be started in its place");
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

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew").finish_non_exhaustive()
    }
}
