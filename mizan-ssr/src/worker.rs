use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::RecvTimeoutError;
use serde::Deserialize;
use serde_json::json;

use crate::crew::{Crew, Lost};
use crate::engine::{BUFFER_REFUSED, Engine, EngineKind, Fault};
use crate::error::{RenderError, RenderErrorKind, Thrown};
use crate::functions::Answer;
use crate::host::{Host, Value};
use crate::job::{Job, Output, Overdue, Part, Parts, send};
use crate::loader::{Loader, REACT_SERVER};
use crate::module_error::ModuleError;
use crate::renderer::Rendered;
use crate::resolve::Asked;
use crate::stack;

/// How long no job may come before what takes a while is done.
const IDLE: Duration = Duration::from_millis(1);

/// Takes what a render makes to whoever reads the stream.
struct Taker<'a> {
    parts: &'a Parts,
    /// The component's module.
    id: &'a str,
    begun: bool,
}

impl Taker<'_> {
    /// Sends what there is; refuses once nobody reads any more.
    fn take(&mut self, host: &Host) -> bool {
        let Some(markup) = host.take_part() else {
            return !self.parts.is_closed();
        };
        let styles = if self.begun {
            Vec::new()
        } else {
            host.styles(self.id)
        };
        self.begun = true;
        self.parts.send(Ok(Part { markup, styles })).is_ok()
    }
}

/// What every worker of a renderer is told.
#[derive(Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) engine: EngineKind,
    pub(crate) deadline: Duration,
    pub(crate) heap: usize,
    pub(crate) fresh: bool,
    pub(crate) shell_delay: Duration,
}

/// Renders on one thread, with one engine at a time.
pub(crate) struct Worker {
    crew: Arc<Crew>,
    /// The thread was given up.
    lost: Lost,
    settings: Settings,
    loader: Arc<Loader>,
    host: Rc<Host>,
    engine: Option<Box<dyn Engine>>,
    components: HashMap<Arc<str>, Known, foldhash::fast::RandomState>,
}

/// What is known of a component.
#[derive(Default)]
struct Known {
    /// Where React is for it, as the entry `know` takes it.
    react: Option<String>,
    /// Its number in the realm.
    number: Option<f64>,
    /// Its style sheets, which stay the same outside of development.
    styles: Option<Vec<String>>,
}

/// Why the loop of a render ended.
enum Stop {
    Fault(Fault),
    Failed(String),
    Suspended,
    Deadline,
    /// Nobody takes the markup any more.
    Refused,
}

impl Worker {
    pub(crate) fn new(crew: Arc<Crew>, lost: Lost) -> Self {
        Self {
            settings: crew.settings,
            host: Host::new(Arc::clone(&crew.loader)),
            loader: Arc::clone(&crew.loader),
            crew,
            lost,
            engine: None,
            components: HashMap::default(),
        }
    }

    /// Renders jobs until no more can come.
    pub(crate) fn run(mut self, jobs: &crossbeam_channel::Receiver<Job>) {
        // Started before the first job, which then waits for its modules only.
        if let Err(error) = self.start() {
            tracing::error!(%error, "a renderer's engine did not start");
        }
        while let Ok(mut job) = jobs.recv() {
            loop {
                self.work(job);
                if self.lost.load(Ordering::Relaxed) {
                    return;
                }
                self.tidy(false);
                match jobs.recv_timeout(IDLE) {
                    Ok(next) => job = next,
                    Err(_) => break,
                }
            }
            self.tidy(true);
            self.keep();
        }
    }

    /// Keeps what loading modules gave for the next isolate and the next start.
    fn keep(&mut self) {
        let compiled = self.engine.as_mut().map(|engine| engine.take_compiled());
        self.loader.keep(compiled.unwrap_or_default());
    }

    fn start(&mut self) -> Result<(), RenderError> {
        if self.engine.is_none() {
            self.forget_realm();
            let engine = self.settings.engine.start(&self.host, self.settings.heap);
            self.engine = Some(engine.map_err(|fault| {
                RenderError::from(RenderErrorKind::Engine(match fault {
                    Fault::Broken(reason) => reason,
                    other => format!("it did not start: {other:?}"),
                }))
            })?);
        }
        Ok(())
    }

    /// Forgets what a realm that is gone knew.
    fn forget_realm(&mut self) {
        self.host.forget_modules();
        for known in self.components.values_mut() {
            known.number = None;
        }
    }

