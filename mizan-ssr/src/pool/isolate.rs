//! An engine with its modules, which renders one component at a time.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::abandon::AbandonHandle;
use super::chunk_sender::{ChunkResult, ChunkSender};
use super::event_loop::{EventLoop, LoopState, RenderExit, Turn};
use super::job::Job;
use super::job_deadline::{JobDeadline, JobOutput, send_reply};
use super::settings::WorkerSettings;
use crate::engine::{
    BUFFER_LIMIT_MESSAGE, Engine, EngineError, EntryPoint, Host, JsValue, exception_error,
};
use crate::error::{RenderError, RenderErrorKind};
use crate::function_calls::{Call, CallOutcome};
use crate::log_text::log_text;
use crate::modules::{Loader, ReactFiles};
use crate::output::Rendered;

/// An engine with its modules, entered on the current thread. Renders one component at a time.
pub(super) struct Isolate {
    settings: WorkerSettings,
    loader: Arc<Loader>,
    host: Rc<Host>,
    engine: Option<Box<dyn Engine>>,
    components: HashMap<Arc<str>, LoadedComponent, foldhash::fast::RandomState>,
    /// The time of the last render, until slow cleanup has run after it.
    pub(super) rendered_at: Option<Instant>,
    /// Abandons the isolate while it is on the thread of a caller.
    pub(super) on_caller: AbandonHandle,
}

/// An isolate that no thread has entered.
pub(super) struct IdleIsolate(Box<Isolate>);

#[expect(unsafe_code, reason = "the engine and its host share state with `Rc`")]
// SAFETY: `Isolate::leave` checks that the engine may change threads. All references to the host and to the state
// of the engine are in the isolate, so they move together, and only the thread that enters the isolate uses them.
// `assert_is_send` checks the content of the host.
unsafe impl Send for IdleIsolate {}

const _: () = {
    const fn assert_is_send<T: Send>() {}
    assert_is_send::<Host>();
    assert_is_send::<WorkerSettings>();
    assert_is_send::<AbandonHandle>();
};

/// The data of a component in the isolate.
#[derive(Default)]
struct LoadedComponent {
    /// The files of the React package that the component imports, as an argument of `registerComponent`.
    react_files: Option<String>,
    /// The number of the component in the current realm.
    number: Option<f64>,
    /// Set once the current realm has rendered the component, so that its modules are loaded.
    is_warm: bool,
    /// The style sheets, which do not change in production.
    style_sheets: Option<Vec<String>>,
}

/// A render that an isolate has begun.
pub(super) struct ActiveRender {
    pub(super) job: Job,
    state: LoopState,
    has_started: bool,
    /// The time for which the render occupied a thread, including waits.
    elapsed: Duration,
}

/// The thread on which a render continues.
pub(super) enum RenderThread<'a> {
    /// A thread of the pool, which may wait.
    Pool,
    /// The thread of the caller, which must not wait.
    Caller {
        /// The time after which the render leaves the thread.
        until: Instant,
        /// Starts calls of server functions, and returns the outcomes that are available.
        poll_calls: &'a mut dyn FnMut(Vec<Call>) -> Vec<CallOutcome>,
        chunks: &'a mut Vec<ChunkResult>,
    },
}

/// The progress of a render.
pub(super) enum Progress {
    /// The render has ended. The markup, unless the chunk sender or the host has it.
    Ended(Result<Option<String>, RenderError>),
    /// The render must continue in the pool.
    Waiting,
    /// The code was interrupted, because its time on the caller's thread is over.
    CallerTimeExceeded,
}

/// The effect of an early end of a render.
struct ExitOutcome {
    result: Result<Option<String>, RenderError>,
    engine_is_usable: bool,
}

impl IdleIsolate {
    /// Enters the isolate on the calling thread.
    pub(super) fn enter(mut self) -> Box<Isolate> {
        if let Some(engine) = &mut self.0.engine {
            engine.enter();
        }
        self.0
    }

