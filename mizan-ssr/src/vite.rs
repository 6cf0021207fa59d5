use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use url::Url;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::page::{PagesError, PagesErrorKind};

/// Where the browser's scripts and style sheets come from: Vite's build, or its dev server.
#[derive(Clone, Debug)]
pub struct Vite {
    source: Source,
    base: String,
    root: Option<PathBuf>,
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
            root: None,
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
            root: None,
        }
    }

    /// The `base` of Vite's config: the path, or the address, under which the files are. `/` at first.
    #[must_use]
    pub fn base(mut self, base: impl Into<String>) -> Self {
        self.base = base.into();
        self
    }

    /// The directory from which Vite names files: where its config is, unless that says otherwise. At
    /// first it is the nearest above the components that has a `vite.config` or a `package.json`.
    #[must_use]
    pub fn root(mut self, root: impl Into<PathBuf>) -> Self {
        self.root = Some(root.into());
        self
    }

    /// Settles the root, for components below `directory`.
    pub(crate) fn above(mut self, directory: &Path) -> Self {
        let root = self.root.unwrap_or_else(|| root_above(directory));
        self.root = Some(root.canonicalize().unwrap_or(root));
        self
    }

    /// The file as Vite names it, from its root; nothing where it lies elsewhere.
    pub(crate) fn name<'a>(&self, file: &'a Path) -> Option<&'a str> {
        file.strip_prefix(self.root.as_ref()?).ok()?.to_str()
    }

    /// Vite's root, where it is settled.
    #[cfg(feature = "css-modules")]
    pub(crate) fn root_path(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// `import.meta.env.BASE_URL`.
    pub(crate) fn base_url(&self) -> String {
        let slash = if self.base.ends_with('/') { "" } else { "/" };
        format!("{}{slash}", self.base)
    }

    /// Under which address the browser finds an asset that a module imports, whose content is `content`.
    pub(crate) fn address(&self, file: &Path, content: &[u8]) -> String {
        let base = self.base_url();
        let name = self.name(file);
        match &self.source {
            Source::Manifest { chunks, .. } => {
                match name.and_then(|name| chunks.get(name)) {
                    Some(chunk) => format!("{base}{}", path(&chunk.file)),
                    // What the build has no file of, it has written into the script.
                    None => data_url(file, content),
                }
            }
            Source::DevServer { origin } => {
                let origin = origin.trim_end_matches('/');
                match name {
                    Some(name) => format!("{origin}{base}{}", path(name)),
                    None => format!(
                        "{origin}{base}@fs/{}",
                        path(file.to_string_lossy().trim_start_matches('/'))
                    ),
                }
            }
        }
    }

    pub(crate) fn assets(&self, entry: Option<String>) -> Result<Assets, PagesError> {
        let entry = entry.ok_or(PagesErrorKind::NoEntry)?;
        let base = self.base_url();
        let address = |text: &str| {
            let url = Url::parse(text).ok()?;
            matches!(url.scheme(), "http" | "https").then_some(url)
        };
        if !(base.starts_with('/') && !base.starts_with("//") || address(&base).is_some()) {
            return Err(PagesErrorKind::InvalidBase { base }.into());
        }
        match &self.source {
            Source::Manifest { file, chunks } => {
                let script = chunks.get(&entry).filter(|chunk| chunk.is_entry);
                match script {
                    None => {
                        let entries = chunks.iter().filter(|(_, chunk)| chunk.is_entry);
                        let mut entries: Vec<_> = entries.map(|(key, _)| key.clone()).collect();
                        entries.sort();
                        Err(PagesErrorKind::UnknownEntry {
                            file: file.clone(),
                            entry,
                            entries,
                        }
                        .into())
                    }
                    Some(chunk) if chunk.file.ends_with(".css") => {
                        Err(PagesErrorKind::NoScript { entry }.into())
                    }
                    Some(_) => Ok(Assets::Built {
                        chunks: chunks.clone(),
                        base,
                        entry,
                    }),
                }
            }
            Source::DevServer { origin } => {
                let Some(url) = address(origin).filter(|url| url.path() == "/") else {
                    let origin = origin.clone();
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

/// The nearest directory that Vite would take for its root.
fn root_above(directory: &Path) -> PathBuf {
    const CONFIGS: [&str; 7] = [
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
        .find(|above| CONFIGS.iter().any(|name| above.join(name).is_file()))
        .unwrap_or(directory)
        .into()
}

/// A file as Vite writes it into a script, which it does with those below `build.assetsInlineLimit`: the
/// browser must find the same text in the page.
fn data_url(file: &Path, content: &[u8]) -> String {
    let extension = file.extension().unwrap_or_default().to_string_lossy();
    let kind = match &*extension.to_ascii_lowercase() {
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "bmp" => "image/bmp",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "otf" => "font/otf",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        "pdf" => "application/pdf",
        _ => "application/octet-stream",
    };
    match std::str::from_utf8(content) {
        Ok(svg) if kind == "image/svg+xml" && !stays_as_it_is(svg) => {
            let words: Vec<_> = svg.split_whitespace().collect();
            let text = words
                .join(" ")
                .replace("> <", "><")
                .replace('"', "'")
                .replace('%', "%25")
                .replace('#', "%23")
                .replace('<', "%3c")
                .replace('>', "%3e")
                .replace(' ', "%20");
            format!("data:{kind},{text}")
        }
        _ => format!("data:{kind};base64,{}", BASE64_STANDARD.encode(content)),
    }
}

/// Whether the spaces or the quotes of an SVG matter: there is text in it, or quotes stand in quotes.
fn stays_as_it_is(svg: &str) -> bool {
    let quotes: Vec<char> = svg.chars().filter(|c| matches!(c, '"' | '\'')).collect();
    let nested = quotes
        .windows(2)
        .enumerate()
        .any(|(at, pair)| pair[0] != pair[1] && quotes[at + 2..].contains(&pair[0]));
    nested || svg.contains("<text") || svg.contains("<foreignObject")
}

/// A file's path in an address.
fn path(file: &str) -> String {
    file.replace('%', "%25")
        .replace('?', "%3F")
        .replace('#', "%23")
}
