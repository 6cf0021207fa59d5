//! The Rust side of one isolate: its modules, its timers and the current render.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use crossbeam_channel::Receiver;
use serde_json::json;
use slab::Slab;
use tokio_util::task::AbortOnDropHandle;

use self::compression::Coder;
use self::console::Console;
use self::load_progress::LoadProgress;
use self::timers::Timers;
use self::value::HostError;
use crate::embedded_data::{EmbeddedData, PageData};
use crate::fetch::{DISABLED_MESSAGE, FetchClient, FetchEvent, Fetches};
use crate::function_calls::{
    Call, CallOutcome, CallRunner, FunctionCalls, PlannedCall, TooManyCalls,
};
use crate::modules::{
    ImportKind, Loader, MissingExport, Module, ModuleError, ModuleFormat, import_error, in_package,
};

mod compression;
mod console;
pub(super) mod functions;
mod load_progress;
mod text_encoding;
mod timers;
mod url;
pub(crate) mod value;
mod web_crypto;

/// The state that the host functions and the worker of one thread share.
pub(crate) struct Host {
    loader: Arc<Loader>,
    /// The client of `fetch`; `None` if no origin is allowed.
    fetch_client: Option<Arc<FetchClient>>,
    /// The modules that the current realm has loaded, by id.
    modules: RefCell<HashMap<String, Arc<Module>>>,
    render: RefCell<RenderState>,
    /// The value of `import.meta.env` in the current realm.
    env: RefCell<String>,
    started: Instant,
    /// The time of `started` in milliseconds since the Unix epoch.
    time_origin: f64,
}

/// The end of the names of functions that return the state of a form, with its submission token.
const FORM_STATE: &str = ".state";

/// The state of the current render.
#[derive(Default)]
struct RenderState {
    module_errors: Vec<ModuleError>,
    timers: Timers,
    console: Console,
    load_progress: LoadProgress,
    calls: Option<FunctionCalls>,
    /// The requests; `None` until the first one.
    fetches: Option<Fetches>,
    /// The compressions and decompressions in progress.
    coders: Slab<Coder>,
    embedded: EmbeddedData,
    /// The markup emitted since it was last taken.
    markup: Vec<u8>,
    /// Set while the complete shell is held back, because server functions may complete soon.
    shell_held: bool,
    is_finished: bool,
    failure: Option<String>,
    recovered_errors: Vec<String>,
    /// Set if a component threw or a server function failed.
    has_failures: bool,
    /// Set if a component displays a form.
    has_form: bool,
}

