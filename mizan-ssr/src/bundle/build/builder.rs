//! The settings of a bundle, and the steps of building it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;

use super::error::{BundleBuildError, BundleBuildErrorKind};
use super::graph::{Findings, Graph, problem_of};
use super::pages::{Page, find_pages};
use super::problem::Problem;
use super::summary::BundleSummary;
use super::vite_build::ViteBuild;
use super::write::{BuiltBrowserFiles, encode};
use crate::Renderer;
use crate::bundle::Bundle;
use crate::engine::EngineKind;
use crate::error::{RenderError, RenderErrorCode};
use crate::modules::{DiskCache, Loader};
use crate::vite::{MANIFEST, Vite, public_files};

/// The deadline of the renders that compile the code of the modules.
const RENDER_DEADLINE: Duration = Duration::from_secs(60);

/// A builder of bundles, created by [`Bundle::builder`].
///
/// The bundle contains the production form of all modules that the pages reach: static and dynamic imports, `require`,
/// `import.meta.glob`, assets, style sheets. With the engine V8, it also contains the code that V8 compiled from them,
/// for which each page is rendered once.
///
/// ```no_run
/// use mizan_ssr::Bundle;
/// use mizan_ssr::bundle::{BundleBuildError, ViteBuild};
///
/// fn bundle() -> Result<(), BundleBuildError> {
///     let summary = Bundle::builder()
///         .root("web/src")
///         .pages("pages/*.tsx")
///         .vite(ViteBuild::new("web"))
///         .build("target/web.bundle")?;
///     println!("{summary}");
///     Ok(())
/// }
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct BundleBuilder {
    roots: Vec<PathBuf>,
    patterns: Vec<String>,
    props: BTreeMap<String, String>,
    engine: Option<EngineKind>,
    vite: Option<ViteBuild>,
    progress: Box<dyn Fn(&str) + Send + Sync>,
}

impl Bundle {
    /// Returns a builder of a bundle. It prints its progress to the standard error.
    pub fn builder() -> BundleBuilder {
        BundleBuilder {
            roots: Vec::new(),
            patterns: Vec::new(),
            props: BTreeMap::new(),
            engine: EngineKind::preferred(),
            vite: None,
            progress: Box::new(|step| eprintln!("{step}")),
        }
    }
}

impl BundleBuilder {
    /// Adds a component directory, as [`RendererBuilder::root`](crate::renderer::RendererBuilder::root) does.
    pub fn root(mut self, root: impl Into<PathBuf>) -> Self {
        self.roots.push(root.into());
        self
    }

    /// Adds the components whose paths match `pattern`: a path relative to a component directory, in which `*`, `**`
    /// and `?` are placeholders.
    ///
    /// A renderer of the bundle can render only these components.
    pub fn pages(mut self, pattern: impl Into<String>) -> Self {
        self.patterns.push(pattern.into());
        self
    }

    /// Sets the props with which the component `path` is rendered when its code is compiled. The default is no props.
    ///
    /// The bundle contains the compiled code of the functions that this render calls. A failure of the render is
    /// only a warning.
    pub fn props(mut self, path: impl Into<String>, props: &(impl Serialize + ?Sized)) -> Self {
        // A component without valid props is rendered without props.
        if let Ok(props) = serde_json::to_string(props) {
            self.props.insert(path.into(), props);
        }
        self
    }

    /// Sets the engine that compiles the code. The default is V8 with the feature `v8`. QuickJS compiles no code.
    pub fn engine(mut self, engine: EngineKind) -> Self {
        self.engine = Some(engine);
        self
    }

    /// Adds the browser files of Vite's build. Without it, pages have no scripts.
    pub fn vite(mut self, build: ViteBuild) -> Self {
        self.vite = Some(build);
        self
    }

    /// Sets the function that receives each step, and each line that Vite prints.
    pub fn progress(mut self, progress: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.progress = Box::new(progress);
        self
    }

