//! The configuration of Vite.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde_json::{Map, Value};
use url::Url;

use super::assets::PageAssets;
use super::data_url::data_url;
use super::env::{EnvError, EnvSettings, process_variables};
use super::files::{
    BrowserFiles, BrowserFilesService, Content, HashedNames, NewFile, public_files,
};
use super::manifest::{self, Chunks, encode_path};
use crate::bundle::Bundle;
use crate::page::{PagesError, PagesErrorKind};

/// The source of the browser's scripts, style sheets and assets: Vite's build or its development server.
///
/// ```no_run
/// use mizan_ssr::Vite;
/// use mizan_ssr::page::PagesError;
///
/// fn vite(development: bool) -> Result<Vite, PagesError> {
///     if development {
///         Ok(Vite::dev_server("http://localhost:5173"))
///     } else {
///         Vite::manifest("web/dist")
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Vite {
    source: Source,
    base: String,
    root: Option<PathBuf>,
    env: EnvSettings,
}

#[derive(Clone, Debug)]
enum Source {
    Manifest {
        files: BuiltFiles,
        /// The manifest.
        file: PathBuf,
        chunks: Chunks,
    },
    DevServer {
        origin: String,
    },
}

/// The location of the files of a build.
#[derive(Clone, Debug)]
enum BuiltFiles {
    Folder(PathBuf),
    Bundle(Bundle),
}

/// The path of the manifest relative to the folder of the build.
pub(crate) const MANIFEST: &str = ".vite/manifest.json";

impl Vite {
    /// Reads `.vite/manifest.json` of the build in the directory `dist`.
    ///
    /// [`service`](Self::service) sends the other files of `dist` to browsers.
    ///
    /// # Errors
    ///
    /// Returns [`PagesError`] if the manifest is missing or invalid. Vite writes a manifest if its
    /// configuration has `build.manifest: true`.
    pub fn manifest(dist: impl AsRef<Path>) -> Result<Self, PagesError> {
        let file = dist.as_ref().join(MANIFEST);
        let chunks = manifest::read(file.clone())?;
        Ok(Self {
            source: Source::Manifest {
                files: BuiltFiles::Folder(dist.as_ref().into()),
                file,
                chunks,
            },
            base: "/".into(),
            root: None,
            env: EnvSettings::default(),
        })
    }

    /// Uses the build in `bundle`, with the base that it was built for. [`Renderer::embedded`](crate::Renderer::embedded) uses it
    /// too.
    ///
    /// # Errors
    ///
    /// Returns [`PagesError`] if the bundle was built without [`BundleBuilder::vite`](crate::bundle::BundleBuilder::vite).
    pub fn embedded(bundle: &Bundle) -> Result<Self, PagesError> {
        let browser = bundle.browser().ok_or(PagesErrorKind::NoBrowserFiles)?;
        let file = PathBuf::from(MANIFEST);
        let chunks = manifest::parse(browser.manifest, file.clone())?;
        Ok(Self {
            source: Source::Manifest {
                files: BuiltFiles::Bundle(bundle.clone()),
                file,
                chunks,
            },
            base: browser.base.into(),
            root: None,
            // The bundle contains the values of `import.meta.env`.
            env: EnvSettings::default(),
        })
    }

    /// Uses the development server at `origin`, for example `http://localhost:5173`, with
    /// `@vitejs/plugin-react`.
    ///
    /// The page loads its modules from the server and shows changes immediately. Set `server.origin` in
    /// Vite's configuration to the same origin, so that images and fonts load from the server too.
    pub fn dev_server(origin: impl Into<String>) -> Self {
        Self {
            source: Source::DevServer {
                origin: origin.into(),
            },
            base: "/".into(),
            root: None,
            env: EnvSettings::default(),
        }
    }

    /// Sets the URL or path under which the files are served: `base` in Vite's configuration. The default
    /// is `/`.
    #[must_use]
    pub fn base(mut self, base: impl Into<String>) -> Self {
        self.base = base.into();
        self
    }

    /// Sets Vite's root directory: `root` in Vite's configuration.
    ///
    /// The default is the nearest directory above the components that contains a `vite.config` file or a
    /// `package.json`.
    #[must_use]
    pub fn root(mut self, root: impl Into<PathBuf>) -> Self {
        self.root = Some(root.into());
        self
    }

    /// Sets Vite's mode, which is `import.meta.env.MODE` and selects the file `.env.[mode]`: `mode` in Vite's
    /// configuration. The default is `development` with the development server, otherwise `production`.
    #[must_use]
    pub fn mode(mut self, mode: impl Into<String>) -> Self {
        self.env.mode = Some(mode.into());
        self
    }