    /// Returns whether the isolate has rendered the component `id`.
    pub(super) fn is_warm(&self, id: &str) -> bool {
        let component = self.0.components.get(id);
        component.is_some_and(|component| component.is_warm)
    }

    /// Returns the time of the last render, until slow cleanup has run after it.
    pub(super) fn rendered_at(&self) -> Option<Instant> {
        self.0.rendered_at
    }
}

impl Isolate {
    pub(super) fn new(
        settings: WorkerSettings,
        loader: Arc<Loader>,
        on_caller: AbandonHandle,
    ) -> Self {
        Self {
            host: Host::new(Arc::clone(&loader), settings.fetch_client.clone()),
            settings,
            loader,
            engine: None,
            components: HashMap::default(),
            rendered_at: None,
            on_caller,
        }
    }

    /// Leaves the isolate, unless its engine is bound to the current thread.
    pub(super) fn leave(mut self: Box<Self>) -> Result<IdleIsolate, Box<Self>> {
        // Without an engine, nothing is bound to a thread.
        if self.engine.as_mut().is_none_or(|engine| engine.leave()) {
            Ok(IdleIsolate(self))
        } else {
            Err(self)
        }
    }

    /// Saves transformed and compiled modules for the next isolate and the next process.
    pub(super) fn save_modules(&mut self) {
        let engine = self.engine.as_mut();
        let compiled = engine.map(|engine| engine.take_compiled_modules());
        self.loader.save(compiled.unwrap_or_default());
    }

    /// Starts the engine unless it runs.
    pub(super) fn start_engine(&mut self) -> Result<(), RenderError> {
        if self.engine.is_none() {
            self.clear_realm_state();
            let WorkerSettings {
                engine,
                heap_limit_bytes,
                ..
            } = self.settings;
            let started = engine.start(&self.host, heap_limit_bytes);
            self.engine = Some(started.map_err(|error| {
                RenderError::from(RenderErrorKind::Engine(match error {
                    EngineError::Failed(reason) => reason,
                    other => format!("the engine did not start: {other:?}"),
                }))
            })?);
        }
        Ok(())
    }

    /// Clears everything that refers to the previous realm.
    fn clear_realm_state(&mut self) {
        self.host.clear_modules();
        for component in self.components.values_mut() {
            component.number = None;
            component.is_warm = false;
        }
    }

    /// Begins the render of a job.
    pub(super) fn begin(&mut self, mut job: Job) -> ActiveRender {
        self.host.begin_render(job.calls.take());
        let id = Arc::clone(&job.component.id);
        ActiveRender {
            state: LoopState::new(id, self.settings.shell_delay),
            job,
            has_started: false,
            elapsed: Duration::ZERO,
        }
    }

    /// Continues a render until it ends or, on the thread of the caller, must leave the thread.
    pub(super) fn advance(
        &mut self,
        render: &mut ActiveRender,
        thread: &mut RenderThread<'_>,
    ) -> Progress {
        let began = Instant::now();
        let span = render.job.span.clone();
        let _entered = span.enter();
        let progress = self
            .run(render, thread)
            .unwrap_or_else(|error| Progress::Ended(Err(error)));
        render.elapsed += began.elapsed();
        if let Progress::Ended(result) = &progress {
            let known = &render.job.component;
            let component = self.component(&known.id);
            if component.is_warm {
                let running = render.elapsed.saturating_sub(render.state.waited);
                known.cost.record(running);
            }
            component.is_warm |= result.is_ok();
        }
        progress
    }

