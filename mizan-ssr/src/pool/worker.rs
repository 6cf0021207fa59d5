//! The thread that renders.

use std::sync::Arc;

use super::abandon::AbandonHandle;
use super::isolate::Isolate;
use super::work_queue::{Work, WorkQueue};

<<<<<<< HEAD
use super::chunk_sender::ChunkSender;
use super::event_loop::{EventLoop, RenderExit};
use super::job::Job;
use super::job_deadline::{AbandonThread, ChunkQueue, JobDeadline, JobOutput, send_reply};
use super::settings::WorkerSettings;
use crate::engine::{
    BUFFER_LIMIT_MESSAGE, Engine, EngineError, EntryPoint, Host, JsValue, exception_error,
};
use crate::error::{RenderError, RenderErrorKind};
use crate::modules::{Loader, ReactFiles};
use crate::output::Rendered;

/// The time without a job after which a worker runs slow cleanup.
const IDLE_DELAY: Duration = Duration::from_millis(1);

/// Renders on one thread, with one engine at a time.
pub(super) struct Worker {
    settings: WorkerSettings,
    loader: Arc<Loader>,
    /// Set when the pool has replaced this thread.
    abandoned: Arc<AtomicBool>,
    abandon_thread: AbandonThread,
    host: Rc<Host>,
    engine: Option<Box<dyn Engine>>,
    components: HashMap<Arc<str>, CachedComponent, foldhash::fast::RandomState>,
}

/// The cached data of a component.
#[derive(Default)]
struct CachedComponent {
    /// The files of the React package that the component imports, as an argument of `registerComponent`.
    react_files: Option<String>,
    /// The number of the component in the current realm.
    number: Option<f64>,
    /// The style sheets, which do not change in production.
    style_sheets: Option<Vec<String>>,
}

/// The effect of an early end of a render.
struct ExitOutcome {
    result: Result<Option<String>, RenderError>,
    engine_is_usable: bool,
}

impl Worker {
    pub(super) fn new(
        settings: WorkerSettings,
        loader: Arc<Loader>,
        abandoned: Arc<AtomicBool>,
        abandon_thread: AbandonThread,
    ) -> Self {
        Self {
            host: Host::new(Arc::clone(&loader), settings.fetch_client.clone()),
            settings,
            loader,
            abandoned,
            abandon_thread,
            engine: None,
            components: HashMap::default(),
        }
=======
/// Executes renders until the renderer is closed or `thread` is abandoned.
///
/// `isolate` is one more isolate for the queue, or for this thread if its engine is bound to a thread.
pub(super) fn run(queue: &Arc<WorkQueue>, mut isolate: Box<Isolate>, thread: &AbandonHandle) {
    // Starts the engine early, so that the first render waits only for its modules.
    if let Err(error) = isolate.start_engine() {
        tracing::error!(%error, "cannot start the JavaScript engine of a render thread");
>>>>>>> main
    }
    loop {
        let bound = match isolate.leave() {
            Ok(idle) => {
                queue.add(idle);
                None
            }
            Err(bound) => Some(bound),
        };
        isolate = match queue.next(bound) {
            None => return,
            Some(Work::CleanUp(mut isolate)) => {
                isolate.clean_up(true);
                isolate.save_modules();
                isolate
            }
            Some(Work::Job(job, mut isolate)) => {
                isolate.execute(job, thread);
                if thread.is_abandoned() {
                    return;
                }
                isolate.clean_up(false);
                isolate
            }
            Some(Work::Resume(mut isolate, render)) => {
                isolate.resume(render, thread);
                if thread.is_abandoned() {
                    return;
                }
                isolate.clean_up(false);
                isolate
            }
        };
        // Keeps the isolate while renders are queued.
        while let Some(job) = queue.try_next_job() {
            isolate.execute(job, thread);
            if thread.is_abandoned() {
                return;
            }
            isolate.clean_up(false);
        }
    }
}