    /// Sets the directory of the `.env` files, relative to the root: `envDir` in Vite's configuration. The
    /// default is the root.
    #[must_use]
    pub fn env_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.env.directory = Some(directory.into());
        self
    }

    /// Adds a prefix of variables that `import.meta.env` contains: `envPrefix` in Vite's configuration. The
    /// default is `VITE_`.
    ///
    /// Everything in `import.meta.env` is public: it is part of the browser's code.
    #[must_use]
    pub fn env_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.env.prefixes.push(prefix.into());
        self
    }

    /// Returns the value of `import.meta.env.MODE`; `default` unless it is set.
    pub(crate) fn mode_or<'a>(&'a self, default: &'a str) -> &'a str {
        self.env.mode.as_deref().unwrap_or(default)
    }

    /// Returns the public variables of `import.meta.env`, from the `.env` files and the process.
    pub(crate) fn env_variables(&self, mode: &str) -> Result<Map<String, Value>, EnvError> {
        let root = self.root.as_deref().unwrap_or(Path::new(""));
        self.env.variables(mode, root, &process_variables())
    }

    /// Returns a tower service with the files of the build, for the path [`base`](Self::base).
    ///
    /// The files are listed now, so restart the server after a build. For a development server, the service has
    /// the files of the folder `public` in Vite's root directory, which must be set.
    ///
    /// ```no_run
    /// use axum::Router;
    /// use mizan_ssr::Vite;
    ///
    /// # fn router() -> Result<Router, Box<dyn std::error::Error>> {
    /// let vite = Vite::manifest("web/dist")?;
    /// let router = Router::new().fallback_service(vite.service()?);
    /// # Ok(router)
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`PagesError`] if a file cannot be read, or if the root directory of a development server is not
    /// set.
    pub fn service(&self) -> Result<BrowserFilesService, PagesError> {
        match &self.source {
            Source::Manifest { files, chunks, .. } => {
                let hashed = HashedNames::of_manifest(chunks);
                let (files, folder) = match files {
                    BuiltFiles::Folder(dist) => {
                        (BrowserFiles::read_folder(dist, &hashed), dist.clone())
                    }
                    BuiltFiles::Bundle(bundle) => (embedded_files(bundle, &hashed), PathBuf::new()),
                };
                let unreadable = |source| PagesErrorKind::UnreadableFiles { folder, source };
                Ok(BrowserFilesService::fixed(files.map_err(unreadable)?))
            }
            Source::DevServer { .. } => {
                let root = self.root.as_ref().ok_or(PagesErrorKind::MissingRoot)?;
                Ok(BrowserFilesService::development(root.join("public")))
            }
        }
    }

    /// Returns the files of the build by their paths below the root of the site; `None` if the base is the URL of
    /// another origin.
    ///
    /// # Errors
    ///
    /// Returns [`PagesError`] for a development server, or if a file cannot be read.
    pub(crate) fn built_files(&self) -> Result<Option<NamedFiles>, PagesError> {
        let Source::Manifest { files, .. } = &self.source else {
            return Err(PagesErrorKind::MissingBuild.into());
        };
        let base = self.base_url();
        let Some(folder) = base.strip_prefix('/').filter(|rest| !rest.starts_with('/')) else {
            return Ok(None);
        };
        let files = match files {
            BuiltFiles::Folder(dist) => {
                public_files(dist).map_err(|source| PagesErrorKind::UnreadableFiles {
                    folder: dist.clone(),
                    source,
                })?
            }
            BuiltFiles::Bundle(bundle) => {
                let browser = bundle.browser().into_iter();
                let files = browser.flat_map(|browser| browser.files);
                files
                    .map(|(path, content)| (path.to_owned(), content.to_vec()))
                    .collect()
            }
        };
        let files = files.into_iter();
        Ok(Some(
            files
                .map(|(path, content)| (format!("{folder}{path}"), content))
                .collect(),
        ))
    }

    /// Determines the root directory for components in `directory`, unless it is set.
    pub(crate) fn with_root_above(mut self, directory: &Path) -> Self {
        let root = self.root.unwrap_or_else(|| root_above(directory));
        self.root = Some(root.canonicalize().unwrap_or(root));
        self
    }

    /// Returns the path of `file` relative to Vite's root; `None` for a file outside of it.
    pub(crate) fn relative_path<'a>(&self, file: &'a Path) -> Option<&'a str> {
        file.strip_prefix(self.root.as_ref()?).ok()?.to_str()
    }

    /// Returns Vite's root directory, once it is determined.
    pub(crate) fn root_path(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// Returns the base with `/` at the end, which is `import.meta.env.BASE_URL`.
    pub(crate) fn base_url(&self) -> String {
        let slash = if self.base.ends_with('/') { "" } else { "/" };
        format!("{}{slash}", self.base)
    }

    /// Returns the URL of an imported asset with the content `content`.
    pub(crate) fn asset_url(&self, file: &Path, content: &[u8]) -> String {
        let base = self.base_url();
        let relative = self.relative_path(file);
        match &self.source {
            Source::Manifest { chunks, .. } => {
                match relative.and_then(|relative| chunks.get(relative)) {
                    Some(chunk) => format!("{base}{}", encode_path(&chunk.file)),
                    // Vite inlines assets for which the build contains no file.
                    None => data_url(file, content),
                }
            }
            Source::DevServer { origin } => {
                let origin = origin.trim_end_matches('/');
                match relative {
                    Some(relative) => format!("{origin}{base}{}", encode_path(relative)),
                    None => format!(
                        "{origin}{base}@fs/{}",
                        encode_path(file.to_string_lossy().trim_start_matches('/'))
                    ),
                }
            }
        }
    }

    /// Returns the assets of pages whose browser code starts with the module `entry`.
    pub(crate) fn page_assets(&self, entry: Option<String>) -> Result<PageAssets, PagesError> {
        let entry = entry.ok_or(PagesErrorKind::MissingEntry)?;
        let base = self.base_url();
        let is_path = base.starts_with('/') && !base.starts_with("//");
        if !is_path && http_url(&base).is_none() {
            return Err(PagesErrorKind::InvalidBase { base }.into());
        }
        match &self.source {
            Source::Manifest { file, chunks, .. } => build_assets(file, chunks, base, entry),
            Source::DevServer { origin } => dev_server_assets(origin, base, entry),
        }
    }
}

