//! The error of invalid settings of pages.

use std::error::Error as StdError;
use std::fmt;
use std::path::PathBuf;

/// The error of settings with which [`Pages`](super::Pages) or [`Vite`](crate::Vite) cannot be created.
#[derive(Debug)]
pub struct PagesError {
    kind: PagesErrorKind,
}

#[derive(Debug)]
pub(crate) enum PagesErrorKind {
    UnreadableManifest {
        file: PathBuf,
        source: std::io::Error,
    },
    InvalidManifest {
        file: PathBuf,
        source: serde_json::Error,
    },
    /// The manifest refers to a chunk that it does not contain.
    MissingChunk {
        file: PathBuf,
        importer: String,
        chunk: String,
    },
    UnreadableFiles {
        folder: PathBuf,
        source: std::io::Error,
    },
    /// The folder `public` of a development server is unknown.
    MissingRoot,
    /// A development server has no built files.
    MissingBuild,
    NoBrowserFiles,
    MissingEntry,
    UnknownEntry {
        file: PathBuf,
        entry: String,
        entries: Vec<String>,
    },
    EntryIsNotScript {
        entry: String,
    },
    InvalidDevServer {
        origin: String,
    },
    InvalidBase {
        base: String,
    },
    InvalidCsp {
        policy: String,
    },
    InvalidSignIn {
        path: String,
    },
}

impl From<PagesErrorKind> for PagesError {
    fn from(kind: PagesErrorKind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for PagesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            PagesErrorKind::UnreadableManifest { file, .. } => write!(
                f,
                "cannot read Vite's manifest {}; run `vite build` with `build.manifest: true` in Vite's \
                 configuration",
                file.display()
            ),
            PagesErrorKind::InvalidManifest { file, .. } => write!(
                f,
                "{} is not a valid Vite manifest; run `vite build` again",
                file.display()
            ),
            PagesErrorKind::MissingChunk {
                file,
                importer,
                chunk,
            } => write!(
                f,
                "{} has no chunk `{chunk}`, which its chunk `{importer}` imports; run `vite build` again",
                file.display()
            ),
            PagesErrorKind::UnreadableFiles { folder, .. } => write!(
                f,
                "cannot read the files of Vite's build in {}; run `vite build` again",
                folder.display()
            ),
            PagesErrorKind::MissingRoot => f.write_str(
                "the service of a development server needs the folder that contains Vite's configuration; set \
                 it with `Vite::root`",
            ),
            PagesErrorKind::MissingBuild => f.write_str(
                "a development server has no files to export; run `vite build`, and use `Vite::manifest`",
            ),
            PagesErrorKind::NoBrowserFiles => f.write_str(
                "the bundle contains no browser files; build it with `BundleBuilder::vite`",
            ),
            PagesErrorKind::MissingEntry => f.write_str(
                "pages with Vite need the entry module of the browser; set it with `PagesBuilder::entry`",
            ),
            PagesErrorKind::UnknownEntry {
                file,
                entry,
                entries,
            } => write!(
                f,
                "{} has no entry `{entry}`, only {}; add it to `build.rolldownOptions.input` in Vite's \
                 configuration and run `vite build`",
                file.display(),
                if entries.is_empty() {
                    "chunks that are not entries".into()
                } else {
                    format!("`{}`", entries.join("`, `"))
                }
            ),
            PagesErrorKind::EntryIsNotScript { entry } => write!(
                f,
                "the entry `{entry}` is not a script; set the entry module, for example `src/main.tsx`"
            ),
            PagesErrorKind::InvalidDevServer { origin } => write!(
                f,
                "invalid origin of the development server `{origin}`; use an origin such as \
                 `http://localhost:5173`"
            ),
            PagesErrorKind::InvalidBase { base } => write!(
                f,
                "invalid base `{base}`; use a path or a URL that begins with `/` or `https://`, for example \
                 `/app/`"
            ),
            PagesErrorKind::InvalidSignIn { path } => write!(
                f,
                "invalid path of the sign-in page {path:?}; use a path of this site, for example `/sign-in/`"
            ),
            PagesErrorKind::InvalidCsp { policy } => write!(
                f,
                "the content security policy is not a valid header value: {policy:?}"
            ),
        }
    }
}

impl StdError for PagesError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.kind {
            PagesErrorKind::UnreadableManifest { source, .. }
            | PagesErrorKind::UnreadableFiles { source, .. } => Some(source),
            PagesErrorKind::InvalidManifest { source, .. } => Some(source),
            _ => None,
        }
    }
}