    /// Builds the bundle and writes it to `file`.
    ///
    /// # Errors
    ///
    /// Returns [`BundleBuildError`] if Vite's build fails, if imports cannot be bundled, or if the file cannot be
    /// written. Imports that cannot be bundled are listed all at once, with file, line and column: missing modules and
    /// modules of Node.js, computed specifiers and native packages. In packages, such an import is an error only if
    /// a page cannot be rendered without it, and otherwise a [warning](BundleSummary::warnings).
    pub fn build(self, file: impl AsRef<Path>) -> Result<BundleSummary, BundleBuildError> {
        let file = file.as_ref();
        let roots = canonical_roots(&self.roots)?;
        let pages = find_pages(&roots, &self.patterns)?;
        let vite = match &self.vite {
            Some(build) => {
                build.run(|line| (self.progress)(line))?;
                let vite = Vite::manifest(&build.dist).map_err(BundleBuildErrorKind::Vite)?;
                let vite = vite.base(&build.base).root(&build.root);
                Some(vite.with_root_above(&roots[0]))
            }
            None => None,
        };
        let Some(engine) = self.engine else {
            let cache = DiskCache::new(None);
            let loader = Loader::new(roots[0].clone(), false, vite.clone().map(Arc::new), cache);
            let env = loader.load_env();
            env.map_err(|error| BundleBuildErrorKind::Renderer(error.into()))?;
            return self.bundle(file, &pages, vite.as_ref(), &loader, None);
        };
        let mut builder = Renderer::builder()
            .engine(engine)
            .threads(1)
            .deadline(RENDER_DEADLINE)
            .record_resolutions();
        for root in roots {
            builder = builder.root(root);
        }
        if let Some(vite) = vite.clone() {
            builder = builder.vite(vite);
        }
        let renderer = builder.start().map_err(BundleBuildErrorKind::Renderer)?;
        let loader = Arc::clone(&renderer.pool().loader);
        let renderer = Some((&renderer, engine));
        self.bundle(file, &pages, vite.as_ref(), &loader, renderer)
    }

    /// Collects the modules and writes the bundle. With a renderer, renders the pages to compile their code.
    fn bundle(
        &self,
        file: &Path,
        pages: &[Page],
        vite: Option<&Vite>,
        loader: &Loader,
        renderer: Option<(&Renderer, EngineKind)>,
    ) -> Result<BundleSummary, BundleBuildError> {
        let mut graph = Graph::new(loader);
        let mut react = BTreeMap::new();
        let mut react_errors = BTreeSet::new();
        for page in pages {
            graph.add(&page.id, |count| {
                if count % 100 == 0 {
                    (self.progress)(&format!("{count} modules"));
                }
            });
            match loader.react_files(&page.id) {
                Ok(files) => {
                    for id in [&files.server, &files.jsx] {
                        graph.add(id, |_| {});
                    }
                    react.insert(page.id.clone(), files);
                }
                Err(error) => {
                    react_errors.insert(problem_of(Path::new(&page.id), None, &error));
                }
            }
        }
        let needed = || {
            let react = react.values().flat_map(|files| [&files.server, &files.jsx]);
            let pages = pages.iter().map(|page| &page.id);
            pages.chain(react).map(String::as_str)
        };
        let Findings {
            mut errors,
            mut warnings,
        } = graph.findings(needed());
        errors.extend(react_errors);
        if errors.is_empty()
            && let Some((renderer, _)) = renderer
        {
            for (page, error) in self.render_pages(renderer, pages) {
                let findings = match error.code() {
                    RenderErrorCode::Module | RenderErrorCode::Syntax => &mut errors,
                    _ => &mut warnings,
                };
                findings.insert(page_problem(page, &error));
            }
            let recorded = loader.recorded_resolutions();
            for (specifier, importer, kind) in recorded.imports {
                graph.add_request(&importer, &specifier, kind);
            }
            for (id, replacement) in recorded.node_replacements {
                graph.add_node_replacement(&id, replacement);
            }
            graph.add_pending(|_| {});
            errors.extend(graph.findings(needed()).errors);
        }
        if !errors.is_empty() {
            let problems = errors.into_iter().collect();
            return Err(BundleBuildErrorKind::Imports(problems).into());
        }
        (self.progress)(&format!(
            "{} modules in {} pages",
            graph.nodes.len(),
            pages.len()
        ));
        let code_tag = renderer.and_then(|(_, engine)| engine.code_tag());
        let browser_files = match &self.vite {
            Some(build) => Some(self.browser_files(build)?),
            None => None,
        };
        let vite = vite.zip(browser_files.as_ref());
        let (bytes, mut summary) = encode(&graph, pages, &react, vite, loader, code_tag)?;
        summary.warnings = warnings.iter().map(ToString::to_string).collect();
        write_atomically(file, &bytes)?;
        Ok(summary)
    }

