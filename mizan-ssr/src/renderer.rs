use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::task::{Context, Poll, ready};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use crossbeam_channel::{Sender, TrySendError};
use futures_util::Stream;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::AbortOnDropHandle;

use crate::cache::{self, Cache, CacheStatistics};
use crate::crew::{Crew, LEEWAY};
use crate::engine::EngineKind;
use crate::error::{BuildError, RenderError, RenderErrorKind};
use crate::functions::{self, CallFunction, Calls};
use crate::job::{Job, Output, Overdue, Part};
use crate::loader::Loader;
use crate::lock::locked;
use crate::path;
use crate::vite::Vite;
use crate::watchdog::Watchdog;
use crate::worker::Settings;

/// The maximum number of checked paths that are kept.
const MAX_KNOWN_PATHS: usize = 1024;

/// Renders React components by the paths of their files.
///
/// A clone renders with the same threads. They end when the last clone is dropped.
///
/// Modules are evaluated once for each thread and kept, so what a module holds outside of its
/// components is there for every later render of that thread; see [`Builder::fresh`].
#[derive(Clone)]
pub struct Renderer {
    inner: Arc<Inner>,
}

struct Inner {
    roots: Vec<PathBuf>,
    /// None once the renderer was closed.
    jobs: RwLock<Option<Sender<Job>>>,
    crew: Arc<Crew>,
    queue: usize,
    development: bool,
    vite: Option<Arc<Vite>>,
    /// Paths that were checked; not kept in development, where files come and go.
    known: Mutex<HashMap<String, Arc<str>>>,
}

/// The settings of a [`Renderer`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct Builder {
    roots: Vec<PathBuf>,
    engine: EngineKind,
    threads: usize,
    queue: usize,
    deadline: Duration,
    heap: usize,
    development: bool,
    fresh: bool,
    shell_delay: Duration,
    vite: Option<Vite>,
    cache: CacheDirectory,
}

/// Where modules are kept from one start to the next.
#[derive(Clone, Debug)]
enum CacheDirectory {
    BesidePackages,
    At(PathBuf),
    None,
}

/// A component's markup.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rendered {
    /// The markup, in `<div id="mizan-root">`.
    pub html: String,
    /// The files of the style sheets that the component imports, in the order of their imports.
    pub styles: Vec<String>,
    /// What the functions answered that the component called: an element for the page, behind the root,
    /// from which the generated client takes it. Empty where none was called.
    pub answers: String,
}

/// A component to be rendered. Made by [`Renderer::component`].
#[must_use = "a component is rendered by `render` or `stream`"]
pub struct Component<'a> {
    renderer: &'a Renderer,
    path: &'a str,
    props: Result<String, RenderError>,
    functions: Option<CallFunction>,
    nonce: Option<String>,
}

/// A component's markup as it comes: the shell first, then what was suspended.
///
/// Dropping it ends the render. An error in it comes after the shell was sent.
#[derive(Debug)]
pub struct RenderStream {
    first: Option<Bytes>,
    styles: Vec<String>,
    parts: mpsc::UnboundedReceiver<Result<Part, RenderError>>,
    /// Runs the functions that are called; they end with the stream.
    _calls: Option<AbortOnDropHandle<()>>,
}

impl Renderer {
    /// Settings to build a renderer from.
    ///
    /// ```no_run
    /// # async fn page() -> Result<(), Box<dyn std::error::Error>> {
    /// use mizan_ssr::Renderer;
    ///
    /// let renderer = Renderer::builder().root("web").build()?;
    /// let page = renderer
    ///     .render("components/Hello.tsx", &serde_json::json!({ "name": "World" }))
    ///     .await?;
    /// assert_eq!(page.html, r#"<div id="mizan-root"><div>Hello, World!</div></div>"#);
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> Builder {
        Builder {
            roots: Vec::new(),
            engine: EngineKind::BEST,
            threads: thread::available_parallelism().map_or(1, usize::from),
            queue: 256,
            deadline: Duration::from_secs(10),
            heap: 256 << 20,
            development: false,
            fresh: false,
            shell_delay: Duration::from_millis(50),
            vite: None,
            cache: CacheDirectory::BesidePackages,
        }
    }

    /// The default export of the file `path`, to be rendered with more than props.
    ///
    /// `path` is relative to one of the roots, with `/` between its parts, and never leads out of it.
    pub fn component<'a>(&'a self, path: &'a str) -> Component<'a> {
        Component {
            renderer: self,
            path,
            props: Ok("{}".into()),
            functions: None,
            nonce: None,
        }
    }