    fn run(
        &mut self,
        render: &mut ActiveRender,
        thread: &mut RenderThread<'_>,
    ) -> Result<Progress, RenderError> {
        self.start_engine()?;
        let ActiveRender {
            job,
            state,
            has_started,
            ..
        } = render;
        let Job {
            component,
            arguments,
            deadline,
            ..
        } = job;
        if !*has_started {
            arguments[0] = JsValue::Number(self.component_number(&component.id)?);
        }
        let Some(engine) = &mut self.engine else {
            return Err(RenderErrorKind::Engine("the engine did not start".into()).into());
        };
        if !deadline.code_started(engine.interrupter()) {
            deadline.code_stopped();
            return Err(deadline.error());
        }
        let (chunks, caller) = match thread {
            RenderThread::Pool => match deadline.output.get() {
                Some(JobOutput::Stream(queue)) => (Some(ChunkSender::Queue(queue)), None),
                _ => (None, None),
            },
            RenderThread::Caller {
                until,
                poll_calls,
                chunks,
            } => {
                let is_stream = arguments[2] == JsValue::Bool(true);
                let chunks = is_stream.then_some(ChunkSender::Caller(chunks));
                (chunks, Some((*until, poll_calls)))
            }
        };
        let mut event_loop = EventLoop::new(&mut **engine, &self.host, state, chunks);
        let started = if std::mem::replace(has_started, true) {
            Ok(Turn::Pending)
        } else {
            start_code(&mut event_loop, arguments, self.loader.development())
        };
        let mut turn = started.and_then(|turn| match (turn, caller) {
            (Turn::Finished(html), _) => Ok(Turn::Finished(html)),
            (Turn::Pending, None) => {
                event_loop.run_until_finished(deadline.at)?;
                Ok(Turn::Finished(None))
            }
            (Turn::Pending, Some((until, poll_calls))) => {
                event_loop.run_with_calls(until, &mut **poll_calls)
            }
        });
        if matches!(turn, Err(RenderExit::Engine(EngineError::Exception(_)))) {
            // Remaining microtasks would run during the next render.
            if let Err(exit) = event_loop.run_microtasks() {
                turn = Err(exit);
            }
        }
        let was_interrupted = !deadline.code_stopped();
        let ExitOutcome {
            result,
            engine_is_usable,
        } = match turn {
            Ok(Turn::Pending) if !was_interrupted => return Ok(Progress::Waiting),
            Ok(Turn::Finished(html)) => ExitOutcome {
                result: Ok(html),
                engine_is_usable: true,
            },
            Ok(Turn::Pending) | Err(RenderExit::Engine(EngineError::Interrupted))
                if deadline.exceeded_caller_time() =>
            {
                self.engine = None;
                return Ok(Progress::CallerTimeExceeded);
            }
            Ok(Turn::Pending) => ExitOutcome {
                result: Err(deadline.error()),
                engine_is_usable: false,
            },
            Err(exit) => {
                let heap_limit_bytes = self.settings.heap_limit_bytes;
                handle_exit(
                    exit,
                    deadline,
                    heap_limit_bytes,
                    &mut event_loop,
                    &self.host,
                )
            }
        };
        let path = &deadline.path;
        if let Some(JobOutput::Stream(queue)) = deadline.output.get()
            && matches!(result, Ok(None))
            && queue.is_closed()
        {
            tracing::debug!(path, "client disconnected before the end of the page");
            self.host.take_recovered_errors();
        }
        self.log_recovered_errors();
        // After an expired deadline, the interruption may not have reached the engine yet.
        if !engine_is_usable || was_interrupted {
            self.engine = None;
        }
        result.map(|html| Progress::Ended(Ok(html)))
    }

    /// Ends a render, and returns the markup of a render that is not streamed.
    pub(super) fn finish(
        &mut self,
        render: &ActiveRender,
        result: Result<Option<String>, RenderError>,
    ) -> Result<Rendered, RenderError> {
        if result.is_ok()
            && let Some(calls) = self.host.take_sequential_calls()
        {
            let known = &render.job.component.observed_calls;
            known.record(&calls, render.job.props());
        }
        let rendered = result.map(|html| {
            if render.job.is_stream() {
                return Rendered::default();
            }
            Rendered {
                html: html.unwrap_or_else(|| lossy_string(self.host.take_markup())),
                styles: self.style_sheets(&render.job.component.id),
                function_results: self.host.take_embedded_data(),
                has_failures: self.host.has_failures(),
                has_form: self.host.has_form(),
            }
        });
        self.rendered_at = Some(Instant::now());
        rendered
    }