/// Files by their paths.
type NamedFiles = Vec<(String, Vec<u8>)>;

fn embedded_files(bundle: &Bundle, hashed: &HashedNames) -> io::Result<BrowserFiles> {
    let files = bundle
        .browser()
        .into_iter()
        .flat_map(|browser| browser.files);
    let files = files.map(|(path, content)| NewFile {
        path,
        content: Content::Memory(Bytes::from_static(content)),
        last_modified: None,
    });
    BrowserFiles::new(files, hashed)
}

fn build_assets(
    manifest: &Path,
    chunks: &Chunks,
    base: String,
    entry: String,
) -> Result<PageAssets, PagesError> {
    let Some(chunk) = chunks.get(&entry).filter(|chunk| chunk.is_entry) else {
        let entries = chunks.iter().filter(|(_, chunk)| chunk.is_entry);
        let mut entries: Vec<_> = entries.map(|(key, _)| key.clone()).collect();
        entries.sort();
        return Err(PagesErrorKind::UnknownEntry {
            file: manifest.into(),
            entry,
            entries,
        }
        .into());
    };
    if chunk.file.ends_with(".css") {
        return Err(PagesErrorKind::EntryIsNotScript { entry }.into());
    }
    Ok(PageAssets::Build {
        chunks: chunks.clone(),
        base,
        entry,
    })
}

fn dev_server_assets(origin: &str, base: String, entry: String) -> Result<PageAssets, PagesError> {
    let Some(url) = http_url(origin).filter(|url| url.path() == "/") else {
        let origin = origin.into();
        return Err(PagesErrorKind::InvalidDevServer { origin }.into());
    };
    if entry.ends_with(".html") || entry.ends_with(".css") {
        return Err(PagesErrorKind::EntryIsNotScript { entry }.into());
    }
    if !base.starts_with('/') {
        return Err(PagesErrorKind::InvalidBase { base }.into());
    }
    let origin = url.origin().ascii_serialization();
    Ok(PageAssets::DevServer {
        url: format!("{origin}{base}"),
        entry,
    })
}

fn http_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// Returns the nearest directory at or above `directory` that Vite would use as its root.
fn root_above(directory: &Path) -> PathBuf {
    const ROOT_FILES: [&str; 7] = [
        "vite.config.ts",
        "vite.config.js",
        "vite.config.mts",
        "vite.config.mjs",
        "vite.config.cts",
        "vite.config.cjs",
        "package.json",
    ];
    directory
        .ancestors()
        .find(|above| ROOT_FILES.iter().any(|name| above.join(name).is_file()))
        .unwrap_or(directory)
        .into()
}