    /// Renders the default export of the file `path` with `props`, all of it: what suspends is
    /// waited for.
    ///
    /// # Errors
    ///
    /// Those of [`Component::render`].
    pub async fn render(
        &self,
        path: &str,
        props: &(impl Serialize + ?Sized),
    ) -> Result<Rendered, RenderError> {
        self.component(path).props(props).render().await
    }

    /// Renders like [`render`](Self::render), for a caller that may block its thread.
    ///
    /// # Errors
    ///
    /// Those of [`Component::render`].
    ///
    /// # Panics
    ///
    /// On a thread of an asynchronous runtime, where waiting would stop others.
    pub fn render_blocking(
        &self,
        path: &str,
        props: &(impl Serialize + ?Sized),
    ) -> Result<Rendered, RenderError> {
        let (reply, result) = oneshot::channel();
        let asked = self.component(path).props(props);
        asked.enqueue(None, whole(reply))?;
        result.blocking_recv().unwrap_or_else(|_| Err(ended()))
    }

    /// Renders like [`render`](Self::render) and returns once the shell is there, which is
    /// everything outside of `<Suspense>` that still waits.
    ///
    /// # Errors
    ///
    /// Those of [`Component::stream`].
    pub async fn render_stream(
        &self,
        path: &str,
        props: &(impl Serialize + ?Sized),
    ) -> Result<RenderStream, RenderError> {
        self.component(path).props(props).stream().await
    }

    /// Ends the renderer and its clones: renders that wait are done, later ones are refused.
    ///
    /// Returns when the threads have ended and the cache is written. A process that ends without it
    /// loses no more than what was not written yet.
    pub async fn close(self) {
        let jobs = self.inner.jobs.write();
        drop(jobs.unwrap_or_else(PoisonError::into_inner).take());
        let crew = Arc::clone(&self.inner.crew);
        let (done, ended) = oneshot::channel();
        let closing = thread::Builder::new()
            .name("mizan-ssr-close".into())
            .spawn(move || {
                crew.finish();
                let _ = done.send(());
            });
        if closing.is_ok() {
            // It does not end without sending.
            let _ = ended.await;
        }
    }

    /// How often the caches of modules were of use since the renderer was built.
    #[must_use]
    pub fn cache_statistics(&self) -> CacheStatistics {
        self.inner.crew.loader.cache().statistics()
    }

    /// Whether it was built for development; see [`Builder::development`].
    #[must_use]
    pub fn development(&self) -> bool {
        self.inner.development
    }

    pub(crate) fn vite(&self) -> Option<&Vite> {
        self.inner.vite.as_deref()
    }

    /// The file of the component `path` as Vite names it.
    pub(crate) fn vite_name(&self, path: &str) -> Option<String> {
        let file = self.find(path).ok()?;
        Some(self.vite()?.name(Path::new(&*file))?.to_owned())
    }

    fn find(&self, path: &str) -> Result<Arc<str>, RenderError> {
        if self.inner.development {
            return path::find(&self.inner.roots, path).map(Arc::from);
        }
        if let Some(id) = locked(&self.inner.known).get(path) {
            return Ok(Arc::clone(id));
        }
        let id: Arc<str> = path::find(&self.inner.roots, path)?.into();
        let mut known = locked(&self.inner.known);
        // One file has any number of spellings, as `a//b.tsx`. What is forgotten is found again.
        if known.len() >= MAX_KNOWN_PATHS {
            known.clear();
        }
        known.insert(path.into(), Arc::clone(&id));
        Ok(id)
    }

    #[cfg(test)]
    pub(crate) fn crew(&self) -> &Arc<Crew> {
        &self.inner.crew
    }
}