    /// Drops the engine, whose state is unknown.
    pub(super) fn discard_engine(&mut self) {
        self.engine = None;
    }

    /// Releases the data of a render that has ended or is repeated.
    pub(super) fn end_render(&self) {
        self.host.end_render();
    }

    /// Runs a job from its beginning, on a thread of the pool.
    pub(super) fn execute(&mut self, job: Job, thread: &AbandonHandle) {
        if !job.deadline.assign_thread(thread.function()) {
            return job.deadline.reply_expired();
        }
        let render = self.begin(job);
        self.complete(render);
    }

    /// Continues a render that began on the thread of its caller, on a thread of the pool.
    pub(super) fn resume(&mut self, render: ActiveRender, thread: &AbandonHandle) {
        // If the deadline has expired, the event loop detects it.
        render.job.deadline.assign_thread(thread.function());
        self.complete(render);
    }

    fn complete(&mut self, mut render: ActiveRender) {
        let result = match self.advance(&mut render, &mut RenderThread::Pool) {
            Progress::Ended(result) => result,
            Progress::Waiting | Progress::CallerTimeExceeded => Err(render.job.deadline.error()),
        };
        let result = self.finish(&render, result);
        match render.job.deadline.output.get() {
            Some(JobOutput::Whole(reply)) => send_reply(reply, result),
            Some(JobOutput::Stream(chunks)) => {
                if let Err(error) = result {
                    let _ = chunks.send(Err(error));
                }
            }
            None => {}
        }
        self.end_render();
    }

    /// Returns the host, to which calls of server functions are passed.
    pub(super) fn host(&self) -> &Host {
        &self.host
    }

    fn style_sheets(&mut self, id: &Arc<str>) -> Vec<String> {
        if self.loader.development() {
            return self.host.style_sheets(id);
        }
        let cached = self.component(id).style_sheets.clone();
        cached.unwrap_or_else(|| {
            let style_sheets = self.host.style_sheets(id);
            self.component(id).style_sheets = Some(style_sheets.clone());
            style_sheets
        })
    }

    fn component(&mut self, id: &Arc<str>) -> &mut LoadedComponent {
        self.components.entry(Arc::clone(id)).or_default()
    }

    fn log_recovered_errors(&self) {
        for described in self.host.take_recovered_errors() {
            let error = exception_error(&described, &self.host);
            match error.rejected_call() {
                Some(message) => tracing::debug!(
                    message,
                    "server function rejected a call of a component; React rendered a fallback"
                ),
                None => {
                    tracing::error!(error = %log_text(&error), "component threw while rendering; React rendered a fallback");
                }
            }
        }
    }

    /// Cleans up after a render: ends it, and resets the realm if the render changed a global object or
    /// every render needs fresh modules.
    ///
    /// With `thorough`, includes slow checks.
    pub(super) fn clean_up(&mut self, thorough: bool) {
        if thorough {
            self.rendered_at = None;
        }
        let Some(engine) = &mut self.engine else {
            return;
        };
        let reset = match engine.call(EntryPoint::EndRender, &[JsValue::Bool(thorough)]) {
            Ok(JsValue::Text(changed)) => {
                tracing::warn!(
                    changed,
                    "a render changed a global object; reloading all modules"
                );
                true
            }
            // If `thorough` is set, an earlier cleanup has already reset the realm after the render.
            Ok(_) => self.settings.fresh_modules && !thorough,
            Err(_) => {
                self.engine = None;
                return;
            }
        };
        if reset {
            self.save_modules();
            self.clear_realm_state();
            let result = self.engine.as_mut().map(|engine| engine.reset_realm());
            if !matches!(result, Some(Ok(()))) {
                self.engine = None;
            }
        }
        if let Some(engine) = &mut self.engine
            && engine.run_idle_tasks().is_err()
        {
            self.engine = None;
        }
    }