impl Host {
    pub(crate) fn new(loader: Arc<Loader>, fetch_client: Option<Arc<FetchClient>>) -> Rc<Self> {
        let time_origin = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0.0, |since| since.as_secs_f64() * 1000.0);
        Rc::new(Self {
            loader,
            fetch_client,
            modules: RefCell::default(),
            render: RefCell::default(),
            env: RefCell::default(),
            started: Instant::now(),
            time_origin,
        })
    }

    /// Starts a render, whose components call server functions through `calls`.
    pub(crate) fn begin_render(&self, calls: Option<FunctionCalls>) {
        let mut render = self.render.borrow_mut();
        // The ids of timers are unique in the isolate, so that a late callback matches no new timer.
        let mut timers = std::mem::take(&mut render.timers);
        timers.clear();
        *render = RenderState {
            timers,
            calls,
            ..RenderState::default()
        };
    }

    /// Ends the render, and cancels its pending calls and requests.
    pub(crate) fn end_render(&self) {
        let mut render = self.render.borrow_mut();
        render.timers.clear();
        render.load_progress.finish();
        render.markup = Vec::new();
        render.calls = None;
        render.fetches = None;
        render.coders = Slab::new();
    }

    /// Returns the markup emitted since the last call, which may be followed by other elements, and the
    /// data that it depends on.
    ///
    /// Between two turns of the event loop, React has written only complete elements.
    pub(crate) fn take_chunk(&self) -> Option<(Bytes, PageData)> {
        let render = &mut *self.render.borrow_mut();
        if render.markup.is_empty() {
            return None;
        }
        let markup = std::mem::take(&mut render.markup);
        let calls = render.calls.as_mut();
        let pending = calls.map(FunctionCalls::take_pending).unwrap_or_default();
        let pending: Vec<_> = pending
            .into_iter()
            .map(|(name, input)| (name, String::from_utf8_lossy(input)))
            .collect();
        let pending = pending.iter().map(|(name, input)| (*name, &**input));
        Some((markup.into(), render.embedded.take(pending)))
    }

    /// Returns whether the shell is held back.
    pub(crate) fn is_shell_held(&self) -> bool {
        self.render.borrow().shell_held
    }

    pub(crate) fn release_shell(&self) {
        self.render.borrow_mut().shell_held = false;
    }

    /// Returns the markup of a render that is not streamed.
    pub(crate) fn take_markup(&self) -> Vec<u8> {
        std::mem::take(&mut self.render.borrow_mut().markup)
    }

    /// Returns the data of the page as an element.
    pub(crate) fn take_embedded_data(&self) -> String {
        self.render.borrow_mut().embedded.take([]).element()
    }

    /// Adds the data of a query, in the form of the generated client, to the page.
    fn embed_query(&self, json: &str) {
        self.render.borrow_mut().embedded.push_query(json);
    }

    /// Returns the channel of outcomes if a server function is pending.
    pub(crate) fn pending_outcomes(&self) -> Option<Receiver<CallOutcome>> {
        let render = self.render.borrow();
        let calls = render.calls.as_ref();
        calls.and_then(FunctionCalls::pending_outcomes).cloned()
    }

    /// Returns the channel of events if a request will send one.
    pub(crate) fn pending_fetch_events(&self) -> Option<Receiver<FetchEvent>> {
        let render = self.render.borrow();
        let fetches = render.fetches.as_ref();
        fetches.and_then(Fetches::pending_events).cloned()
    }

    /// Notes that an event arrived. Returns `false` if its request was cancelled.
    pub(crate) fn record_fetch_event(&self, event: &FetchEvent) -> bool {
        let fetches = &mut self.render.borrow_mut().fetches;
        fetches
            .as_mut()
            .is_some_and(|fetches| fetches.record(event))
    }

    /// Removes and returns the calls of server functions that no task runs yet.
    pub(crate) fn take_queued_calls(&self) -> Vec<Call> {
        let mut render = self.render.borrow_mut();
        let calls = render.calls.as_mut();
        calls.map(FunctionCalls::take_queued).unwrap_or_default()
    }

    /// Runs the calls of server functions in a task.
    pub(crate) fn spawn_calls(&self, runner: CallRunner) -> Option<AbortOnDropHandle<()>> {
        let mut render = self.render.borrow_mut();
        render.calls.as_mut().map(|calls| runner.spawn(calls))
    }

    /// Records an outcome for the page.
    pub(crate) fn record_outcome(&self, outcome: &CallOutcome) {
        let mut render = self.render.borrow_mut();
        let calls = render.calls.as_mut();
        let Some((name, input)) = calls.and_then(|calls| calls.complete(outcome)) else {
            return;
        };
        render.has_failures |= outcome.result.is_err();
        render.has_form |= name.ends_with(FORM_STATE);
        let text = String::from_utf8_lossy;
        let (output, problem);
        let result = match &outcome.result {
            Ok(json) => {
                output = text(json);
                Ok(&*output)
            }
            Err(json) => {
                problem = text(json);
                Err(&*problem)
            }
        };
        render.embedded.push_result(&name, &text(&input), result);
    }

    /// Removes and returns the calls that waited for other calls; `None` if the render has no server functions.
    pub(crate) fn take_sequential_calls(&self) -> Option<Vec<PlannedCall>> {
        let mut render = self.render.borrow_mut();
        render.calls.as_mut().map(FunctionCalls::take_sequential)
    }

    #[cfg(feature = "v8")]
    pub(crate) fn loader(&self) -> &Loader {
        &self.loader
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.render.borrow().is_finished
    }

    /// Returns the error with which the render failed.
    pub(crate) fn take_failure(&self) -> Option<String> {
        self.render.borrow_mut().failure.take()
    }

    /// Returns the errors for which React rendered a fallback.
    pub(crate) fn take_recovered_errors(&self) -> Vec<String> {
        let mut render = self.render.borrow_mut();
        render.has_failures |= !render.recovered_errors.is_empty();
        std::mem::take(&mut render.recovered_errors)
    }

    /// Returns whether a component threw or a server function failed.
    pub(crate) fn has_failures(&self) -> bool {
        self.render.borrow().has_failures
    }

    /// Returns whether a component displays a form.
    pub(crate) fn has_form(&self) -> bool {
        self.render.borrow().has_form
    }

    /// Returns the error with the index that its JavaScript exception has.
    pub(crate) fn module_error(&self, index: usize) -> Option<ModuleError> {
        self.render.borrow().module_errors.get(index).cloned()
    }

    /// Returns the time at which the next timer is due.
    pub(crate) fn next_timer(&self) -> Option<Instant> {
        self.render.borrow().timers.next_due()
    }

    /// Returns a timer that is due, and removes it unless it repeats.
    pub(crate) fn take_due_timer(&self) -> Option<u32> {
        self.render.borrow_mut().timers.take_due()
    }

    /// Returns the module `id` if the realm has loaded it.
    pub(crate) fn loaded_module(&self, id: &str) -> Option<Arc<Module>> {
        self.modules.borrow().get(id).map(Arc::clone)
    }

    /// Returns the directories of the copies of React that are loaded.
    pub(crate) fn loaded_copies_of_react(&self) -> Vec<String> {
        let directory = |id: &String| {
            let file = Path::new(id);
            let modes = ["production", "development"];
            let mut names = modes.iter().map(|mode| format!("cjs/react.{mode}.js"));
            let is_react = names.any(|name| file.ends_with(name));
            let directory = file.ancestors().nth(2).filter(|_| is_react)?;
            Some(directory.to_string_lossy().into_owned())
        };
        let modules = self.modules.borrow();
        let mut copies: Vec<_> = modules.keys().filter_map(directory).collect();
        copies.sort();
        copies
    }

    /// Clears the loaded modules, because a new realm loads its own.
    pub(crate) fn clear_modules(&self) {
        self.modules.borrow_mut().clear();
    }

    /// Removes and returns the ids of the modules whose files have changed.
    pub(crate) fn take_changed_modules(&self) -> Vec<String> {
        let mut modules = self.modules.borrow_mut();
        // A file that cannot be read fails the start of the renderer, but keeps the last values later.
        let _ = self.loader.load_env();
        let env_changed = *self.env.borrow() != self.loader.env();
        let changed: Vec<String> = modules
            .values()
            .filter(|module| env_changed || self.loader.is_stale(module))
            .map(|module| module.id.clone())
            .collect();
        for id in &changed {
            modules.remove(id);
        }
        changed
    }

    /// Returns the style sheets that `entry` imports directly or indirectly, in import order.
    pub(crate) fn style_sheets(&self, entry: &str) -> Vec<String> {
        fn visit(
            modules: &HashMap<String, Arc<Module>>,
            id: &str,
            visited: &mut Vec<String>,
            style_sheets: &mut Vec<String>,
        ) {
            if visited.iter().any(|other| other == id) {
                return;
            }
            visited.push(id.into());
            let Some(module) = modules.get(id) else {
                return;
            };
            for (_, import) in &module.imports {
                let imported = modules.get(import);
                let is_style_sheet = imported.is_some_and(|module| module.is_style_sheet);
                // The thousands of modules in packages import no style sheets of the project.
                if is_style_sheet || !in_package(Path::new(import)) {
                    visit(modules, import, visited, style_sheets);
                }
            }
            if module.is_style_sheet {
                style_sheets.push(id.into());
            }
        }
        let mut style_sheets = Vec::new();
        let modules = self.modules.borrow();
        visit(&modules, entry, &mut Vec::new(), &mut style_sheets);
        style_sheets
    }

    /// Loads a module and returns its description as JSON.
    ///
    /// `import` is the importer with the specifier, which the error of an unsupported file names.
    fn load_module(&self, id: &str, import: Option<(&str, &str)>) -> Result<String, HostError> {
        let started = Instant::now();
        let module = self
            .loader
            .module(id)
            .map_err(|error| match (error, import) {
                (ModuleError::Unsupported { file, reason }, Some((importer, specifier)))
                    if Path::new(id.split('?').next().unwrap_or(id)) == file =>
                {
                    import_error(Path::new(importer), specifier, &reason)
                }
                (error, _) => error,
            });
        let module = module.map_err(|error| self.module_exception(error))?;
        let mut render = self.render.borrow_mut();
        render.load_progress.module_loaded(started, id);
        drop(render);
        let (format, awaits) = match module.transformed.format {
            ModuleFormat::EsModule { awaits } => ("es", awaits),
            ModuleFormat::CommonJs => ("cjs", false),
            ModuleFormat::ReactServer => ("react", false),
        };
        let path = module.file.as_ref().map(|file| file.path.as_path());
        let directory = path.and_then(Path::parent).or(path);
        let url = path.and_then(|path| ::url::Url::from_file_path(path).ok());
        let description = json!({
            "format": format,
            "awaits": awaits,
            "imports": module.imports,
            "record": module.transformed.record,
            "strictInterop": module.strict_interop,
            "file": path.map_or(id.into(), Path::to_string_lossy),
            "directory": directory.map(Path::to_string_lossy).unwrap_or_default(),
            "url": url.map(String::from).unwrap_or_default(),
        });
        self.modules.borrow_mut().insert(id.into(), module);
        Ok(description.to_string())
    }

    /// Returns `import.meta.env` as JSON.
    fn env(&self) -> String {
        let env = self.loader.env();
        self.env.borrow_mut().clone_from(&env);
        env
    }

    /// Returns the exception of an import whose `name` the imported module does not export.
    ///
    /// `names` is the JSON array of the names that it exports.
    fn missing_export(
        &self,
        importer: &str,
        specifier: &str,
        name: &str,
        names: &str,
        is_ambiguous: bool,
    ) -> HostError {
        let names: Vec<String> = serde_json::from_str(names).unwrap_or_default();
        let import = MissingExport {
            specifier,
            name,
            names: &names,
            is_ambiguous,
        };
        self.module_exception(import.error(Path::new(importer)))
    }

    fn resolve_module(
        &self,
        specifier: &str,
        importer: &str,
        import_kind: ImportKind,
    ) -> Result<String, HostError> {
        self.loader
            .resolve(specifier, importer, import_kind)
            .map_err(|error| self.module_exception(error))
    }

    /// Returns the module that replaces `id` in browsers, after loading or resolving failed.
    fn browser_replacement(
        &self,
        id: &str,
        error_index: usize,
    ) -> Result<Option<String>, HostError> {
        let Some(error) = self.module_error(error_index) else {
            return Ok(None);
        };
        self.loader
            .browser_replacement(id, &error)
            .map_err(|error| self.module_exception(error))
    }

    /// Returns the module that replaces `id` in Node.js, after its evaluation failed.
    fn node_replacement(&self, id: &str) -> Result<Option<String>, HostError> {
        self.loader
            .node_replacement(id)
            .map_err(|error| self.module_exception(error))
    }

    /// Stores `error` and returns the exception with its index.
    fn module_exception(&self, error: ModuleError) -> HostError {
        self.loader.clear_lookup_cache();
        let message = error.to_string();
        let is_syntax_error = matches!(error, ModuleError::Syntax(_));
        let mut render = self.render.borrow_mut();
        render.module_errors.push(error);
        HostError {
            message,
            is_syntax_error,
            module_error: Some(render.module_errors.len() - 1),
        }
    }

    /// Starts a request and returns its id.
    fn start_fetch(&self, request: &str, body: Option<&[u8]>) -> Result<u32, HostError> {
        let Some(client) = &self.fetch_client else {
            return Err(HostError::new(DISABLED_MESSAGE.into()));
        };
        let mut render = self.render.borrow_mut();
        let fetches = render
            .fetches
            .get_or_insert_with(|| Fetches::new(Arc::clone(client)));
        fetches.start(request, body).map_err(HostError::new)
    }

    /// Starts a compression or decompression and returns its id.
    fn start_coder(&self, format: &str, compresses: bool) -> Result<usize, HostError> {
        /// The maximum number in progress. Each uses up to 300 kB outside of the engine's memory.
        const MAX_CODERS: usize = 64;
        let coders = &mut self.render.borrow_mut().coders;
        if coders.len() == MAX_CODERS {
            return Err(HostError::new(format!(
                "this render uses more than {MAX_CODERS} compression streams at once"
            )));
        }
        let coder = Coder::new(format, compresses)
            .ok_or_else(|| HostError::new(format!("unknown compression format: {format}")))?;
        Ok(coders.insert(coder))
    }

    /// Starts a call of a server function and returns the call's id.
    fn call_function(&self, name: &str, input: &str) -> Result<u32, HostError> {
        let mut render = self.render.borrow_mut();
        let Some(calls) = &mut render.calls else {
            return Err(HostError::new(format!(
                "server function `{name}` was called during a render without server functions; set them \
                 with `Page::functions` or `Component::functions`"
            )));
        };
        let input = Bytes::copy_from_slice(input.as_bytes());
        calls.start(name.into(), input).map_err(|TooManyCalls| {
            HostError::new(format!(
                "server function `{name}` was not called, because this render makes too many calls"
            ))
        })
    }
}