impl Component<'_> {
    /// The props: anything that becomes a JSON object.
    pub fn props(mut self, props: &(impl Serialize + ?Sized)) -> Self {
        let invalid = |reason| RenderError::from(RenderErrorKind::InvalidProps(reason));
        self.props = match serde_json::to_string(props) {
            Ok(json) if json.starts_with('{') => Ok(json),
            Ok(json) if json == "null" => Ok("{}".into()),
            Ok(_) => Err(invalid("they have to be a JSON object".into())),
            Err(error) => Err(invalid(format!("they cannot be written as JSON: {error}"))),
        };
        self
    }

    /// Runs the functions that the component calls, in the process.
    ///
    /// `call` gets a function's name and its input as JSON, empty where there is none, and answers with
    /// the output as JSON, or with problem details (RFC 9457) as the server would send them. It is what
    /// decides for whom the functions run; mizan-http has a `Caller` that does so for a request.
    ///
    /// Needs tokio, which runs the calls. They are dropped when the render ends or nobody waits for it.
    pub fn functions<C, F>(mut self, call: C) -> Self
    where
        C: Fn(String, Bytes) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Bytes, Bytes>> + Send + 'static,
    {
        self.functions = Some(functions::boxed(call));
        self
    }

    /// The nonce of React's inline scripts and of the `<style>` elements that components render, for pages
    /// with a content security policy.
    pub fn nonce(mut self, nonce: impl Into<String>) -> Self {
        self.nonce = Some(nonce.into());
        self
    }

    /// Renders all of it: what suspends is waited for.
    ///
    /// # Errors
    ///
    /// [`RenderError`], whose [`code`](RenderError::code) says what went wrong. The next render is
    /// not affected.
    pub async fn render(mut self) -> Result<Rendered, RenderError> {
        let (reply, result) = oneshot::channel();
        let (calls, _task) = self.calls();
        self.enqueue(calls, whole(reply))?;
        result.await.unwrap_or_else(|_| Err(ended()))
    }

    /// Renders, and returns once the shell is there, which is everything outside of `<Suspense>`
    /// that still waits.
    ///
    /// # Errors
    ///
    /// [`RenderError`] when the shell cannot be rendered, so that a page with an error can still be
    /// sent instead.
    pub async fn stream(mut self) -> Result<RenderStream, RenderError> {
        let (sender, mut parts) = mpsc::unbounded_channel();
        let (calls, task) = self.calls();
        self.enqueue(calls, Output::Stream(sender))?;
        let Part { markup, styles } = parts.recv().await.unwrap_or_else(|| Err(ended()))?;
        Ok(RenderStream {
            first: Some(markup),
            styles,
            parts,
            _calls: task,
        })
    }

    fn calls(&mut self) -> (Option<Calls>, Option<AbortOnDropHandle<()>>) {
        self.functions.take().map(functions::spawn).unzip()
    }

    fn enqueue(self, calls: Option<Calls>, output: Output) -> Result<(), RenderError> {
        let inner = &self.renderer.inner;
        inner.crew.replenish(Instant::now());
        let after = inner.crew.settings.deadline;
        let deadline = Instant::now() + after;
        let id = self.renderer.find(self.path)?;
        let props = self.props?;
        let path = self.path.into();
        let overdue = Arc::new(Overdue::new(path, after, deadline, output));
        let watched = Arc::clone(&overdue);
        let watch = inner.crew.watchdog.watch(deadline + LEEWAY, watched);
        let job = Job {
            id,
            props,
            nonce: self.nonce,
            calls,
            overdue,
            watch,
        };
        let jobs = inner.jobs.read().unwrap_or_else(PoisonError::into_inner);
        let Some(jobs) = &*jobs else {
            return Err(RenderErrorKind::Engine("the renderer was closed".into()).into());
        };
        jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => RenderErrorKind::Overloaded {
                queued: inner.queue,
            }
            .into(),
            TrySendError::Disconnected(_) => ended(),
        })
    }
}

impl fmt::Debug for Component<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Component")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl RenderStream {
    /// The files of the style sheets that the component imports, as far as they are known when the
    /// shell is there, in the order of their imports.
    #[must_use]
    pub fn styles(&self) -> &[String] {
        &self.styles
    }
}

fn whole(reply: oneshot::Sender<Result<Rendered, RenderError>>) -> Output {
    Output::Whole(Mutex::new(Some(reply)))
}

fn ended() -> RenderError {
    RenderErrorKind::Engine("the thread that rendered has ended".into()).into()
}

