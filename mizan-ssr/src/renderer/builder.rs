//! The settings of a renderer.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use super::build_error::{RendererBuildError, RendererBuildErrorKind};
use super::{Renderer, Shared};
use crate::bundle::Bundle;
use crate::engine::EngineKind;
#[cfg(feature = "fetch")]
use crate::fetch::{FetchClient, FetchPolicy};
use crate::modules::{DiskCache, Loader, default_directory};
use crate::pool::{Watchdog, WorkerPool, WorkerSettings};
use crate::vite::Vite;

/// A builder of [`Renderer`].
///
/// ```no_run
/// use std::time::Duration;
///
/// use mizan_ssr::renderer::RendererBuildError;
/// use mizan_ssr::{Renderer, Vite};
///
/// fn renderer(vite: Vite) -> Result<Renderer, RendererBuildError> {
///     Renderer::builder()
///         .root("web/src")
///         .vite(vite)
///         .threads(4)
///         .deadline(Duration::from_secs(5))
///         .max_heap_bytes(128 << 20)
///         .build()
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct RendererBuilder {
    roots: Vec<PathBuf>,
    engine: Option<EngineKind>,
    threads: usize,
    queue_capacity: usize,
    deadline: Duration,
    max_heap_bytes: usize,
    development: bool,
    fresh_modules: bool,
    shell_delay: Duration,
    on_caller_thread: bool,
    prefetch_observed_calls: bool,
    vite: Option<Vite>,
    bundle: Option<Bundle>,
    record_resolutions: bool,
    cache: CacheLocation,
    #[cfg(feature = "fetch")]
    fetch: Option<FetchPolicy>,
    checked_components: Vec<String>,
}

/// The location of the disk cache.
#[derive(Clone, Debug)]
enum CacheLocation {
    NodeModules,
    Directory(PathBuf),
    Disabled,
}

impl Renderer {
    /// Returns a builder with the default settings.
    pub fn builder() -> RendererBuilder {
        RendererBuilder {
            roots: Vec::new(),
            engine: EngineKind::preferred(),
            threads: thread::available_parallelism().map_or(1, usize::from),
            queue_capacity: 256,
            deadline: Duration::from_secs(10),
            max_heap_bytes: 256 << 20,
            development: false,
            fresh_modules: false,
            shell_delay: Duration::from_millis(50),
            on_caller_thread: true,
            prefetch_observed_calls: true,
            vite: None,
            bundle: None,
            record_resolutions: false,
            cache: CacheLocation::NodeModules,
            #[cfg(feature = "fetch")]
            fetch: None,
            checked_components: Vec::new(),
        }
    }
}

impl Renderer {
    /// Returns a builder of a renderer that takes all modules from `bundle` and reads no file.
    ///
    /// If the bundle contains the files of Vite's build, pages link them. The directories and the caches of the builder
    /// have no effect.
    pub fn embedded(bundle: &Bundle) -> RendererBuilder {
        RendererBuilder {
            bundle: Some(bundle.clone()),
            vite: Vite::embedded(bundle).ok(),
            ..Self::builder()
        }
    }
}

impl RendererBuilder {
    /// Adds a component directory. The renderer searches the directories in the order of the calls.
    pub fn root(mut self, root: impl Into<PathBuf>) -> Self {
        self.roots.push(root.into());
        self
    }

    /// Sets the JavaScript engine. The default is V8 with the feature `v8`, otherwise QuickJS.
    pub fn engine(mut self, engine: EngineKind) -> Self {
        self.engine = Some(engine);
        self
    }

    /// Sets the number of render threads, each with its own isolate. The default is one per processor.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Sets the number of renders that may wait for a thread. Further renders fail with the code
    /// [`Overloaded`](crate::error::RenderErrorCode::Overloaded). The default is 256.
    pub fn queue_capacity(mut self, renders: usize) -> Self {
        self.queue_capacity = renders.max(1);
        self
    }

    /// Sets the maximum duration of a render, including the time in the queue. The default is ten seconds.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the maximum size of an isolate's heap. The default is 256 MB.
    pub fn max_heap_bytes(mut self, bytes: usize) -> Self {
        self.max_heap_bytes = bytes;
        self
    }

