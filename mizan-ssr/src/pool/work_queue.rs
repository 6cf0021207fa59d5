//! The queue of renders, with the isolates that are free to execute them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::isolate::{ActiveRender, IdleIsolate, Isolate};
use super::job::Job;

/// The time without a render after which slow cleanup of an isolate runs.
const IDLE_DELAY: Duration = Duration::from_millis(1);

/// The queue of renders, with the isolates that are free to execute them.
///
/// An isolate that changes threads is always in the queue, on a thread of the pool, or on the thread of a caller.
pub(crate) struct WorkQueue {
    state: Mutex<QueueState>,
    changed: Condvar,
    /// The maximum number of waiting jobs.
    capacity: usize,
}

#[derive(Default)]
struct QueueState {
    jobs: VecDeque<Job>,
    /// Renders that began on the thread of their caller.
    suspended: VecDeque<SuspendedRender>,
    /// The isolate used last is at the end, because its memory is in the caches of the processor.
    idle: Vec<IdleIsolate>,
    /// The number of isolates on threads of callers.
    on_callers: usize,
    /// Set while a thread waits for the time of the next cleanup.
    has_cleaner: bool,
    is_closed: bool,
}

/// A render that must continue in the pool, with its isolate.
pub(super) struct SuspendedRender {
    pub(super) isolate: IdleIsolate,
    pub(super) render: ActiveRender,
}

/// The next work of a thread.
pub(super) enum Work {
    Job(Job, Box<Isolate>),
    Resume(Box<Isolate>, ActiveRender),
    /// Runs slow cleanup.
    CleanUp(Box<Isolate>),
}

/// The reason for which a job was not accepted.
pub(crate) enum EnqueueError {
    Closed,
    Full { capacity: usize },
}

impl QueueState {
    fn push_job(&mut self, job: Job) {
        self.jobs.push_back(job);
        metrics::gauge!("mizan_render_queued").increment(1.0);
    }

    fn pop_job(&mut self) -> Option<Job> {
        let job = self.jobs.pop_front()?;
        metrics::gauge!("mizan_render_queued").decrement(1.0);
        Some(job)
    }
}

impl WorkQueue {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            capacity,
        }
    }

    /// Adds a job to the end of the queue.
    pub(crate) fn enqueue(&self, job: Job) -> Result<(), EnqueueError> {
        let mut state = self.state.lock();
        if state.is_closed {
            return Err(EnqueueError::Closed);
        }
        if state.jobs.len() >= self.capacity {
            let capacity = self.capacity;
            return Err(EnqueueError::Full { capacity });
        }
        state.push_job(job);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Lets the threads end after the jobs in the queue.
    pub(crate) fn close(&self) {
        self.state.lock().is_closed = true;
        self.changed.notify_all();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state.lock().is_closed
    }

    /// Adds an isolate that a thread of the pool has left.
    pub(super) fn add(&self, isolate: IdleIsolate) {
        let mut state = self.state.lock();
        state.idle.push(isolate);
        if !state.jobs.is_empty() {
            self.changed.notify_one();
        }
    }

    /// Takes an isolate for the thread of a caller, unless jobs wait for isolates.
    pub(super) fn take_for_caller(&self, component: &str) -> Option<IdleIsolate> {
        let mut state = self.state.lock();
        if state.is_closed || !state.jobs.is_empty() {
            return None;
        }
        let warm = state
            .idle
            .iter()
            .rposition(|isolate| isolate.is_warm(component))?;
        state.on_callers += 1;
        Some(state.idle.remove(warm))
    }

    /// Returns the isolate of a caller.
    pub(super) fn return_from_caller(&self, isolate: IdleIsolate) {
        let mut state = self.state.lock();
        state.on_callers -= 1;
        let needs_cleaner = isolate.rendered_at().is_some() && !state.has_cleaner;
        state.idle.push(isolate);
        if state.is_closed {
            self.changed.notify_all();
        } else if !state.jobs.is_empty() || needs_cleaner {
            self.changed.notify_one();
        }
    }

    /// Records that the isolate of a caller does not return.
    pub(super) fn lose_from_caller(&self) {
        self.state.lock().on_callers -= 1;
        self.changed.notify_all();
    }

    /// Passes the render of a caller to a thread of the pool.
    pub(super) fn suspend_from_caller(&self, render: SuspendedRender) {
        let mut state = self.state.lock();
        state.on_callers -= 1;
        state.suspended.push_back(render);
        if state.is_closed {
            self.changed.notify_all();
        } else {
            self.changed.notify_one();
        }
    }

    /// Returns the next job for an isolate that is entered, unless other work is more urgent.
    pub(super) fn try_next_job(&self) -> Option<Job> {
        let mut state = self.state.lock();
        if state.suspended.is_empty() {
            state.pop_job()
        } else {
            None
        }
    }

    /// Waits for work. Returns `None` once the queue is closed and empty.
    ///
    /// A thread whose isolate cannot leave it passes the isolate as `bound`.
    pub(super) fn next(&self, bound: Option<Box<Isolate>>) -> Option<Work> {
        let mut state = self.state.lock();
        loop {
            if bound.is_none()
                && let Some(SuspendedRender { isolate, render }) = state.suspended.pop_front()
            {
                drop(state);
                return Some(Work::Resume(isolate.enter(), render));
            }
            if !state.jobs.is_empty()
                && (bound.is_some() || !state.idle.is_empty())
                && let Some(job) = state.pop_job()
            {
                let idle = if bound.is_none() {
                    state.idle.pop()
                } else {
                    None
                };
                if !state.jobs.is_empty() && !state.idle.is_empty() {
                    self.changed.notify_one();
                }
                drop(state);
                let isolate = bound.or_else(|| idle.map(IdleIsolate::enter))?;
                return Some(Work::Job(job, isolate));
            }
            let now = Instant::now();
            let delay = if state.is_closed {
                Duration::ZERO
            } else {
                IDLE_DELAY
            };
            let clean_up_at = |rendered_at: Instant| rendered_at + delay;
            let next_clean_up = match &bound {
                Some(isolate) => isolate.rendered_at.map(clean_up_at),
                None => {
                    let rendered = state.idle.iter().filter_map(IdleIsolate::rendered_at);
                    rendered.min().map(clean_up_at)
                }
            };
            match next_clean_up {
                Some(at) if at <= now => {
                    if let Some(isolate) = bound {
                        return Some(Work::CleanUp(isolate));
                    }
                    let due = |isolate: &IdleIsolate| {
                        isolate
                            .rendered_at()
                            .is_some_and(|rendered_at| clean_up_at(rendered_at) <= now)
                    };
                    if let Some(due) = state.idle.iter().position(due) {
                        let isolate = state.idle.remove(due);
                        drop(state);
                        return Some(Work::CleanUp(isolate.enter()));
                    }
                }
                Some(at) if bound.is_some() || !state.has_cleaner => {
                    state.has_cleaner |= bound.is_none();
                    self.changed.wait_until(&mut state, at);
                    if bound.is_none() {
                        state.has_cleaner = false;
                    }
                }
                _ if state.is_closed && state.on_callers == 0 && state.jobs.is_empty() => {
                    return None;
                }
                _ => self.changed.wait(&mut state),
            }
        }
    }
}
