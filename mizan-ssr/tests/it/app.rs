use std::fs;
use std::path::{Path, PathBuf};

use mizan_ssr::bundle::BundleBuildError;
use mizan_ssr::renderer::{EngineKind, RendererBuilder};
use mizan_ssr::{Bundle, RenderError, Renderer};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A project on disk with the packages of the workspace.
pub(crate) struct App {
    directory: TempDir,
}

/// Runs `test` on every engine that is compiled in. Skips it if the packages are not installed.
pub(crate) fn on_engines(test: impl Fn(EngineKind)) {
    if packages().is_none() {
        println!(
            "not run: there is no node_modules with react-dom; run `npm ci` at the workspace's root"
        );
        return;
    }
    #[cfg(not(any(feature = "quickjs", feature = "v8")))]
    drop(test);
    #[cfg(feature = "v8")]
    test(EngineKind::V8);
    #[cfg(feature = "quickjs")]
    test(EngineKind::QuickJs);
}

pub(crate) fn packages() -> Option<PathBuf> {
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../node_modules");
    packages
        .join("react-dom/package.json")
        .is_file()
        .then(|| packages.canonicalize().expect("an existing path"))
}

impl App {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let app = Self { directory };
        let packages = packages().expect("`on_engines` checks for the packages");
        fs::create_dir(app.path("node_modules")).expect("a new directory");
        for name in ["react", "react-dom", "scheduler"] {
            std::os::unix::fs::symlink(packages.join(name), app.path("node_modules").join(name))
                .expect("a symbolic link");
        }
        for (name, content) in files {
            app.write(name, content);
        }
        app
    }

    /// Creates a project with one component, `App.tsx`.
    pub(crate) fn component(source: &str) -> Self {
        Self::new(&[("App.tsx", source)])
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a path below the root"))
            .expect("a writable directory");
        fs::write(path, content).expect("a writable file");
    }

    pub(crate) fn builder(&self, engine: EngineKind) -> RendererBuilder {
        Renderer::builder()
            .root(self.directory.path())
            .engine(engine)
            .threads(1)
    }

    /// Returns a renderer of the files, and a renderer of a bundle of them.
    pub(crate) fn renderers(&self, engine: EngineKind) -> [Renderer; 2] {
        [self.renderer(engine), self.bundled_renderer(engine)]
    }

    /// Returns a renderer of a bundle of all components in the root folder.
    pub(crate) fn bundled_renderer(&self, engine: EngineKind) -> Renderer {
        let bundle = bundle(engine, self.directory.path(), "*.tsx").expect("valid modules");
        let builder = Renderer::embedded(&bundle).engine(engine).threads(1);
        builder.build().expect("valid settings")
    }

    pub(crate) fn renderer(&self, engine: EngineKind) -> Renderer {
        self.builder(engine).build().expect("valid settings")
    }
}

/// Builds a bundle of the components in `root` that match `pattern`.
pub(crate) fn bundle(
    engine: EngineKind,
    root: &Path,
    pattern: &str,
) -> Result<Bundle, BundleBuildError> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("test.bundle");
    Bundle::builder()
        .root(root)
        .pages(pattern)
        .engine(engine)
        .progress(|_| {})
        .build(&file)?;
    Ok(Bundle::open(file).expect("a valid bundle"))
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// Renders a component and returns the markup inside the root element.
pub(crate) fn html(renderer: &Renderer, path: &str, props: &Value) -> String {
    match renderer.render_blocking(path, props) {
        Ok(rendered) => inside(&rendered.html),
        Err(error) => panic!("{path}: {error}"),
    }
}

pub(crate) fn inside(html: &str) -> String {
    html.strip_prefix("<div id=\"mizan-root\">")
        .and_then(|html| html.strip_suffix("</div>"))
        .expect("markup in the root element")
        .into()
}

pub(crate) fn error(renderer: &Renderer, path: &str) -> RenderError {
    renderer
        .render_blocking(path, &json!({}))
        .expect_err("a failed render")
}
