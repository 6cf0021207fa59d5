//! The metrics of the pool that hashes passwords.

use std::time::Instant;

/// The work of the pool.
#[derive(Clone, Copy, Debug)]
pub(super) enum PasswordWork {
    Hash,
    Verify,
    CheckStrength,
}

impl PasswordWork {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Verify => "verify",
            Self::CheckStrength => "check_strength",
        }
    }
}

/// Measures one request to the pool, including the time in the queue. A request that is dropped is cancelled.
pub(super) struct WorkObserver {
    work: PasswordWork,
    started: Instant,
    outcome: &'static str,
}

impl WorkObserver {
    pub(super) fn start(work: PasswordWork) -> Self {
        Self {
            work,
            started: Instant::now(),
            outcome: "cancelled",
        }
    }

    /// Ends a request that the queue rejected.
    pub(super) fn reject(mut self) {
        self.outcome = "rejected";
    }

    /// Ends a request whose work is complete.
    pub(super) fn complete(mut self) {
        self.outcome = "ok";
    }
}

impl Drop for WorkObserver {
    fn drop(&mut self) {
        metrics::histogram!(
            "mizan_password_duration_seconds",
            "operation" => self.work.as_str(),
            "outcome" => self.outcome,
        )
        .record(self.started.elapsed().as_secs_f64());
    }
}

/// A request in the gauge of those that wait for a thread, until it is dropped.
pub(super) struct QueuedWork;

impl QueuedWork {
    pub(super) fn new() -> Self {
        metrics::gauge!("mizan_password_queued").increment(1.0);
        Self
    }
}

impl Drop for QueuedWork {
    fn drop(&mut self) {
        metrics::gauge!("mizan_password_queued").decrement(1.0);
    }
}
