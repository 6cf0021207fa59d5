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
    /// Renders short components on the thread of the caller.
    pub(crate) on_caller_thread: bool,
    /// Starts the calls that the last render of a component made in sequence.
    pub(crate) prefetch_observed_calls: bool,
}

/// The time after which a render on its caller's thread continues in the pool at the end of a turn.
pub(super) const CALLER_TURN: Duration = Duration::from_millis(1);

/// The time after which code on its caller's thread is interrupted. The pool repeats the render.
///
/// Other tasks of the caller's thread wait for this time at most, unless a builtin function of the engine is
/// stuck.
pub(crate) const CALLER_LIMIT: Duration = Duration::from_millis(50);

/// The time after a job's deadline at which its code is interrupted.
///
/// A render that waits at its deadline stops by itself, and needs this time to close open elements.
pub(crate) const INTERRUPT_DELAY: Duration = Duration::from_millis(20);

/// The time after a job's deadline at which its thread counts as stuck.
///
/// JavaScript code reacts to an interruption immediately. A builtin function of the engine, such as
/// reversing an array of four billion elements, may never react.
pub(crate) const STUCK_DELAY: Duration = Duration::from_secs(1);
