//! The abandonment of a thread that is stuck in the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Abandons the thread that runs a job. The argument is the component's path.
pub(super) type AbandonThread = Arc<dyn Fn(&str) + Send + Sync>;

/// A function that abandons a thread, and the record that it was called.
#[derive(Clone)]
pub(super) struct AbandonHandle {
    is_abandoned: Arc<AtomicBool>,
    abandon: AbandonThread,
}

impl AbandonHandle {
    /// Creates a handle with a function that receives the record, which it sets.
    pub(super) fn new(abandon: impl Fn(&AtomicBool, &str) + Send + Sync + 'static) -> Self {
        let is_abandoned = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&is_abandoned);
        Self {
            is_abandoned,
            abandon: Arc::new(move |path| abandon(&flag, path)),
        }
    }

    pub(super) fn function(&self) -> AbandonThread {
        Arc::clone(&self.abandon)
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.is_abandoned.load(Ordering::Relaxed)
    }
}