    /// Uses the development builds of packages, and checks for changed files before each render.
    pub fn development(mut self, development: bool) -> Self {
        self.development = development;
        self
    }

    /// Evaluates all modules again for every render, so that renders share no state.
    ///
    /// This is slow. Use it for modules with global state that cannot be avoided.
    pub fn fresh_modules(mut self, fresh_modules: bool) -> Self {
        self.fresh_modules = fresh_modules;
        self
    }

    /// Sets the time for which the shell of a stream waits for server functions.
    ///
    /// If all functions complete in this time, the page is complete without JavaScript. The default is 50
    /// milliseconds; zero disables waiting.
    pub fn shell_delay(mut self, delay: Duration) -> Self {
        self.shell_delay = delay;
        self
    }

    /// Sets whether short renders run on the thread that requests them. The default is `true`.
    ///
    /// A component whose renders took less than a millisecond on average, without waiting, is rendered by the
    /// thread that polls the future, if an isolate is free and the engine is V8. This saves the change to a render
    /// thread and back, which takes longer than rendering a small page. A render that waits or takes longer continues
    /// on a render thread; code that runs for 50 milliseconds is interrupted and repeated there.
    ///
    /// Disable this if components pass input of visitors to builtin functions that cannot be interrupted, such as
    /// sorting or reversing an array with millions of elements: these would block a thread of the async runtime.
    pub fn render_on_caller_thread(mut self, enabled: bool) -> Self {
        self.on_caller_thread = enabled;
        self
    }

    /// Sets whether a render starts the calls that the last render of its component made one after the other. The
    /// default is `true`.
    ///
    /// A component may call a function only after another call is complete. Independent queries then wait for each
    /// other. The next render starts such a call at its beginning, if it succeeded, and has no input or an input whose
    /// members are strings and numbers from the props. Only the names of the functions and props are remembered, at
    /// most 16 calls for each component. The result is discarded if no component asks for it.
    ///
    /// Such a call counts towards the rate limits of its function, also if the component does not ask for it this
    /// time. Renders in development make no such calls. Use
    /// [`Component::prefetch`](crate::renderer::Component::prefetch) to declare calls.
    pub fn prefetch_observed_calls(mut self, enabled: bool) -> Self {
        self.prefetch_observed_calls = enabled;
        self
    }

    /// Sets the source of the browser's scripts, style sheets and assets.
    ///
    /// An imported asset evaluates to the URL that it has in the browser. Without Vite, the URL is the
    /// path relative to the first component directory, and pages have no scripts.
    pub fn vite(mut self, vite: Vite) -> Self {
        self.vite = Some(vite);
        self
    }

