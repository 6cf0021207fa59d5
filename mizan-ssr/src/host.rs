use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use serde_json::{Value as Json, json};

#[cfg(feature = "v8")]
use crate::cache::Counters;
use crate::functions::{Answer, Calls, TooManyCalls};
use crate::loader::{Loader, Module};
use crate::module_error::ModuleError;
use crate::resolve::Asked;
use crate::transform::Kind;

mod text;
mod url;

/// What goes between Rust and JavaScript.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Undefined,
    Bool(bool),
    Number(f64),
    Text(String),
    Bytes(Vec<u8>),
}

/// Why a host function throws.
#[derive(Debug)]
pub(crate) struct HostError {
    pub(crate) message: String,
    /// The place of a [`ModuleError`] in [`Host::module_error`].
    pub(crate) module: Option<usize>,
}

/// The functions that the scripts in `js/` find on `host`. `compile` is the engine's own.
pub(crate) const OPERATIONS: [&str; 24] = [
    "load",
    "resolve",
    "instead",
    "mode",
    "log",
    "now",
    "timeOrigin",
    "timerStart",
    "timerStop",
    "encode",
    "decode",
    "encodingName",
    "urlParse",
    "urlChange",
    "queryParse",
    "queryPrint",
    "random",
    "uuid",
    "callFunction",
    "hold",
    "emit",
    "finish",
    "fail",
    "recovered",
];

/// One isolate's side of Rust: its modules, its timers, the render under way.
pub(crate) struct Host {
    loader: Arc<Loader>,
    state: RefCell<State>,
    started: Instant,
    origin: f64,
}

#[derive(Default)]
struct State {
    modules: HashMap<String, Arc<Module>>,
    errors: Vec<ModuleError>,
    timers: BTreeMap<(Instant, u32), Option<Duration>>,
    next_timer: u32,
    logged: usize,
    /// What the render has made since it was last taken.
    markup: Vec<u8>,
    /// The shell was taken.
    begun: bool,
    /// The shell is ready, and held back for functions that may answer in time.
    held: bool,
    calls: Option<Calls>,
    finished: bool,
    failure: Option<String>,
    recovered: Vec<String>,
    loading: Option<Loading>,
}

/// Modules that a render had to wait for.
struct Loading {
    modules: usize,
    begun: Instant,
    told: Instant,
    ended: Instant,
}

/// How often is said which module is at hand, and how long it takes until the end is worth a word.
const TOLD: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_secs(1);

/// How much a render may print before the rest is left out.
const MOST_LOGGED: usize = 1 << 20;
const LONGEST_LINE: usize = 1 << 16;

