use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use url::Url;

use super::error::{PagesError, PagesErrorKind};

/// Where the browser's scripts and style sheets come from: Vite's build, or its dev server.
#[derive(Clone, Debug)]
pub struct Vite {
    source: Source,
    base: String,
}

#[derive(Clone, Debug)]
enum Source {
    Manifest { file: PathBuf, chunks: Chunks },
    DevServer { origin: String },
}

type Chunks = HashMap<String, Chunk>;

/// One of the manifest's; <https://vite.dev/guide/backend-integration>.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Chunk {
    file: String,
    #[serde(default)]
    is_entry: bool,
    #[serde(default)]
    imports: Vec<String>,
    #[serde(default)]
    css: Vec<String>,
}

/// Under this name stands the one style sheet of a build with `cssCodeSplit: false`.
const ONLY_STYLE: &str = "style.css";

/// What a page loads, checked against what Vite has.
#[derive(Clone, Debug)]
pub(crate) enum Assets {
    Built {
        chunks: Chunks,
        /// With a `/` at its end.
        base: String,
        entry: String,
    },
    Served {
        /// Of the dev server, with the base and a `/` at its end.
        url: String,
        entry: String,
    },
}

/// The addresses that a page names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Links {
    pub(crate) styles: Vec<Style>,
    pub(crate) preloads: Vec<String>,
    pub(crate) script: Script,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) url: String,
    /// The module that Vite's client takes the sheet for, so that it does not add it once more.
    pub(crate) dev_id: Option<String>,
}

/// What begins the browser's part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Script {
    Built { url: String },
    Served { url: String, entry: String },
}

impl Vite {
    /// The build in the directory `dist`, by its `.vite/manifest.json`.
    ///
    /// Whoever serves the pages serves the files of that directory too, under the [`base`](Self::base).
    ///
    /// # Errors
    ///
    /// [`PagesError`] when there is no manifest, as before the first `vite build` or without
    /// `build.manifest: true`, or when it is not one.
    pub fn manifest(dist: impl AsRef<Path>) -> Result<Self, PagesError> {
        let file = dist.as_ref().join(".vite/manifest.json");
        let text = match fs::read(&file) {
            Ok(text) => text,
            Err(source) => return Err(PagesErrorKind::UnreadableManifest { file, source }.into()),
        };
        let chunks: Chunks = match serde_json::from_slice(&text) {
            Ok(chunks) => chunks,
            Err(source) => return Err(PagesErrorKind::InvalidManifest { file, source }.into()),
        };
        for (importer, chunk) in &chunks {
            if let Some(missing) = chunk.imports.iter().find(|key| !chunks.contains_key(*key)) {
                return Err(PagesErrorKind::MissingChunk {
                    importer: importer.clone(),
                    chunk: missing.clone(),
                    file,
                }
                .into());
            }
        }
        Ok(Self {
            source: Source::Manifest { file, chunks },
            base: "/".into(),
        })
    }

    /// The dev server at `origin`, as `http://localhost:5173`, with `@vitejs/plugin-react`.
    ///
    /// The page loads modules from there and shows changes to them at once. Set `server.origin` in
    /// Vite's config to the same, so that images and fonts come from there too.
    pub fn dev_server(origin: impl Into<String>) -> Self {
        Self {
            source: Source::DevServer {
                origin: origin.into(),
            },
            base: "/".into(),
        }
    }

    /// The `base` of Vite's config: the path, or the address, under which the files are. `/` at first.
    #[must_use]
    pub fn base(mut self, base: impl Into<String>) -> Self {
        self.base = base.into();
        self
    }

