//! The settings of the render threads.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::EngineKind;
use crate::fetch::FetchClient;

/// The settings that all workers of a renderer share.
#[derive(Clone)]
pub(crate) struct WorkerSettings {
    pub(crate) engine: EngineKind,
    pub(crate) deadline: Duration,
    pub(crate) heap_limit_bytes: usize,
    /// Evaluates all modules again for every render.
    pub(crate) fresh_modules: bool,
    pub(crate) shell_delay: Duration,
    /// The client of `fetch`; `None` if no origin is allowed.
    pub(crate) fetch_client: Option<Arc<FetchClient>>,
}

/// The time after a job's deadline at which its code is interrupted.
///
/// A render that waits at its deadline stops by itself, and needs this time to close open elements.
pub(crate) const INTERRUPT_DELAY: Duration = Duration::from_millis(20);

/// The time after a job's deadline at which its thread counts as stuck.
///
/// JavaScript code reacts to an interruption immediately. A builtin function of the engine, such as
/// reversing an array of four billion elements, may never react.
pub(crate) const STUCK_DELAY: Duration = Duration::from_secs(1);