    /// Sets the directory of the disk cache, which stores transformed modules and code compiled by V8.
    ///
    /// The default is `.cache/mizan-ssr` in the nearest `node_modules` at or above the first component
    /// directory; the renderer works without a cache if it cannot write there. V8 executes the stored
    /// code, so the directory needs the same protection as the application. The renderer deletes files
    /// that were not used for 30 days, and the least recently used files above 512 MB.
    pub fn cache_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.cache = CacheLocation::Directory(directory.into());
        self
    }

    /// Disables the disk cache: every process transforms and compiles all modules again.
    pub fn no_disk_cache(mut self) -> Self {
        self.cache = CacheLocation::Disabled;
        self
    }

    /// Sets the origins to which components may send requests with `fetch`, and the limits of the requests.
    ///
    /// By default, `fetch` rejects with an error that names this method.
    #[cfg(feature = "fetch")]
    #[cfg_attr(docsrs, doc(cfg(feature = "fetch")))]
    pub fn fetch(mut self, policy: FetchPolicy) -> Self {
        self.fetch = Some(policy);
        self
    }

    /// Records the resolutions of renders; see `Loader::recorded_resolutions`.
    pub(crate) fn record_resolutions(mut self) -> Self {
        self.record_resolutions = true;
        self
    }

    /// Checks the components at `paths` when the renderer is built, and in [`Renderer::check`]: that they
    /// exist, and that their modules and those that they import can be loaded.
    ///
    /// A path can be a directory, such as `pages`: the check then includes its `.tsx` and `.jsx` files.
    ///
    /// In development, `build` does not check them, so that the page can show the error.
    pub fn check_components<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.checked_components
            .extend(paths.into_iter().map(Into::into));
        self
    }

    /// Starts the threads, and checks that React is installed.
    ///
    /// Call this method early: V8 should be initialized before the application starts other threads.
    ///
    /// # Errors
    ///
    /// Returns [`RendererBuildError`] if no engine is compiled in, a component directory does not exist,
    /// an origin cannot be allowed,
    /// React is not installed for its components, a component of
    /// [`check_components`](Self::check_components) cannot be loaded, or a thread cannot be started.
    pub fn build(self) -> Result<Renderer, RendererBuildError> {
        let renderer = self.start()?;
        for root in renderer.roots() {
            renderer.check_react(root).map_err(|source| {
                let root = root.clone();
                RendererBuildErrorKind::NoReact { root, source }
            })?;
        }
        if !renderer.development() {
            let checked = renderer.check_modules();
            checked.map_err(RendererBuildErrorKind::Component)?;
        }
        Ok(renderer)
    }

    /// Starts the threads without checks.
    pub(crate) fn start(self) -> Result<Renderer, RendererBuildError> {
        let engine = self.engine.ok_or(RendererBuildErrorKind::NoEngine)?;
        if self.bundle.is_some() && self.development {
            return Err(RendererBuildErrorKind::DevelopmentWithBundle.into());
        }
        let roots = self.roots.into_iter().map(canonical_root);
        let roots = roots.collect::<Result<Vec<_>, _>>()?;
        engine.initialize();
        let first_root = roots.first().cloned().unwrap_or_default();
        let vite = self
            .vite
            .map(|vite| Arc::new(vite.with_root_above(&first_root)));
        let loader = match &self.bundle {
            Some(bundle) => {
                check_code(bundle, engine);
                Loader::bundled(Arc::clone(bundle.modules()))
            }
            None => {
                let cache = DiskCache::new(self.cache.directory(&first_root));
                let mut loader = Loader::new(first_root, self.development, vite.clone(), cache);
                if self.record_resolutions {
                    loader.record_resolutions();
                }
                loader
            }
        };
        loader.load_env()?;
        let watchdog = Watchdog::start().map_err(RendererBuildErrorKind::CannotStartThread)?;
        #[cfg(feature = "fetch")]
        let fetch_client = self.fetch.map(FetchClient::start).transpose()?;
        #[cfg(not(feature = "fetch"))]
        let fetch_client = None;
        let settings = WorkerSettings {
            engine,
            deadline: self.deadline,
            heap_limit_bytes: self.max_heap_bytes,
            fresh_modules: self.fresh_modules,
            shell_delay: self.shell_delay,
            fetch_client,
            prefetch_observed_calls: self.prefetch_observed_calls,
            on_caller_thread: self.on_caller_thread
                && engine.changes_threads()
                && !self.development
                && !self.fresh_modules,
        };
        let pool = Arc::new(WorkerPool::new(
            settings,
            Arc::new(loader),
            Arc::new(watchdog),
            self.queue_capacity,
        ));
        for _ in 0..self.threads {
            pool.spawn_worker()
                .map_err(RendererBuildErrorKind::CannotStartThread)?;
        }
        Ok(Renderer::new(Shared {
            roots,
            pool,
            vite,
            cached_paths: Mutex::default(),
            checked_components: self.checked_components,
        }))
    }
}

impl CacheLocation {
    fn directory(self, root: &Path) -> Option<PathBuf> {
        match self {
            Self::NodeModules => default_directory(root),
            Self::Directory(directory) => Some(directory),
            Self::Disabled => None,
        }
    }
}

/// Logs that `engine` cannot use the compiled code in `bundle`.
fn check_code(bundle: &Bundle, engine: EngineKind) {
    let code_tag = bundle.modules().code_tag();
    if code_tag.is_some() && engine.code_tag() != code_tag {
        tracing::warn!(
            "the compiled code in the bundle is not used, because another engine or version of V8 compiled it; \
             modules are compiled on first use"
        );
    }
}

fn canonical_root(root: PathBuf) -> Result<PathBuf, RendererBuildErrorKind> {
    let canonical = root.canonicalize().and_then(|canonical| {
        if canonical.is_dir() {
            Ok(canonical)
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    });
    canonical.map_err(|source| RendererBuildErrorKind::InvalidRoot { root, source })
}
