//! The error of a static export.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::page::PagesError;

/// The error of [`Prerender::write`](super::Prerender::write).
#[derive(Debug)]
pub struct PrerenderError {
    kind: PrerenderErrorKind,
}

#[derive(Debug)]
pub(super) enum PrerenderErrorKind {
    NotEmpty {
        directory: PathBuf,
    },
    Io {
        file: PathBuf,
        source: io::Error,
    },
    InvalidPath {
        path: String,
        reason: &'static str,
    },
    /// Two pages, or a page and a browser file, have the same file.
    SameFile {
        file: PathBuf,
    },
    Vite(PagesError),
    Refused(Vec<RefusedPage>),
}

/// A page that cannot be a file.
#[derive(Debug)]
pub(super) struct RefusedPage {
    pub(super) path: String,
    pub(super) reason: String,
}

impl From<PrerenderErrorKind> for PrerenderError {
    fn from(kind: PrerenderErrorKind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for PrerenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            PrerenderErrorKind::NotEmpty { directory } => write!(
                f,
                "the directory {} is not empty; remove it, or choose another one",
                directory.display()
            ),
            PrerenderErrorKind::Io { file, .. } => write!(f, "cannot write {}", file.display()),
            PrerenderErrorKind::InvalidPath { path, reason } => {
                write!(f, "the path {path:?} cannot be exported: {reason}")
            }
            PrerenderErrorKind::SameFile { file } => write!(
                f,
                "two pages, or a page and a browser file, have the same file {}",
                file.display()
            ),
            PrerenderErrorKind::Vite(_) => f.write_str("cannot read the browser files"),
            PrerenderErrorKind::Refused(pages) => {
                f.write_str("these pages cannot be exported:")?;
                for RefusedPage { path, reason } in pages {
                    write!(f, "\n  {path}: {reason}")?;
                }
                Ok(())
            }
        }
    }
}

impl StdError for PrerenderError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.kind {
            PrerenderErrorKind::Io { source, .. } => Some(source),
            PrerenderErrorKind::Vite(source) => Some(source),
            _ => None,
        }
    }
}
