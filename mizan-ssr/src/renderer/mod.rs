//! The renderer, its settings and its results.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::error::{RenderError, RenderErrorKind};
use crate::modules::ModuleError;
use crate::pool::{self, KnownComponent, WorkerPool};
use crate::vite::Vite;

mod build_error;
mod builder;
mod component;
mod component_path;
mod props;
mod stream;

pub use self::build_error::RendererBuildError;
pub use self::builder::RendererBuilder;
pub use self::component::Component;
pub(crate) use self::component_path::find as find_component;
pub(crate) use self::props::encode as encode_props;
pub use self::stream::RenderStream;
pub use crate::engine::EngineKind;
pub use crate::modules::CacheStatistics;
pub use crate::output::Rendered;

/// The maximum number of cached component paths.
const MAX_CACHED_PATHS: usize = 1024;

/// Renders React components by the paths of their files.
///
/// Clones share the render threads, which end when the last clone is dropped.
///
/// Each thread evaluates a module once and keeps it, so state outside of components persists in later
/// renders of the thread; see [`RendererBuilder::fresh_modules`].
///
/// ```no_run
/// use mizan_ssr::Renderer;
///
/// async fn hello() -> Result<(), Box<dyn std::error::Error>> {
///     let renderer = Renderer::builder().root("web").build()?;
///     let props = serde_json::json!({ "name": "World" });
///     let rendered = renderer.render("components/Hello.tsx", &props).await?;
///     assert_eq!(rendered.html, r#"<div id="mizan-root"><div>Hello, World!</div></div>"#);
///     renderer.close().await;
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Renderer {
    shared: Arc<Shared>,
}

struct Shared {
    roots: Vec<PathBuf>,
    pool: Arc<WorkerPool>,
    vite: Option<Arc<Vite>>,
    /// The components by their paths. Not used in development, where files are added and removed.
    cached_paths: Mutex<HashMap<String, Arc<KnownComponent>>>,
    checked_components: Vec<String>,
}

impl Renderer {
    fn new(shared: Shared) -> Self {
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Closes the renderer and its clones: queued renders complete, and later renders fail.
    ///
    /// Returns when the threads have ended and the disk cache is written. A process that exits without
    /// this call loses only cache entries that are not written yet.
    pub async fn close(self) {
        let pool = Arc::clone(&self.shared.pool);
        pool.close();
        let (done, joined) = oneshot::channel();
        let closing = thread::Builder::new()
            .name("mizan-ssr-close".into())
            .spawn(move || {
                pool.join();
                let _ = done.send(());
            });
        if closing.is_ok() {
            // An error means that the thread panicked; there is nothing left to wait for.
            let _ = joined.await;
        }
    }

    /// Closes the renderer as [`close`](Self::close) does, and blocks the calling thread.
    pub(crate) fn close_blocking(&self) {
        self.shared.pool.close();
        self.shared.pool.join();
    }

    /// Checks that the renderer can render: for the readiness check of a server.
    ///
    /// Finds React and the modules of the components that
    /// [`RendererBuilder::check_components`] names. Modules that are loaded are not read again in
    /// production, so the check is cheap.
    ///
    /// # Errors
    ///
    /// Returns [`RenderError`] if the renderer is closed, or a file is missing or cannot be used.
    pub fn check(&self) -> Result<(), RenderError> {
        if self.pool().is_closed() {
            return Err(pool::closed());
        }
        for root in self.roots() {
            self.check_react(root)?;
        }
        self.check_modules()
    }

    fn roots(&self) -> &[PathBuf] {
        &self.shared.roots
    }

    /// Checks that a component in `root` finds React.
    fn check_react(&self, root: &Path) -> Result<(), RenderError> {
        let component = root.join("Component.tsx");
        self.pool()
            .loader
            .react_files(&component.to_string_lossy())
            .map(drop)
            .map_err(module_error)
    }

    fn check_modules(&self) -> Result<(), RenderError> {
        let Shared {
            roots,
            checked_components,
            ..
        } = &*self.shared;
        for path in checked_components {
            let unreadable = |error| RenderErrorKind::UnreadableDirectory {
                path: path.clone(),
                error,
            };
            let components = match self.pool().loader.bundle() {
                Some(bundle) => bundle.pages_at(path),
                None => component_path::expand(roots, path).map_err(unreadable)?,
            };
            for component in components {
                let component = self.find_component(&component)?;
                self.pool()
                    .loader
                    .check(&component.id)
                    .map_err(module_error)?;
            }
        }
        Ok(())
    }

    /// Returns the number of uses of each module cache since the renderer was built.
    #[must_use]
    pub fn cache_statistics(&self) -> CacheStatistics {
        self.pool().loader.cache().statistics()
    }

    /// Returns whether the renderer was built for development; see [`RendererBuilder::development`].
    #[must_use]
    pub fn development(&self) -> bool {
        self.pool().loader.development()
    }

    pub(crate) fn vite(&self) -> Option<&Vite> {
        self.shared.vite.as_deref()
    }

    /// Returns the file of the component `path` relative to Vite's root.
    pub(crate) fn vite_path(&self, path: &str) -> Option<String> {
        if let Some(bundle) = self.pool().loader.bundle() {
            return bundle.vite_path(path).map(String::from);
        }
        let file = self.find_component(path).ok()?;
        let relative = self.vite()?.relative_path(Path::new(&*file.id))?;
        Some(relative.to_owned())
    }

    pub(crate) fn pool(&self) -> &Arc<WorkerPool> {
        &self.shared.pool
    }

    /// Returns the component `path`.
    fn find_component(&self, path: &str) -> Result<Arc<KnownComponent>, RenderError> {
        let Shared {
            roots,
            cached_paths,
            ..
        } = &*self.shared;
        if self.development() {
            let id = component_path::find(roots, path)?;
            return Ok(Arc::new(KnownComponent::new(id.into())));
        }
        if let Some(component) = cached_paths.lock().get(path) {
            return Ok(Arc::clone(component));
        }
        let id = match self.pool().loader.bundle() {
            Some(bundle) => component_path::find_in_bundle(bundle, path)?.into(),
            None => component_path::find(roots, path)?,
        };
        let component = Arc::new(KnownComponent::new(id.into()));
        let mut cached_paths = cached_paths.lock();
        // A file has any number of spellings, such as `a//b.tsx`, so the cache must be bounded.
        if cached_paths.len() >= MAX_CACHED_PATHS {
            cached_paths.clear();
        }
        cached_paths.insert(path.into(), Arc::clone(&component));
        Ok(component)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.pool.close();
    }
}

fn module_error(error: ModuleError) -> RenderError {
    RenderErrorKind::Module(error).into()
}

impl fmt::Debug for Renderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renderer")
            .field("roots", &self.shared.roots)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_CACHED_PATHS, Renderer};

    #[test]
    fn bounds_memory_for_spellings_of_a_path() {
        let root = tempfile::tempdir().expect("a temporary directory");
        std::fs::write(root.path().join("App.tsx"), "").expect("a writable directory");
        let builder = Renderer::builder().root(root.path()).no_disk_cache();
        let renderer = builder.threads(1).start().expect("a renderer");
        let id_of = |path: &str| {
            let component = renderer.find_component(path).expect("a component");
            component.id.clone()
        };
        let id = id_of("App.tsx");
        for spelling in 1..MAX_CACHED_PATHS * 2 {
            let path = format!("{}App.tsx", "./".repeat(spelling % 2000));
            assert_eq!(id_of(&path), id);
            assert!(renderer.shared.cached_paths.lock().len() <= MAX_CACHED_PATHS);
        }
    }
}