    /// Returns the number of the component `id` in the current realm.
    fn component_number(&mut self, id: &Arc<str>) -> Result<f64, RenderError> {
        if let Some(number) = self.component(id).number {
            return Ok(number);
        }
        let arguments = [
            JsValue::Text((**id).into()),
            JsValue::Text(self.react_files(id)?),
        ];
        let engine = self.engine.as_mut();
        match engine.map(|engine| engine.call(EntryPoint::RegisterComponent, &arguments)) {
            Some(Ok(JsValue::Number(number))) => {
                self.component(id).number = Some(number);
                Ok(number)
            }
            _ => {
                self.engine = None;
                Err(RenderErrorKind::Engine("cannot register the component".into()).into())
            }
        }
    }

    /// Returns the files of the React package that the component `id` imports, as JSON.
    fn react_files(&mut self, id: &Arc<str>) -> Result<String, RenderError> {
        if let Some(files) = &self.component(id).react_files {
            return Ok(files.clone());
        }
        let ReactFiles { server, jsx } = self
            .loader
            .react_files(id)
            .map_err(|error| RenderError::from(RenderErrorKind::Module(error)))?;
        let files = json!({ "server": server, "jsx": jsx }).to_string();
        self.component(id).react_files = Some(files.clone());
        Ok(files)
    }
}

/// Starts the code of a render.
fn start_code(
    event_loop: &mut EventLoop<'_>,
    arguments: &[JsValue],
    development: bool,
) -> Result<Turn, RenderExit> {
    if development {
        event_loop.unload_changed_modules()?;
    }
    event_loop.start(arguments)
}

/// Converts the early end of a render to a result, and closes the elements that React has opened.
fn handle_exit(
    exit: RenderExit,
    deadline: &JobDeadline,
    heap_limit_bytes: usize,
    event_loop: &mut EventLoop<'_>,
    host: &Host,
) -> ExitOutcome {
    let out_of_memory = || {
        RenderError::from(RenderErrorKind::OutOfMemory {
            path: deadline.path.clone(),
            limit_bytes: heap_limit_bytes,
        })
    };
    let (result, engine_is_usable) = match exit {
        RenderExit::Engine(EngineError::Exception(described)) | RenderExit::Failed(described) => {
            if described.contains(BUFFER_LIMIT_MESSAGE) {
                // Modules may hold the buffers.
                (Err(out_of_memory()), false)
            } else {
                (Err(exception_error(&described, host)), true)
            }
        }
        RenderExit::Engine(EngineError::Interrupted) => (Err(deadline.error()), false),
        RenderExit::Engine(EngineError::OutOfMemory) => (Err(out_of_memory()), false),
        RenderExit::Engine(EngineError::Failed(reason)) => {
            (Err(RenderErrorKind::Engine(reason).into()), false)
        }
        RenderExit::Suspended => {
            let closed = event_loop.abort("nothing pending can resolve the suspended promise");
            let path = deadline.path.clone();
            let error = RenderErrorKind::Suspended { path };
            (Err(error.into()), closed.is_ok())
        }
        RenderExit::DeadlineExceeded => {
            let closed = event_loop.abort("the render exceeded its deadline");
            (Err(deadline.error()), closed.is_ok())
        }
        RenderExit::ReaderGone => {
            event_loop.stop_sending();
            let closed = event_loop.abort("the reader disconnected");
            (Ok(None), closed.is_ok())
        }
    };
    ExitOutcome {
        result,
        engine_is_usable,
    }
}

/// Converts `bytes` to a string, and copies them only if they are not UTF-8.
fn lossy_string(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