impl fmt::Debug for Renderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renderer")
            .field("roots", &self.inner.roots)
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// Adds a directory in which components are looked for, in the order of the calls.
    pub fn root(mut self, root: impl Into<PathBuf>) -> Self {
        self.roots.push(root.into());
        self
    }

    /// The engine; V8 where the feature `v8` is on, else QuickJS.
    pub fn engine(mut self, engine: EngineKind) -> Self {
        self.engine = engine;
        self
    }

    /// How many threads render, each with an isolate of its own. One for each processor at first.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// How many renders may wait for a thread before more are refused. 256 at first.
    pub fn queue(mut self, queue: usize) -> Self {
        self.queue = queue.max(1);
        self
    }

    /// How long a render may take, waiting for a thread included. Ten seconds at first.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How many bytes the heap of an isolate may have. 256 MB at first.
    pub fn heap_limit(mut self, bytes: usize) -> Self {
        self.heap = bytes;
        self
    }

    /// Takes the development builds of packages, and looks before each render for files that changed.
    pub fn development(mut self, development: bool) -> Self {
        self.development = development;
        self
    }

    /// Evaluates every module again for every render, so that none sees what another left behind.
    ///
    /// Slow: it is for components whose modules keep state that cannot be moved.
    pub fn fresh(mut self, fresh: bool) -> Self {
        self.fresh = fresh;
        self
    }

    /// How long the shell of a stream waits for functions that its components call, so that a page whose
    /// data is there soon is whole at once, also without JavaScript. 50 milliseconds at first; with zero,
    /// the shell never waits.
    pub fn shell_delay(mut self, delay: Duration) -> Self {
        self.shell_delay = delay;
        self
    }

    /// Where the browser's scripts, style sheets and assets come from: an asset that a component imports
    /// gets the address that it has there. Without it addresses are those of the files, from the first
    /// root, and pages have no scripts.
    pub fn vite(mut self, vite: Vite) -> Self {
        self.vite = Some(vite);
        self
    }

    /// Keeps transformed modules, and what V8 compiled of them, in `directory`, which is made when
    /// needed.
    ///
    /// At first it is `.cache/mizan-ssr` in the nearest `node_modules` above the first root, and
    /// there is none where that cannot be written. V8 runs what it finds there: it is as much part
    /// of the program as the modules are. Files that nobody read for 30 days are deleted, and the
    /// oldest once all are 512 MB.
    pub fn cache_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.cache = CacheDirectory::At(directory.into());
        self
    }

    /// Keeps nothing on disk: every start transforms and compiles each module again.
    pub fn no_disk_cache(mut self) -> Self {
        self.cache = CacheDirectory::None;
        self
    }

    /// Starts the threads.
    ///
    /// Call it early: V8 wants to be set up before the threads that use it exist.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when a root is no directory or a thread cannot be started.
    pub fn build(self) -> Result<Renderer, BuildError> {
        let roots = self
            .roots
            .iter()
            .map(|root| {
                let found = root.canonicalize().and_then(|found| {
                    if found.is_dir() {
                        Ok(found)
                    } else {
                        Err(std::io::ErrorKind::NotADirectory.into())
                    }
                });
                found.map_err(|source| BuildError {
                    root: Some(root.clone()),
                    source,
                })
            })
            .collect::<Result<Vec<_>, _>>()?;
        let no_thread = |source| BuildError { root: None, source };
        self.engine.initialize();
        let first = roots.first().cloned().unwrap_or_default();
        let vite = self.vite.map(|vite| Arc::new(vite.above(&first)));
        let cache = Cache::new(match self.cache {
            CacheDirectory::BesidePackages => cache::default_directory(&first),
            CacheDirectory::At(directory) => Some(directory),
            CacheDirectory::None => None,
        });
        let loader = Arc::new(Loader::new(first, self.development, vite.clone(), cache));
        let watchdog = Arc::new(Watchdog::start().map_err(no_thread)?);
        let settings = Settings {
            engine: self.engine,
            deadline: self.deadline,
            heap: self.heap,
            fresh: self.fresh,
            shell_delay: self.shell_delay,
        };
        let (jobs, queue) = crossbeam_channel::bounded(self.queue);
        let crew = Arc::new(Crew::new(settings, loader, watchdog, queue));
        for _ in 0..self.threads {
            crew.hire().map_err(no_thread)?;
        }
        Ok(Renderer {
            inner: Arc::new(Inner {
                roots,
                jobs: RwLock::new(Some(jobs)),
                crew,
                queue: self.queue,
                development: self.development,
                vite,
                known: Mutex::default(),
            }),
        })
    }
}

impl Stream for RenderStream {
    type Item = Result<Bytes, RenderError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        let part = ready!(self.parts.poll_recv(cx));
        if matches!(part, Some(Err(_))) {
            // A thread that is stuck would keep it open.
            self.parts.close();
        }
        Poll::Ready(part.map(|part| part.map(|part| part.markup)))
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_KNOWN_PATHS, Renderer, locked};

    #[test]
    fn spellings_of_a_path_take_bounded_memory() {
        let root = tempfile::tempdir().expect("a directory");
        std::fs::write(root.path().join("App.tsx"), "").expect("written");
        let builder = Renderer::builder().root(root.path()).no_disk_cache();
        let renderer = builder.threads(1).build().expect("it builds");
        let found = renderer.find("App.tsx").expect("it is there");
        for spelling in 1..MAX_KNOWN_PATHS * 2 {
            let path = format!("{}App.tsx", "./".repeat(spelling % 2000));
            assert_eq!(renderer.find(&path).expect("it is there"), found);
            assert!(locked(&renderer.inner.known).len() <= MAX_KNOWN_PATHS);
        }
    }
}