    fn work(&mut self, job: Job) {
        let Job {
            id,
            props,
            nonce,
            calls,
            overdue,
            watch: _watch,
        } = job;
        if !overdue.take(&self.crew, &self.lost) {
            return overdue.tell();
        }
        self.host.begin(calls);
        match &overdue.output {
            Output::Whole(reply) => {
                let result = self.render(&overdue, &id, props, nonce, None);
                let result = result.map(|html| Rendered {
                    html: html.unwrap_or_else(|| {
                        String::from_utf8(self.host.take_markup()).unwrap_or_else(|error| {
                            String::from_utf8_lossy(error.as_bytes()).into_owned()
                        })
                    }),
                    styles: self.styles(&id),
                    answers: self.host.take_answers(),
                });
                send(reply, result);
            }
            Output::Stream(parts) => {
                let result = self.render(&overdue, &id, props, nonce, Some(parts));
                if let Err(error) = result {
                    let _ = parts.send(Err(error));
                }
            }
        }
        self.host.end();
    }

    fn styles(&mut self, id: &Arc<str>) -> Vec<String> {
        if self.loader.development() {
            return self.host.styles(id);
        }
        let known = self.known(id).styles.clone();
        known.unwrap_or_else(|| {
            let styles = self.host.styles(id);
            self.known(id).styles = Some(styles.clone());
            styles
        })
    }

    fn known(&mut self, id: &Arc<str>) -> &mut Known {
        self.components.entry(Arc::clone(id)).or_default()
    }

    /// Markup where it was had at once; else nothing: `parts` got it, or the host has it.
    fn render(
        &mut self,
        overdue: &Overdue,
        id: &Arc<str>,
        props: String,
        nonce: Option<String>,
        parts: Option<&Parts>,
    ) -> Result<Option<String>, RenderError> {
        let path = &overdue.path;
        self.start()?;
        let number = self.number(id)?;
        let Some(engine) = &self.engine else {
            return Err(RenderErrorKind::Engine("it did not start".into()).into());
        };
        if !overdue.begin(engine.interrupter()) {
            overdue.end();
            return Err(overdue.error());
        }
        let arguments = [
            Value::Number(number),
            Value::Text(props),
            Value::Bool(parts.is_some()),
            nonce.map_or(Value::Undefined, Value::Text),
        ];
        let mut taker = parts.map(|parts| Taker {
            parts,
            id,
            begun: false,
        });
        let mut result = self.attempt(&arguments, taker.as_mut(), overdue.deadline);
        if matches!(result, Err(Stop::Fault(Fault::Thrown(_)))) {
            // What is left would run in the next render.
            result = self.jobs().and(result);
        }
        let in_time = overdue.end();
        let result = match result {
            Ok(html) => Ok(html),
            Err(stop) => self.stopped(stop, path, taker.as_mut()),
        };
        if matches!(result, Ok(None)) && parts.is_some_and(|parts| parts.is_closed()) {
            tracing::debug!(path, "nobody waits for the rest of the page any more");
            self.host.take_recovered();
        }
        self.report_recovered();
        if !in_time {
            // What ended it may not have reached it yet.
            self.engine = None;
        }
        result
    }

    fn attempt(
        &mut self,
        arguments: &[Value],
        taker: Option<&mut Taker<'_>>,
        deadline: Instant,
    ) -> Result<Option<String>, Stop> {
        if self.loader.development() {
            let stale = self.host.take_stale();
            if !stale.is_empty() {
                self.call("invalidate", &[Value::Text(json!(stale).to_string())])?;
                if let Some(engine) = &mut self.engine {
                    engine.collect();
                }
            }
        }
        match self.call("render", arguments)? {
            Value::Text(html) => {
                self.jobs()?;
                Ok(Some(html))
            }
            _ => self.finish(taker, deadline).map(|()| None),
        }
    }

    /// Turns the loop of microtasks, timers and answers until the render has finished.
    fn finish(&mut self, mut taker: Option<&mut Taker<'_>>, deadline: Instant) -> Result<(), Stop> {
        let mut patience = self.settings.shell_delay;
        loop {
            self.jobs()?;
            if let Some(taker) = &mut taker
                && !taker.take(&self.host)
            {
                return Err(Stop::Refused);
            }
            if let Some(failure) = self.host.take_failure() {
                return Err(Stop::Failed(failure));
            }
            if self.host.finished() {
                return Ok(());
            }
            if let Some(timer) = self.host.take_due() {
                self.call("fire", &[Value::Number(f64::from(timer))])?;
                continue;
            }
            let now = Instant::now();
            let due = self.host.next_due();
            let held = self.host.is_held();
            match (self.host.awaited(), due) {
                _ if now >= deadline => return Err(Stop::Deadline),
                (awaited, _) if held && (awaited.is_none() || patience.is_zero()) => {
                    self.host.release();
                    self.call("sendShell", &[])?;
                }
                (Some(answers), due) => {
                    let mut until = due.map_or(deadline, |due| due.min(deadline));
                    if held {
                        until = until.min(now + patience);
                    }
                    let answer = answers.recv_deadline(until);
                    if held {
                        patience = patience.saturating_sub(now.elapsed());
                    }
                    match answer {
                        Ok(answer) => self.settle(answer)?,
                        Err(RecvTimeoutError::Timeout) => {}
                        // Whoever answers is gone, as a runtime is that shuts down.
                        Err(RecvTimeoutError::Disconnected) => return Err(Stop::Suspended),
                    }
                }
                (None, None) => return Err(Stop::Suspended),
                (None, Some(due)) => {
                    thread::sleep(due.min(deadline).saturating_duration_since(now));
                }
            }
        }
    }