impl Host {
    pub(crate) fn new(loader: Arc<Loader>) -> Rc<Self> {
        let origin = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0.0, |since| since.as_secs_f64() * 1000.0);
        Rc::new(Self {
            loader,
            state: RefCell::default(),
            started: Instant::now(),
            origin,
        })
    }

    /// Forgets the render before; the next calls functions through `calls`.
    pub(crate) fn begin(&self, calls: Option<Calls>) {
        let mut state = self.state.borrow_mut();
        state.errors.clear();
        state.timers.clear();
        state.logged = 0;
        state.markup.clear();
        state.begun = false;
        state.held = false;
        state.calls = calls;
        state.finished = false;
        state.failure = None;
        state.recovered.clear();
        state.loading = None;
    }

    /// Ends the render, and the calls that are under way.
    pub(crate) fn end(&self) {
        let mut state = self.state.borrow_mut();
        state.timers.clear();
        if let Some(loading) = state.loading.take() {
            let took = loading.ended - loading.begun;
            if took > LONG {
                let modules = loading.modules;
                tracing::info!(target: "mizan_ssr::modules", modules, ?took, "modules were loaded");
            }
        }
        state.markup = Vec::new();
        state.calls = None;
    }

    /// What the render has made since the last time, in a place where elements may stand before it and
    /// after it: React writes whole elements between two turns of the loop.
    ///
    /// The answers that it rests on come before it, so that they are there when the browser hydrates it,
    /// but behind the shell, which is the first part.
    pub(crate) fn take_part(&self) -> Option<Bytes> {
        let mut state = self.state.borrow_mut();
        if state.markup.is_empty() {
            return None;
        }
        let mut markup = std::mem::take(&mut state.markup);
        let shell = !std::mem::replace(&mut state.begun, true);
        let answers = state
            .calls
            .as_mut()
            .map(Calls::take_element)
            .unwrap_or_default();
        if answers.is_empty() {
            return Some(markup.into());
        }
        if shell {
            markup.extend_from_slice(answers.as_bytes());
            return Some(markup.into());
        }
        let mut part = answers.into_bytes();
        part.append(&mut markup);
        Some(part.into())
    }

    /// Whether the shell is held back.
    pub(crate) fn is_held(&self) -> bool {
        self.state.borrow().held
    }

    /// The shell is held back no longer.
    pub(crate) fn release(&self) {
        self.state.borrow_mut().held = false;
    }

    /// All that the render has made, of which nothing was taken.
    pub(crate) fn take_markup(&self) -> Vec<u8> {
        std::mem::take(&mut self.state.borrow_mut().markup)
    }

    /// The answers for the page, as an element.
    pub(crate) fn take_answers(&self) -> String {
        let calls = &mut self.state.borrow_mut().calls;
        calls.as_mut().map(Calls::take_element).unwrap_or_default()
    }

    /// Where answers come in, while the render awaits one.
    pub(crate) fn awaited(&self) -> Option<crossbeam_channel::Receiver<Answer>> {
        let state = self.state.borrow();
        state.calls.as_ref().and_then(Calls::awaited).cloned()
    }

    /// Notes an answer for the page.
    pub(crate) fn note(&self, answer: &Answer) {
        if let Some(calls) = &mut self.state.borrow_mut().calls {
            calls.note(answer);
        }
    }

    #[cfg(feature = "v8")]
    pub(crate) fn counters(&self) -> &Counters {
        self.loader.counters()
    }

    pub(crate) fn finished(&self) -> bool {
        self.state.borrow().finished
    }

    /// What `fail` was called with.
    pub(crate) fn take_failure(&self) -> Option<String> {
        self.state.borrow_mut().failure.take()
    }

    /// The errors that React met and put a fallback in place of.
    pub(crate) fn take_recovered(&self) -> Vec<String> {
        std::mem::take(&mut self.state.borrow_mut().recovered)
    }

    pub(crate) fn module_error(&self, index: usize) -> Option<ModuleError> {
        self.state.borrow().errors.get(index).cloned()
    }

    /// When the next timer is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.state.borrow().timers.keys().next().map(|(at, _)| *at)
    }

    /// Takes a timer that is due.
    pub(crate) fn take_due(&self) -> Option<u32> {
        let mut state = self.state.borrow_mut();
        let (&(at, id), &repeat) = state.timers.iter().next()?;
        let now = Instant::now();
        if at > now {
            return None;
        }
        state.timers.remove(&(at, id));
        if let Some(every) = repeat {
            state.timers.insert((now + every, id), repeat);
        }
        Some(id)
    }

    /// A module that was loaded, for what its stack frames mean.
    pub(crate) fn loaded(&self, id: &str) -> Option<Arc<Module>> {
        self.state.borrow().modules.get(id).map(Arc::clone)
    }

    /// The main files of React that are loaded: more than one are copies that do not know each other.
    pub(crate) fn copies_of_react(&self) -> Vec<String> {
        let state = self.state.borrow();
        let is_react = |id: &&String| {
            ["production", "development"]
                .iter()
                .any(|mode| Path::new(id.as_str()).ends_with(format!("cjs/react.{mode}.js")))
        };
        let mut copies: Vec<_> = state.modules.keys().filter(is_react).cloned().collect();
        copies.sort();
        copies
    }

    /// Forgets the modules, which a new realm loads again.
    pub(crate) fn forget_modules(&self) {
        self.state.borrow_mut().modules.clear();
    }

    /// The modules whose files have changed, which are forgotten.
    pub(crate) fn take_stale(&self) -> Vec<String> {
        let mut state = self.state.borrow_mut();
        let stale: Vec<String> = state
            .modules
            .values()
            .filter(|module| self.loader.is_stale(module))
            .map(|module| module.id.clone())
            .collect();
        for id in &stale {
            state.modules.remove(id);
        }
        stale
    }

    /// The style sheets below `entry`, in the order in which they are imported.
    pub(crate) fn styles(&self, entry: &str) -> Vec<String> {
        fn visit(state: &State, id: &str, seen: &mut Vec<String>, styles: &mut Vec<String>) {
            if seen.iter().any(|known| known == id) {
                return;
            }
            seen.push(id.into());
            if let Some(module) = state.modules.get(id) {
                // Packages import no style sheets of the project's, and there are thousands of them.
                for (_, import) in &module.imports {
                    let style = state.modules.get(import).is_some_and(|module| module.style);
                    if style || !crate::loader::in_package(Path::new(import)) {
                        visit(state, import, seen, styles);
                    }
                }
                if module.style {
                    styles.push(id.into());
                }
            }
        }
        let mut styles = Vec::new();
        visit(&self.state.borrow(), entry, &mut Vec::new(), &mut styles);
        styles
    }

    /// Runs the host function `name`.
    pub(crate) fn call(&self, name: &str, arguments: &[Value]) -> Result<Value, HostError> {
        let text = |at: usize| match arguments.get(at) {
            Some(Value::Text(text)) => text.as_str(),
            _ => "",
        };
        let number = |at: usize| match arguments.get(at) {
            Some(Value::Number(number)) => *number,
            _ => 0.0,
        };
        let truth = |at: usize| matches!(arguments.get(at), Some(Value::Bool(true)));
        let bytes = |at: usize| match arguments.get(at) {
            Some(Value::Bytes(bytes)) => bytes.as_slice(),
            Some(Value::Text(text)) => text.as_bytes(),
            _ => &[],
        };
        let optional = |text: Option<String>| text.map_or(Value::Undefined, Value::Text);
        Ok(match name {
            "load" => Value::Text(self.load(text(0))?),
            "resolve" => {
                let asked = if text(2) == "require" {
                    Asked::Require
                } else {
                    Asked::Import
                };
                let resolved = self.loader.resolve(text(0), text(1), asked);
                Value::Text(resolved.map_err(|error| self.module_failed(error))?)
            }
            "instead" => {
                // The error is one that `load` or `resolve` threw.
                let error = self.module_error(number(1) as usize);
                let instead = error.map_or(Ok(None), |error| self.loader.instead(text(0), &error));
                instead
                    .map_err(|error| self.module_failed(error))?
                    .map_or(Value::Undefined, Value::Text)
            }
            "mode" => Value::Text(self.mode().into()),
            "log" => Value::Bool(self.log(text(0), text(1))),
            "now" => Value::Number(self.started.elapsed().as_secs_f64() * 1000.0),
            "timeOrigin" => Value::Number(self.origin),
            "timerStart" => Value::Number(self.timer_start(number(0), truth(1))),
            "timerStop" => {
                let id = number(0);
                self.state
                    .borrow_mut()
                    .timers
                    .retain(|(_, timer), _| f64::from(*timer) != id);
                Value::Undefined
            }
            "encode" => Value::Bytes(bytes(0).into()),
            "decode" => optional(text::decode(bytes(0), text(1), truth(2), truth(3))),
            "encodingName" => optional(text::encoding_name(text(0))),
            "urlParse" => {
                let base = matches!(arguments.get(1), Some(Value::Text(_))).then(|| text(1));
                optional(url::parse(text(0), base))
            }
            "urlChange" => optional(url::change(text(0), text(1), text(2))),
            "queryParse" => Value::Text(url::parse_query(text(0))),
            "queryPrint" => Value::Text(url::print_query(text(0))),
            "random" => {
                // The caller asks for 65,536 bytes at most.
                let mut random = vec![0; number(0).clamp(0.0, 65536.0) as usize];
                getrandom::fill(&mut random).map_err(|error| HostError {
                    message: format!("no randomness: {error}"),
                    module: None,
                })?;
                Value::Bytes(random)
            }
            "uuid" => Value::Text(uuid::Uuid::new_v4().to_string()),
            "callFunction" => Value::Number(self.call_function(text(0), text(1))?),
            "hold" => {
                self.state.borrow_mut().held = true;
                Value::Undefined
            }
            "emit" => {
                let mut state = self.state.borrow_mut();
                state.markup.extend_from_slice(bytes(0));
                Value::Undefined
            }
            "finish" => {
                self.state.borrow_mut().finished = true;
                Value::Undefined
            }
            "fail" => {
                let mut state = self.state.borrow_mut();
                state.failure.get_or_insert_with(|| text(0).into());
                state.finished = true;
                Value::Undefined
            }
            "recovered" => {
                self.state.borrow_mut().recovered.push(text(0).into());
                Value::Undefined
            }
            _ => {
                return Err(HostError {
                    message: format!("there is no host function {name}"),
                    module: None,
                });
            }
        })
    }

    fn mode(&self) -> &'static str {
        if self.loader.development() {
            "development"
        } else {
            "production"
        }
    }

    fn load(&self, id: &str) -> Result<String, HostError> {
        let begun = Instant::now();
        let module = self
            .loader
            .module(id)
            .map_err(|error| self.module_failed(error))?;
        self.loaded_one(begun, id);
        let (kind, awaits) = match module.transformed.kind {
            Kind::EsModule { awaits } => ("es", awaits),
            Kind::CommonJs => ("cjs", false),
            Kind::ReactServer => ("react", false),
        };
        let imports: serde_json::Map<String, Json> = module
            .imports
            .iter()
            .map(|(specifier, id)| (specifier.clone(), Json::from(id.as_str())))
            .collect();
        let development = self.loader.development();
        let about = json!({
            "kind": kind,
            "awaits": awaits,
            "imports": imports,
            "strictInterop": module.strict_interop,
            "file": module.path.to_string_lossy(),
            "directory": module.path.parent().unwrap_or(&module.path).to_string_lossy(),
            "url": ::url::Url::from_file_path(&module.path).map(String::from).unwrap_or_default(),
            "env": {
                "MODE": self.mode(), "DEV": development, "PROD": !development, "SSR": true, "BASE_URL": self.loader.base_url(),
            },
        });
        self.state.borrow_mut().modules.insert(id.into(), module);
        Ok(about.to_string())
    }

    /// Says how far a cold tree of modules is.
    fn loaded_one(&self, begun: Instant, id: &str) {
        let mut state = self.state.borrow_mut();
        let now = Instant::now();
        let loading = state.loading.get_or_insert(Loading {
            modules: 0,
            begun,
            told: begun,
            ended: now,
        });
        loading.modules += 1;
        loading.ended = now;
        if now - loading.told >= TOLD {
            loading.told = now;
            let modules = loading.modules;
            tracing::info!(target: "mizan_ssr::modules", modules, file = id, "loading modules");
        }
    }

    fn module_failed(&self, error: ModuleError) -> HostError {
        self.loader.forget_misses();
        let mut state = self.state.borrow_mut();
        let message = error.to_string();
        state.errors.push(error);
        HostError {
            message,
            module: Some(state.errors.len() - 1),
        }
    }

    fn call_function(&self, name: &str, input: &str) -> Result<f64, HostError> {
        let failed = |message: String| HostError {
            message,
            module: None,
        };
        let mut state = self.state.borrow_mut();
        let Some(calls) = &mut state.calls else {
            return Err(failed(format!(
                "`{name}` was called while rendering, but this render was given no functions: say who asks \
                 with `Component::functions`"
            )));
        };
        calls
            .make(name.into(), Bytes::copy_from_slice(input.as_bytes()))
            .map(f64::from)
            .map_err(|TooManyCalls| {
                failed(format!("`{name}`: this render calls functions without end"))
            })
    }

    fn timer_start(&self, milliseconds: f64, repeat: bool) -> f64 {
        const LONGEST: f64 = 2_147_483_647.0;
        let delay = Duration::from_secs_f64(milliseconds.clamp(0.0, LONGEST) / 1000.0);
        let mut state = self.state.borrow_mut();
        state.next_timer = state.next_timer.wrapping_add(1);
        let id = state.next_timer;
        let at = Instant::now() + delay;
        state.timers.insert((at, id), repeat.then_some(delay));
        f64::from(id)
    }

    /// Whether the render may print more.
    fn log(&self, level: &str, line: &str) -> bool {
        let mut state = self.state.borrow_mut();
        if state.logged > MOST_LOGGED {
            return false;
        }
        state.logged += line.len().min(LONGEST_LINE) + 1;
        if state.logged > MOST_LOGGED {
            tracing::warn!(target: "mizan_ssr::console", "this render printed too much; the rest is left out");
            return false;
        }
        let end = (0..=line.len().min(LONGEST_LINE))
            .rev()
            .find(|at| line.is_char_boundary(*at))
            .unwrap_or(0);
        let line = &line[..end];
        match level {
            "error" => tracing::error!(target: "mizan_ssr::console", "{line}"),
            "warn" => tracing::warn!(target: "mizan_ssr::console", "{line}"),
            "debug" => tracing::debug!(target: "mizan_ssr::console", "{line}"),
            _ => tracing::info!(target: "mizan_ssr::console", "{line}"),
        }
        true
    }
}
