//! The thread that renders.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossbeam_channel::Receiver;
use serde_json::json;

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
            settings,
            host: Host::new(Arc::clone(&loader)),
            loader,
            abandoned,
            abandon_thread,
            engine: None,
            components: HashMap::default(),
        }
    }

    /// Executes jobs until the renderer is closed or the thread is abandoned.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        // Starts the engine early, so that the first job waits only for its modules.
        if let Err(error) = self.start_engine() {
            tracing::error!(%error, "cannot start the JavaScript engine of a render thread");
        }
        while let Ok(mut job) = jobs.recv() {
            loop {
                self.execute(job);
                if self.abandoned.load(Ordering::Relaxed) {
                    return;
                }
                self.clean_up(false);
                match jobs.recv_timeout(IDLE_DELAY) {
                    Ok(next) => job = next,
                    Err(_) => break,
                }
            }
            self.clean_up(true);
            self.save_modules();
        }
    }

    /// Saves transformed and compiled modules for the next isolate and the next process.
    fn save_modules(&mut self) {
        let engine = self.engine.as_mut();
        let compiled = engine.map(|engine| engine.take_compiled_modules());
        self.loader.save(compiled.unwrap_or_default());
    }

    fn start_engine(&mut self) -> Result<(), RenderError> {
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
        }
    }

    fn execute(&mut self, job: Job) {
        let Job {
            id,
            props,
            nonce,
            calls,
            deadline,
            watch: _watch,
        } = job;
        if !deadline.assign_thread(Arc::clone(&self.abandon_thread)) {
            return deadline.reply_expired();
        }
        self.host.begin_render(calls);
        match &deadline.output {
            JobOutput::Whole(reply) => {
                let result = self.render(&deadline, &id, props, nonce, None);
                let result = result.map(|html| Rendered {
                    html: html.unwrap_or_else(|| lossy_string(self.host.take_markup())),
                    styles: self.style_sheets(&id),
                    function_results: self.host.take_embedded_data(),
                });
                send_reply(reply, result);
            }
            JobOutput::Stream(chunks) => {
                let result = self.render(&deadline, &id, props, nonce, Some(chunks));
                if let Err(error) = result {
                    let _ = chunks.send(Err(error));
                }
            }
        }
        self.host.end_render();
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

    fn component(&mut self, id: &Arc<str>) -> &mut CachedComponent {
        self.components.entry(Arc::clone(id)).or_default()
    }

    /// Renders a component. The result is as in [`EventLoop::render`].
    fn render(
        &mut self,
        deadline: &JobDeadline,
        id: &Arc<str>,
        props: String,
        nonce: Option<String>,
        chunks: Option<&ChunkQueue>,
    ) -> Result<Option<String>, RenderError> {
        self.start_engine()?;
        let arguments = [
            JsValue::Number(self.component_number(id)?),
            JsValue::Text(props),
            JsValue::Bool(chunks.is_some()),
            nonce.map_or(JsValue::Undefined, JsValue::Text),
        ];
        let Some(engine) = &mut self.engine else {
            return Err(RenderErrorKind::Engine("the engine did not start".into()).into());
        };
        if !deadline.code_started(engine.interrupter()) {
            deadline.code_stopped();
            return Err(deadline.error());
        }
        let mut event_loop = EventLoop::new(
            &mut **engine,
            &self.host,
            self.settings.shell_delay,
            chunks.map(|chunks| ChunkSender::new(chunks, id)),
        );
        let development = self.loader.development();
        let rendered = run_code(&mut event_loop, &arguments, deadline, development);
        let in_time = deadline.code_stopped();
        let ExitOutcome {
            result,
            engine_is_usable,
        } = match rendered {
            Ok(html) => ExitOutcome {
                result: Ok(html),
                engine_is_usable: true,
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
        if matches!(result, Ok(None)) && chunks.is_some_and(|chunks| chunks.is_closed()) {
            tracing::debug!(path, "client disconnected before the end of the page");
            self.host.take_recovered_errors();
        }
        self.log_recovered_errors();
        // After an expired deadline, the interruption may not have reached the engine yet.
        if !engine_is_usable || !in_time {
            self.engine = None;
        }
        result
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
                    tracing::error!(%error, "component threw while rendering; React rendered a fallback");
                }
            }
        }
    }

    /// Cleans up after a render: ends it, and resets the realm if the render changed a global object or
    /// every render needs fresh modules.
    ///
    /// With `thorough`, includes slow checks.
    fn clean_up(&mut self, thorough: bool) {
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

/// Runs the code of a render, which `deadline` can interrupt.
fn run_code(
    event_loop: &mut EventLoop<'_>,
    arguments: &[JsValue],
    deadline: &JobDeadline,
    development: bool,
) -> Result<Option<String>, RenderExit> {
    if development {
        event_loop.unload_changed_modules()?;
    }
    let rendered = event_loop.render(arguments, deadline.at);
    if matches!(rendered, Err(RenderExit::Engine(EngineError::Exception(_)))) {
        // Remaining microtasks would run during the next render.
        event_loop.run_microtasks()?;
    }
    rendered
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