    /// Hands a function's answer to whoever called it.
    fn settle(&mut self, answer: Answer) -> Result<(), Stop> {
        self.host.note(&answer);
        let (answered, json) = match answer.result {
            Ok(output) => (true, output),
            Err(problem) => (false, problem),
        };
        let json = String::from_utf8_lossy(&json).into_owned();
        let arguments = [
            Value::Number(f64::from(answer.id)),
            Value::Bool(answered),
            Value::Text(json),
        ];
        self.call("settle", &arguments).map(drop)
    }

    fn call(&mut self, name: &'static str, arguments: &[Value]) -> Result<Value, Stop> {
        match &mut self.engine {
            Some(engine) => engine.call(name, arguments).map_err(Stop::Fault),
            None => Err(Stop::Fault(Fault::Broken("it did not start".into()))),
        }
    }

    fn jobs(&mut self) -> Result<(), Stop> {
        let Some(engine) = &mut self.engine else {
            return Ok(());
        };
        engine.run_jobs().map_err(Stop::Fault)?;
        for rejection in engine.take_rejections() {
            let error = thrown(&rejection, &self.host);
            tracing::error!(%error, "a promise was rejected and nobody handled it");
        }
        Ok(())
    }

    /// What a render's end means, and what it leaves of the engine.
    fn stopped(
        &mut self,
        stop: Stop,
        path: &str,
        taker: Option<&mut Taker<'_>>,
    ) -> Result<Option<String>, RenderError> {
        let suspended = RenderErrorKind::Suspended { path: path.into() };
        let out_of_memory = RenderErrorKind::OutOfMemory {
            path: path.into(),
            limit: self.settings.heap,
        };
        let late = RenderErrorKind::DeadlineExceeded {
            path: path.into(),
            after: self.settings.deadline,
        };
        let kind = match stop {
            Stop::Fault(Fault::Thrown(described)) | Stop::Failed(described) => {
                if described.contains(BUFFER_REFUSED) {
                    // Modules may hold the buffers.
                    self.engine = None;
                    return Err(out_of_memory.into());
                }
                return Err(thrown(&described, &self.host));
            }
            Stop::Fault(fault) => {
                self.engine = None;
                match fault {
                    Fault::Interrupted => late,
                    Fault::OutOfMemory => out_of_memory,
                    Fault::Thrown(reason) | Fault::Broken(reason) => {
                        RenderErrorKind::Engine(reason)
                    }
                }
            }
            Stop::Suspended => {
                self.abort("nothing is under way that could end the waiting", taker);
                suspended
            }
            Stop::Deadline => {
                self.abort("the time is over", taker);
                late
            }
            Stop::Refused => {
                self.abort("nobody waits any more", None);
                return Ok(None);
            }
        };
        Err(kind.into())
    }

    /// Tells React to give up, which lets it close what was begun with its fallbacks.
    fn abort(&mut self, reason: &str, taker: Option<&mut Taker<'_>>) {
        const TO_CLOSE: Duration = Duration::from_millis(200);
        let closed = self
            .call("abort", &[Value::Text(reason.into())])
            .and_then(|_| self.finish(taker, Instant::now() + TO_CLOSE));
        if matches!(closed, Err(Stop::Fault(_))) {
            self.engine = None;
        }
    }

    fn report_recovered(&self) {
        for described in self.host.take_recovered() {
            let error = thrown(&described, &self.host);
            tracing::error!(%error, "an error while rendering; a fallback stands in its place");
        }
    }

    /// Leaves nothing of a render for the next; `thorough` finds what is hidden, and takes longer.
    fn tidy(&mut self, thorough: bool) {
        if self.engine.is_none() {
            return;
        }
        let renew = match self.call("end", &[Value::Bool(thorough)]) {
            Ok(Value::Text(changed)) => {
                tracing::warn!(
                    changed,
                    "a render changed what all renders share; the modules are loaded afresh"
                );
                true
            }
            // The realm was renewed after the render already.
            Ok(_) => self.settings.fresh && !thorough,
            Err(_) => {
                self.engine = None;
                return;
            }
        };
        if renew {
            self.keep();
            self.forget_realm();
            let renewed = self.engine.as_mut().map(|engine| engine.renew());
            if !matches!(renewed, Some(Ok(()))) {
                self.engine = None;
            }
        }
        if self
            .engine
            .as_mut()
            .is_some_and(|engine| engine.rest().is_err())
        {
            self.engine = None;
        }
    }