    pub(crate) fn assets(self, entry: Option<String>) -> Result<Assets, PagesError> {
        let entry = entry.ok_or(PagesErrorKind::NoEntry)?;
        let mut base = self.base;
        if !base.ends_with('/') {
            base.push('/');
        }
        let address = |text: &str| {
            let url = Url::parse(text).ok()?;
            matches!(url.scheme(), "http" | "https").then_some(url)
        };
        if !(base.starts_with('/') && !base.starts_with("//") || address(&base).is_some()) {
            return Err(PagesErrorKind::InvalidBase { base }.into());
        }
        match self.source {
            Source::Manifest { file, chunks } => {
                let script = chunks.get(&entry).filter(|chunk| chunk.is_entry);
                match script {
                    None => {
                        let entries = chunks.iter().filter(|(_, chunk)| chunk.is_entry);
                        let mut entries: Vec<_> = entries.map(|(key, _)| key.clone()).collect();
                        entries.sort();
                        Err(PagesErrorKind::UnknownEntry {
                            file,
                            entry,
                            entries,
                        }
                        .into())
                    }
                    Some(chunk) if chunk.file.ends_with(".css") => {
                        Err(PagesErrorKind::NoScript { entry }.into())
                    }
                    Some(_) => Ok(Assets::Built {
                        chunks,
                        base,
                        entry,
                    }),
                }
            }
            Source::DevServer { origin } => {
                let Some(url) = address(&origin).filter(|url| url.path() == "/") else {
                    return Err(PagesErrorKind::InvalidDevServer { origin }.into());
                };
                if entry.ends_with(".html") || entry.ends_with(".css") {
                    return Err(PagesErrorKind::NoScript { entry }.into());
                }
                if !base.starts_with('/') {
                    return Err(PagesErrorKind::InvalidBase { base }.into());
                }
                let origin = url.origin().ascii_serialization();
                Ok(Assets::Served {
                    url: format!("{origin}{base}"),
                    entry,
                })
            }
        }
    }
}

impl Assets {
    /// The origins other than the page's own that it loads from, as a content security policy names them.
    pub(crate) fn origins(&self) -> String {
        let (Self::Built { base: url, .. } | Self::Served { url, .. }) = self;
        let Ok(url) = Url::parse(url) else {
            return String::new();
        };
        let origin = url.origin().ascii_serialization();
        match self {
            Self::Built { .. } => origin,
            // The dev server tells of changes through a WebSocket.
            Self::Served { .. } => format!("{origin} {}", origin.replacen("http", "ws", 1)),
        }
    }

    /// What the page of `component`, named as Vite names it, loads. `imported` are the files of the
    /// style sheets that it imports.
    pub(crate) fn links(&self, component: &str, imported: &[String]) -> Links {
        match self {
            Self::Built {
                chunks,
                base,
                entry,
            } => {
                let mut found = Found::default();
                if let Some(style) = chunks.get(ONLY_STYLE) {
                    found.style(&style.file);
                }
                for key in [entry.as_str(), component] {
                    found.add(chunks, key);
                }
                let address = |file: &str| format!("{base}{}", path(file));
                Links {
                    styles: found
                        .styles
                        .iter()
                        .map(|file| Style {
                            url: address(file),
                            dev_id: None,
                        })
                        .collect(),
                    preloads: found.scripts.iter().map(|file| address(file)).collect(),
                    script: Script::Built {
                        url: chunks
                            .get(entry)
                            .map(|chunk| address(&chunk.file))
                            .unwrap_or_default(),
                    },
                }
            }
            Self::Served { url, entry } => Links {
                styles: imported
                    .iter()
                    .map(|file| Style {
                        url: format!("{url}@fs/{}", path(file.trim_start_matches('/'))),
                        dev_id: Some(file.clone()),
                    })
                    .collect(),
                preloads: Vec::new(),
                script: Script::Served {
                    url: url.clone(),
                    entry: path(entry.trim_start_matches('/')),
                },
            },
        }
    }
}

/// What chunks need, each once and what is imported first: so the sheet of an importer can overrule those
/// of what it imports, as in the pages that Vite itself writes.
#[derive(Default)]
struct Found<'a> {
    seen: HashSet<&'a str>,
    styles: Vec<&'a str>,
    scripts: Vec<&'a str>,
}

impl<'a> Found<'a> {
    fn add(&mut self, chunks: &'a Chunks, key: &str) {
        let Some((key, chunk)) = chunks.get_key_value(key) else {
            return;
        };
        if !self.seen.insert(key) {
            return;
        }
        for import in &chunk.imports {
            self.add(chunks, import);
        }
        for style in &chunk.css {
            self.style(style);
        }
        self.scripts.push(&chunk.file);
    }

    fn style(&mut self, file: &'a str) {
        if !self.styles.contains(&file) {
            self.styles.push(file);
        }
    }
}

/// A file's path in an address.
fn path(file: &str) -> String {
    file.replace('%', "%25")
        .replace('?', "%3F")
        .replace('#', "%23")
}