    /// Reads the files of Vite's build.
    fn browser_files(&self, build: &ViteBuild) -> Result<BuiltBrowserFiles, BundleBuildErrorKind> {
        let unreadable =
            |file: PathBuf| move |source| BundleBuildErrorKind::Unreadable { file, source };
        let manifest = build.dist.join(MANIFEST);
        let manifest = fs::read(&manifest).map_err(unreadable(manifest))?;
        let files = public_files(&build.dist).map_err(unreadable(build.dist.clone()))?;
        (self.progress)(&format!("compressing {} browser files", files.len()));
        Ok(BuiltBrowserFiles {
            base: build.base.clone(),
            manifest,
            files,
        })
    }

    /// Renders each page, so that the engine compiles its modules. Returns the failures.
    ///
    /// Runs on a separate thread, because a blocking render panics in an asynchronous context.
    fn render_pages<'p>(
        &self,
        renderer: &Renderer,
        pages: &'p [Page],
    ) -> Vec<(&'p Page, RenderError)> {
        (self.progress)("compiling modules");
        let no_props = String::from("{}");
        let renders = || {
            let mut failures = Vec::new();
            for page in pages {
                let props = self.props.get(&page.path).unwrap_or(&no_props);
                let props: Option<&RawValue> = serde_json::from_str(props).ok();
                if let Err(error) = renderer.render_blocking(&page.path, &props) {
                    failures.push((page, error));
                }
            }
            renderer.close_blocking();
            failures
        };
        thread::scope(|scope| scope.spawn(renders).join()).unwrap_or_default()
    }
}

/// Describes a failed render. Only the props may be the cause, unless a module is missing.
fn page_problem(page: &Page, error: &RenderError) -> Problem {
    let location = error.location();
    let (file, position) = match location {
        Some((file, line, column)) => (file, Some((line, column))),
        None => (Path::new(&page.id), None),
    };
    Problem {
        file: file.into(),
        position,
        message: format!("cannot render {} to compile its code: {error}", page.path),
    }
}

fn canonical_roots(roots: &[PathBuf]) -> Result<Vec<PathBuf>, BundleBuildErrorKind> {
    if roots.is_empty() {
        return Err(BundleBuildErrorKind::NoRoot);
    }
    let canonical = roots.iter().map(|root| {
        root.canonicalize()
            .map_err(|source| BundleBuildErrorKind::Unreadable {
                file: root.clone(),
                source,
            })
    });
    canonical.collect()
}

/// Writes `bytes` to `file` such that no reader sees a part of them.
fn write_atomically(file: &Path, bytes: &[u8]) -> Result<(), BundleBuildErrorKind> {
    let directory = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    let write = || {
        fs::create_dir_all(directory)?;
        let mut temporary = tempfile::Builder::new();
        #[cfg(unix)]
        temporary.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut temporary = temporary.tempfile_in(directory)?;
        temporary.write_all(bytes)?;
        temporary.persist(file)?;
        Ok(())
    };
    write().map_err(|source| BundleBuildErrorKind::CannotWrite {
        file: file.into(),
        source,
    })
}

impl fmt::Debug for BundleBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BundleBuilder")
            .field("roots", &self.roots)
            .field("pages", &self.patterns)
            .finish_non_exhaustive()
    }
}