    /// Under which number the realm knows the component `id`.
    fn number(&mut self, id: &Arc<str>) -> Result<f64, RenderError> {
        if let Some(number) = self.known(id).number {
            return Ok(number);
        }
        let arguments = [Value::Text((**id).into()), Value::Text(self.react(id)?)];
        match self.call("know", &arguments) {
            Ok(Value::Number(number)) => {
                self.known(id).number = Some(number);
                Ok(number)
            }
            _ => {
                self.engine = None;
                Err(RenderErrorKind::Engine("it takes no component".into()).into())
            }
        }
    }

    /// The files of the React that the component `id` finds.
    fn react(&mut self, id: &Arc<str>) -> Result<String, RenderError> {
        if let Some(paths) = &self.known(id).react {
            return Ok(paths.clone());
        }
        let failed = |error| RenderError::from(RenderErrorKind::Module(error));
        let resolve = |specifier| self.loader.resolve(specifier, id, Asked::Require);
        let manifest = resolve("react-dom/package.json").map_err(failed)?;
        let jsx = resolve("react/jsx-runtime").map_err(failed)?;
        let mode = if self.loader.development() {
            "development"
        } else {
            "production"
        };
        let server = Path::new(&manifest)
            .with_file_name("cjs")
            .join(format!("{REACT_SERVER}.{mode}.js"));
        if !server.is_file() {
            return Err(failed(ModuleError::Unsupported {
                file: server,
                reason: "this react-dom does not have it; install react-dom 19".into(),
            }));
        }
        let paths = json!({ "server": server, "jsx": jsx }).to_string();
        self.known(id).react = Some(paths.clone());
        Ok(paths)
    }
}

/// What `describe` in `js/render.js` gives.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    name: String,
    message: String,
    #[serde(default)]
    stack: String,
    module: Option<i64>,
    component_stack: Option<String>,
}

fn thrown(described: &str, host: &Host) -> RenderError {
    let described: Described = match serde_json::from_str(described) {
        Ok(described) => described,
        Err(_) => return RenderErrorKind::Engine(described.into()).into(),
    };
    match described.module {
        Some(-1) => return RenderErrorKind::NoDefaultExport(described.message).into(),
        Some(index) => {
            let error = usize::try_from(index)
                .ok()
                .and_then(|index| host.module_error(index));
            if let Some(error) = error {
                return RenderErrorKind::Module(error).into();
            }
        }
        None => {}
    }
    let mut mapped = stack::map(&described.stack, host);
    if let Some(components) = &described.component_stack {
        let components = stack::map(components, host);
        if mapped.place.is_none() {
            mapped.place = components.place;
        }
        mapped.text = format!("{}\n  in the component\n{}", mapped.text, components.text);
    }
    RenderErrorKind::Component(Thrown {
        hint: hint(&described).or_else(|| two_reacts(&described, host)),
        name: described.name,
        message: described.message,
        stack: mapped.text,
        place: mapped.place,
    })
    .into()
}

/// The copies of React, where a hook of one was called in a component of the other.
fn two_reacts(described: &Described, host: &Host) -> Option<String> {
    let is_hook = described.message.contains("'use") && described.message.contains("null");
    let copies = is_hook.then(|| host.copies_of_react())?;
    (copies.len() > 1).then(|| {
        format!(
            "there are several copies of React, whose hooks do not work in each other's components: {}; \
             install one version for all packages, as with `npm dedupe`",
            copies.join(", ")
        )
    })
}

/// The way out for globals that a browser or Node has.
fn hint(described: &Described) -> Option<String> {
    let name = described
        .message
        .strip_suffix(" is not defined")?
        .trim_matches('\'');
    Some(match name {
        "window"
        | "document"
        | "localStorage"
        | "sessionStorage"
        | "navigator"
        | "location"
        | "history"
        | "HTMLElement"
        | "Element"
        | "matchMedia"
        | "requestAnimationFrame" => {
            format!(
                "`{name}` is the browser's; use it in an effect or an event handler, or after `typeof {name} !== \"undefined\"`"
            )
        }
        "Buffer" | "__dirname" | "require" => {
            format!("`{name}` is Node's and does not exist here")
        }
        "fetch" | "Request" | "Response" | "Headers" | "WebSocket" | "XMLHttpRequest" => {
            format!("`{name}` does not exist while rendering; give the data as props")
        }
        "Intl" => "the engine QuickJS has no `Intl`; build with the feature `v8`".into(),
        _ => return None,
    })
}
