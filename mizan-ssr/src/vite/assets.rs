//! The scripts and style sheets of a page.

use std::collections::HashSet;

use url::Url;

use super::build_id::{DEVELOPMENT, build_id};
use super::manifest::{Chunks, SINGLE_STYLE_SHEET, encode_path};

/// The scripts and style sheets of all pages, checked against Vite's build.
#[derive(Clone, Debug)]
pub(crate) enum PageAssets {
    Build {
        chunks: Chunks,
        /// Ends with `/`.
        base: String,
        entry: String,
    },
    DevServer {
        /// The server's origin and the base, with `/` at the end.
        url: String,
        entry: String,
    },
}

/// The URLs that a page links.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PageLinks {
    pub(crate) styles: Vec<StyleLink>,
    pub(crate) preloads: Vec<String>,
    pub(crate) script: ScriptLink,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StyleLink {
    pub(crate) url: String,
    /// The module id by which Vite's client recognizes the sheet, so that it does not add a second copy.
    pub(crate) dev_id: Option<String>,
}

/// The script that starts the browser's part of the application.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ScriptLink {
    Build { url: String },
    DevServer { url: String, entry: String },
}

impl PageAssets {
    /// Returns the origins besides the page's own from which it loads files, as the sources of a content
    /// security policy.
    pub(crate) fn origins(&self) -> String {
        let (Self::Build { base: url, .. } | Self::DevServer { url, .. }) = self;
        let Ok(url) = Url::parse(url) else {
            return String::new();
        };
        let origin = url.origin().ascii_serialization();
        match self {
            Self::Build { .. } => origin,
            // The development server announces changes over a WebSocket.
            Self::DevServer { .. } => format!("{origin} {}", origin.replacen("http", "ws", 1)),
        }
    }

    /// Returns the id of the browser files. A page with another id loads documents in place of navigating.
    pub(crate) fn build_id(&self) -> String {
        match self {
            Self::Build { chunks, .. } => build_id(chunks),
            Self::DevServer { .. } => DEVELOPMENT.into(),
        }
    }

    /// Returns the URLs of the style sheets and modules of the page of `component` that the entry does not
    /// load, so that not every page has them.
    pub(crate) fn component_files(&self, component: &str) -> (Vec<String>, Vec<String>) {
        let Self::Build {
            chunks,
            base,
            entry,
        } = self
        else {
            return (Vec::new(), Vec::new());
        };
        let mut files = ChunkFiles::default();
        files.add_chunk(chunks, entry);
        let known = files.seen.clone();
        let (styles, scripts) = (files.styles.len(), files.scripts.len());
        files.add_chunk(chunks, component);
        files.add_styles_of_deferred(chunks, component, &known);
        let urls = |files: &[&str]| files.iter().map(|file| file_url(base, file)).collect();
        (
            urls(&files.styles[styles..]),
            urls(&files.scripts[scripts..]),
        )
    }

    /// Returns the links of the page of `component`, which is its file relative to Vite's root.
    ///
    /// `imported_styles` are the files of the style sheets that the component imports.
    pub(crate) fn links(&self, component: &str, imported_styles: &[String]) -> PageLinks {
        match self {
            Self::Build {
                chunks,
                base,
                entry,
            } => build_links(chunks, base, entry, component),
            Self::DevServer { url, entry } => dev_server_links(url, entry, imported_styles),
        }
    }
}

fn build_links(chunks: &Chunks, base: &str, entry: &str, component: &str) -> PageLinks {
    let mut files = ChunkFiles::default();
    if let Some(style) = chunks.get(SINGLE_STYLE_SHEET) {
        files.add_style(&style.file);
    }
    files.add_chunk(chunks, entry);
    // The entry imports the components of all pages, so only those that the page itself imports are rendered.
    let known = files.seen.clone();
    files.add_chunk(chunks, component);
    files.add_styles_of_deferred(chunks, component, &known);
    let url = |file: &str| file_url(base, file);
    let styles = files.styles.iter().map(|file| StyleLink {
        url: url(file),
        dev_id: None,
    });
    PageLinks {
        styles: styles.collect(),
        preloads: files.scripts.iter().map(|file| url(file)).collect(),
        script: ScriptLink::Build {
            url: chunks
                .get(entry)
                .map(|chunk| url(&chunk.file))
                .unwrap_or_default(),
        },
    }
}

fn file_url(base: &str, file: &str) -> String {
    format!("{base}{}", encode_path(file))
}

fn dev_server_links(url: &str, entry: &str, imported_styles: &[String]) -> PageLinks {
    let styles = imported_styles.iter().map(|file| StyleLink {
        url: format!("{url}@fs/{}", encode_path(file.trim_start_matches('/'))),
        dev_id: Some(file.clone()),
    });
    PageLinks {
        styles: styles.collect(),
        preloads: Vec::new(),
        script: ScriptLink::DevServer {
            url: url.into(),
            entry: encode_path(entry.trim_start_matches('/')),
        },
    }
}

/// The files of chunks and their imports, without duplicates and with imports first.
///
/// So the style sheet of an importer overrides those of its imports, as in pages written by Vite.
#[derive(Default)]
struct ChunkFiles<'a> {
    seen: HashSet<&'a str>,
    styles: Vec<&'a str>,
    scripts: Vec<&'a str>,
}

impl<'a> ChunkFiles<'a> {
    fn add_chunk(&mut self, chunks: &'a Chunks, key: &str) {
        let Some((key, chunk)) = chunks.get_key_value(key) else {
            return;
        };
        if !self.seen.insert(key) {
            return;
        }
        for import in &chunk.imports {
            self.add_chunk(chunks, import);
        }
        for style in &chunk.css {
            self.add_style(style);
        }
        self.scripts.push(&chunk.file);
    }

    /// Adds the style sheets of components that the browser loads later, because the server renders them.
    fn add_styles_of_deferred(&mut self, chunks: &'a Chunks, key: &'a str, known: &HashSet<&str>) {
        let own: Vec<_> = self.seen.difference(known).copied().chain([key]).collect();
        let mut deferred = ChunkFiles {
            seen: self.seen.clone(),
            ..Self::default()
        };
        for chunk in own.iter().filter_map(|key| chunks.get(*key)) {
            for import in &chunk.dynamic_imports {
                deferred.add_chunk(chunks, import);
            }
        }
        for style in deferred.styles {
            self.add_style(style);
        }
    }

    fn add_style(&mut self, file: &'a str) {
        if !self.styles.contains(&file) {
            self.styles.push(file);
        }
    }
}
